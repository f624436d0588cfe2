import { decideDeparture } from '../../engine/policy/departure.js';
import { createRng, type Rng } from '../../engine/policy/rng.js';
import type { MachineFactory } from '../machine.js';
import { mostNeighbours, type Neighbourhood, seekNeighbours } from '../neighbourhood.js';
import { arrivalsByMoment, type PeerPlan } from '../population.js';
import { Recorder, type Sample } from '../recorder.js';
import type { RunResult } from '../report.js';
import { expectedMs, type ResolvedScenario } from '../scenario.js';
import { SimTracker } from '../tracker.js';
import type { VirtualPeer } from './virtual-peer.js';
import type { VirtualPeerOptions } from './virtual-peer-options.js';
import { type SimEvent, VirtualSwarm } from './virtual-swarm.js';

/** A peer that has lost half of its neighbours asks the tracker again so often. */
const ASK_AGAIN_MS = 60_000;
/** Nothing has been sent for so long: nothing will be any more. */
const STALLED_MS = 90_000;

/** A swarm of torrent cores that exchange every message of the wire. */
export function runBlocks(
  scenario: ResolvedScenario,
  plans: readonly PeerPlan[],
  createMachine: MachineFactory,
  onSample?: (sample: Sample) => void,
): RunResult {
  return new BlockSwarm(scenario, plans, createMachine, onSample).run();
}

/** Brings the peers of a scenario into a virtual swarm and takes them out again, as their plans say. */
class BlockSwarm {
  readonly #swarm: VirtualSwarm;
  readonly #recorder: Recorder;
  readonly #rng: Rng;
  readonly #tracker: SimTracker;
  readonly #neighbourhood: Neighbourhood;
  readonly #peers: (VirtualPeer | undefined)[];
  readonly #star: boolean;
  #left: number;
  #coming = 0;
  #unchokes = 0;
  #movedMs = 0;

  constructor(
    readonly scenario: ResolvedScenario,
    readonly plans: readonly PeerPlan[],
    createMachine: MachineFactory,
    onSample?: (sample: Sample) => void,
  ) {
    const { seed, pieceLength, pieces, fileBytes, latencyMs, neighbours, profile, seeds } = scenario;
    this.#swarm = new VirtualSwarm({
      seed,
      pieceLength,
      length: fileBytes,
      latencyMs,
      createMachine,
      phantom: true,
      audited: false,
    });
    this.#swarm.watch((event, nowMs) => this.#watch(event, nowMs));
    this.#rng = createRng(seed ^ 0x5bd1e995);
    this.#tracker = new SimTracker(this.#rng);
    this.#star = profile === 'client-server';
    this.#neighbourhood = { neighbours, starOfSeeds: this.#star };
    this.#peers = plans.map(() => undefined);
    this.#recorder = new Recorder(
      plans,
      pieces,
      expectedMs(scenario),
      (peer, piece) => this.#peers[peer]?.core.picker.has(piece) ?? false,
      onSample,
    );
    this.#left = plans.length - seeds;
    this.#planArrivals();
  }

  run(): RunResult {
    const { clock } = this.#swarm;
    const recorder = this.#recorder;
    while (this.#left > 0) {
      const { nextMs } = clock;
      if (nextMs > this.scenario.limitMs || this.#stalled(nextMs)) break;
      if (nextMs > clock.nowMs) recorder.passTo(nextMs, this);
      clock.step();
    }
    recorder.end(clock.nowMs, this);
    const sentBytes = this.#peers.map(peer => peer?.sentBytes ?? 0);
    const receivedBytes = this.#peers.map(peer => peer?.core.downloads.receivedBytes ?? 0);
    this.#check(sentBytes, receivedBytes);
    this.#peers.forEach((peer, i) => {
      recorder.wasted(i, peer?.core.downloads.wastedBytes ?? 0);
    });
    return { recorder, sentBytes, receivedBytes, unchokes: this.#unchokes };
  }

  sentBytesAt(): { all: number; seeds: number } {
    let all = 0;
    let seeds = 0;
    for (const peer of this.#peers) {
      if (peer === undefined) continue;
      all += peer.sentBytes;
      if (this.plans[peer.number].isSeed) seeds += peer.sentBytes;
    }
    return { all, seeds };
  }

  // --- coming and going ----------------------------------------------------------------------------------------

  #planArrivals(): void {
    // Peers are numbered by their plans, so all are made first; who is not there yet is connected to nobody.
    for (const plan of this.plans) this.#peers[plan.number] = this.#swarm.add(this.#options(plan));
    for (const [atMs, plans] of arrivalsByMoment(this.plans)) {
      this.#coming++;
      this.#swarm.clock.at(atMs, () => {
        this.#coming--;
        this.#arrive(plans);
      });
    }
  }

  #options(plan: PeerPlan): VirtualPeerOptions {
    const { scenario } = this;
    const { slots, reviewMs, optimisticMs, picker, uplink, superSeeding } = scenario;
    return {
      have: plan.isSeed ? 'all' : [],
      upBytesPerSecond: plan.up * 1000,
      downBytesPerSecond: plan.down * 1000,
      diskMs: 0,
      slots: plan.freeRider || (this.#star && !plan.isSeed) ? 0 : slots,
      choking: {
        reviewMs,
        optimisticMs: optimisticMs === 0 ? Number.POSITIVE_INFINITY : optimisticMs,
        optimisticSlots: optimisticMs === 0 ? 0 : 1,
      },
      turns: uplink === 'turns',
      superSeeding: plan.isSeed && superSeeding,
      slotGrowth: uplink === 'turns' && slots !== Number.POSITIVE_INFINITY ? 'turns' : 'none',
      sequential: picker === 'sequential',
      randomFirstPieces: picker === 'random' ? Number.POSITIVE_INFINITY : undefined,
      mostNeighbours: this.#star ? this.plans.length : mostNeighbours(this.#neighbourhood),
      lies: plan.liar,
    };
  }

  #arrive(plans: readonly PeerPlan[]): void {
    const { nowMs } = this.#swarm.clock;
    for (const { number } of plans) {
      this.#peers[number]!.present = true;
      this.#recorder.came(number, nowMs);
      this.#tracker.add(number);
    }
    for (const { number } of plans) this.#seek(number);
  }

  #seek(number: number): void {
    const peer = this.#peers[number]!;
    const most = this.#star ? Number.POSITIVE_INFINITY : mostNeighbours(this.#neighbourhood);
    seekNeighbours(this.#neighbourhood, this.#tracker, number, other => {
      const to = this.#peers[other]!;
      if (this.#star && this.plans[number].isSeed === this.plans[other].isSeed) return false;
      if (peer.connections.size >= most || to.connections.size >= most) return false;
      if (peer.to(to) !== undefined || (peer.complete && to.complete)) return false;
      return this.#swarm.connect(peer, to);
    });
    this.#swarm.clock.after(ASK_AGAIN_MS, () => {
      if (peer.present && peer.connections.size < this.#neighbourhood.neighbours / 2) this.#seek(number);
    });
  }

  #leave(number: number): void {
    const peer = this.#peers[number]!;
    if (!peer.present) return;
    this.#recorder.went(number, this.#swarm.clock.nowMs);
    this.#tracker.remove(number);
    peer.leave();
  }

  // --- what happens --------------------------------------------------------------------------------------------

  #watch(event: SimEvent, nowMs: number): void {
    const { number } = event.by;
    if (event.type === 'sent-block') {
      this.#movedMs = nowMs;
      this.#recorder.started(event.to.number, nowMs);
    } else if (event.type === 'sent' && event.message.type === 'unchoke') this.#unchokes++;
    else if (event.type === 'action' && event.action.type === 'piece') this.#got(number, event.action.piece);
    else if (event.type === 'action' && event.action.type === 'complete') this.#completed(number, nowMs);
  }

  #got(number: number, piece: number): void {
    const { abortAtPieces, vanishAtPieces, awayMs } = this.plans[number];
    const { clock } = this.#swarm;
    this.#recorder.got(number, piece);
    const has = this.#recorder.pieceCounts[number];
    if (has === abortAtPieces)
      clock.after(0, () => {
        this.#left--;
        this.#leave(number);
      });
    else if (has === vanishAtPieces) {
      this.#coming++;
      clock.after(0, () => this.#leave(number));
      clock.after(awayMs, () => {
        this.#coming--;
        this.#arrive([this.plans[number]]);
      });
    }
    if (this.scenario.seedLeaves === 'after-one-copy' && this.#recorder.outOnce)
      clock.after(0, () => {
        for (const plan of this.plans) if (plan.isSeed) this.#leave(plan.number);
      });
  }

  #completed(number: number, nowMs: number): void {
    if (this.plans[number].isSeed) return;
    this.#recorder.completed(number, nowMs);
    this.#left--;
    this.#swarm.clock.after(0, () => this.#considerLeaving(number));
  }

  #considerLeaving(number: number): void {
    const { departure } = this.plans[number];
    const peer = this.#peers[number]!;
    if (departure.kind === 'stay' || !peer.present) return;
    const state = {
      completedAtMs: this.#recorder.completedMs(number),
      uploadedBytes: peer.sentBytes,
      downloadedBytes: peer.core.downloads.receivedBytes,
      wantedBytes: this.scenario.fileBytes,
    };
    const { clock } = this.#swarm;
    const { leave, askAgainAtMs } = decideDeparture(departure, state, clock.nowMs);
    if (leave) this.#leave(number);
    else
      clock.at(Math.min(askAgainAtMs, clock.nowMs + this.scenario.reviewMs), () =>
        this.#considerLeaving(number),
      );
  }

  /** @throws Error when more was received than sent, or more than the uplinks can have carried */
  #check(sent: readonly number[], received: readonly number[]): void {
    const total = (list: readonly number[]) => list.reduce((sum, bytes) => sum + bytes, 0);
    if (total(received) > total(sent))
      throw new Error(`${total(received)} bytes were received, ${total(sent)} sent`);
    const { nowMs } = this.#swarm.clock;
    sent.forEach((bytes, i) => {
      const most = this.plans[i].up * (nowMs - this.plans[i].arriveMs) + this.scenario.pieceLength;
      if (bytes > most) throw new Error(`peer ${i} sent ${bytes} bytes, its uplink carries ${most}`);
    });
  }

  #stalled(nextMs: number): boolean {
    return nextMs === Number.POSITIVE_INFINITY || (this.#coming === 0 && nextMs - this.#movedMs > STALLED_MS);
  }
}
