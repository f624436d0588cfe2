import { createRng, type Rng } from '../../engine/policy/rng.js';
import type { MachineFactory } from '../machine.js';
import { mostNeighbours, type Neighbourhood } from '../neighbourhood.js';
import type { PeerPlan } from '../population.js';
import type { Recorder } from '../recorder.js';
import type { ResolvedScenario } from '../scenario.js';
import { VirtualClock } from '../virtual-clock.js';
import { EdgeTable } from './edges.js';
import { Downloads, Flows } from './flow.js';
import { Haves } from './haves.js';
import { Liars } from './liars.js';
import { Links } from './links.js';
import { Membership } from './membership.js';
import { PiecePicking } from './picking.js';
import { Slots } from './slots.js';
import { PieceTables } from './tables.js';
import { Transfers } from './transfers.js';

/** Nothing has moved for so long, two optimistic rounds and a spare: it never will. */
const STALLED_MS = 90_000;

/** More events of a peer in one moment are a loop. */
const EVENTS_PER_PEER_AND_MOMENT = 100;

/** What a peer's sums may be off by: far below a byte a flow. */
const ROUNDING_BYTES = 1;

/**
 * A swarm at the fidelity `piece`: peers are rows of tables, and a piece that travels is a flow over two links. Picking,
 * choking and leaving are decided by the engine's policy and its kernels; requests, haves and messages cost no time.
 */
export class FlowSwarm {
  readonly clock: VirtualClock;
  readonly rng: Rng;
  readonly tables: PieceTables;
  readonly edges: EdgeTable;
  readonly links: Links;
  readonly picking: PiecePicking;

  readonly #transfers: Transfers;
  readonly #slots: Slots;
  readonly #haves: Haves;
  readonly #liars: Liars | undefined;
  readonly #membership: Membership;

  constructor(
    readonly scenario: ResolvedScenario,
    readonly plans: readonly PeerPlan[],
    readonly recorder: Recorder,
    createMachine: MachineFactory,
  ) {
    const peers = plans.length;
    const { pieces, seeds, neighbours, profile } = scenario;
    const neighbourhood = { neighbours, starOfSeeds: profile === 'client-server' };
    const rng = createRng(scenario.seed ^ 0x5bd1e995);
    const clock = new VirtualClock(EVENTS_PER_PEER_AND_MOMENT * peers);
    const tables = new PieceTables(createMachine, peers, pieces, seeds);
    const edges = new EdgeTable(mostEdges(neighbourhood, plans, seeds));
    const downloads = new Downloads();
    const links = new Links(
      Float64Array.from(plans, plan => plan.up),
      Float64Array.from(plans, plan => plan.down),
      edges.gotBytes,
      new Flows(),
      downloads,
      scenario.uplink,
    );
    const picking = new PiecePicking(scenario, plans, tables, downloads, rng);
    const lies = Uint8Array.from(plans, plan => (plan.liar ? 1 : 0));
    const liars = lies.includes(1) ? new Liars(lies, pieces) : undefined;
    const transfers = new Transfers(clock, edges, links, picking, recorder, liars);
    const uploads = Uint8Array.from(plans, plan => (uploadsAtAll(plan, neighbourhood) ? 1 : 0));
    const slots = new Slots(scenario, uploads, clock, tables, edges, links, transfers, rng);
    const haves = new Haves(tables, edges, slots, transfers, recorder);
    const around = { scenario, plans, neighbourhood, clock, rng, tables, edges, links, transfers, slots };
    this.rng = rng;
    this.clock = clock;
    this.tables = tables;
    this.edges = edges;
    this.links = links;
    this.picking = picking;
    this.#transfers = transfers;
    this.#slots = slots;
    this.#haves = haves;
    this.#liars = liars;
    this.#membership = new Membership({ ...around, haves, recorder, liars });
  }

  get present(): Uint8Array {
    return this.#membership.present;
  }

  get unchokes(): number {
    return this.#slots.unchokes;
  }

  /** Runs until everybody who can has completed, or the time is over. */
  run(): void {
    const { clock, links } = this;
    while (this.#membership.left > 0) {
      const nextMs = Math.min(clock.nextMs, links.due.nextMs);
      if (nextMs > this.scenario.limitMs || this.#stalled(nextMs)) break;
      if (nextMs > clock.nowMs) this.recorder.passTo(nextMs, this);
      if (links.due.nextMs <= clock.nextMs) {
        clock.advance(nextMs);
        this.#pieceCame(links.due.next);
      } else clock.step();
      if (Math.min(clock.nextMs, links.due.nextMs) > clock.nowMs) this.#settle();
    }
    this.recorder.end(clock.nowMs, this);
    this.#checkBooks();
  }

  /** Also holds the links to their rates, at every sample. */
  sentBytesAt(atMs: number): { all: number; seeds: number } {
    const { sentBytes } = this.links;
    this.links.bookAll(atMs);
    this.links.check();
    let all = 0;
    let seeds = 0;
    for (let peer = 0; peer < sentBytes.length; peer++) {
      all += sentBytes[peer];
      if (peer < this.scenario.seeds) seeds += sentBytes[peer]; // they are first
    }
    return { all, seeds };
  }

  /** @throws Error when bytes were lost or made */
  #checkBooks(): void {
    const { sentBytes, receivedBytes } = this.links;
    let sent = 0;
    let received = 0;
    for (let peer = 0; peer < sentBytes.length; peer++) {
      sent += sentBytes[peer];
      received += receivedBytes[peer];
      const held = this.plans[peer].isSeed ? 0 : this.heldBytes(peer) + this.recorder.wastedBytes[peer];
      if (Math.abs(held - receivedBytes[peer]) > ROUNDING_BYTES)
        throw new Error(`peer ${peer} received ${receivedBytes[peer]} bytes and holds ${held}`);
    }
    if (Math.abs(sent - received) > ROUNDING_BYTES * sentBytes.length)
      throw new Error(`${sent} bytes were sent, ${received} received`);
  }

  /** Bytes of pieces that are here and of those under way. */
  heldBytes(peer: number): number {
    let bytes = 0;
    for (let piece = 0; piece < this.scenario.pieces; piece++)
      if (this.tables.has(this.tables.haveAt(peer), piece)) bytes += this.picking.pieceBytes(piece);
    const { downloads, open } = this.picking;
    for (const download of open.of(peer))
      bytes += this.picking.pieceBytes(downloads.pieceOf(download)) - downloads.unbookedBytes(download);
    return bytes;
  }

  #pieceCame(download: number): void {
    const { downloads } = this.picking;
    const to = downloads.peerOf(download);
    const piece = downloads.pieceOf(download);
    const bad = downloads.isBad(download);
    const senders = this.#transfers.finish(download);
    if (!bad) {
      this.#haves.got(to, piece);
      this.#membership.progressed(to);
    }
    if (this.#liars !== undefined) {
      if (bad) this.recorder.wasted(to, this.picking.pieceBytes(piece));
      const sources = downloads.sources.get(download) ?? [];
      for (const liar of this.#liars.judge(to, piece, sources, !bad)) this.#membership.part(to, liar);
    }
    if (bad) this.#transfers.wake(to);
    else for (const edge of senders) this.#transfers.start(edge);
  }

  #settle(): void {
    this.#slots.settle();
    this.links.settle(this.clock.nowMs);
  }

  #stalled(nextMs: number): boolean {
    return (
      nextMs === Number.POSITIVE_INFINITY ||
      (this.links.due.size === 0 && !this.#membership.awaits && nextMs - this.#transfers.movedMs > STALLED_MS)
    );
  }
}

/** Most neighbours of each peer. */
function mostEdges(neighbourhood: Neighbourhood, plans: readonly PeerPlan[], seeds: number): Int32Array {
  const most = Math.min(mostNeighbours(neighbourhood), plans.length - 1);
  if (!neighbourhood.starOfSeeds) return new Int32Array(plans.length).fill(most);
  return Int32Array.from(plans, plan => (plan.isSeed ? plans.length - seeds : seeds));
}

function uploadsAtAll({ freeRider, isSeed }: PeerPlan, { starOfSeeds }: Neighbourhood): boolean {
  return !freeRider && (isSeed || !starOfSeeds);
}
