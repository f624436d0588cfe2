import { type ChokePeer, Choker } from '../../engine/policy/choker.js';
import { decideDeparture } from '../../engine/policy/departure.js';
import { createRng, type Rng } from '../../engine/policy/rng.js';
import type { MachineFactory } from '../machine.js';
import { mostNeighbours, type Neighbourhood, seekNeighbours } from '../neighbourhood.js';
import type { PeerPlan } from '../population.js';
import type { Recorder } from '../recorder.js';
import type { ResolvedScenario } from '../scenario.js';
import { SimTracker } from '../tracker.js';
import { VirtualClock } from '../virtual-clock.js';
import { EdgeTable, NONE } from './edges.js';
import { type Download, Flow } from './flow.js';
import { Links } from './links.js';
import { PiecePicking } from './picking.js';
import { PieceTables } from './tables.js';

/** Half of the 20 s over which tit for tat counts (RATE_WINDOW_MS of the peer core). */
const RATE_TURN_MS = 10_000;
const RATE_SECONDS = (2 * RATE_TURN_MS) / 1000;

/** A peer that has lost half of its neighbours asks the tracker again, at most so often: BEP 3 clients' minimum. */
const ASK_AGAIN_MS = 60_000;

/** Nothing has moved for so long, two optimistic rounds and a spare: it never will. */
const STALLED_MS = 90_000;

/** More events of a peer in one moment are a loop. */
const EVENTS_PER_PEER_AND_MOMENT = 100;

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
  readonly present: Uint8Array;
  unchokes = 0;

  readonly #tracker: SimTracker;
  readonly #neighbourhood: Neighbourhood;
  readonly #chokers: Choker[];
  readonly #uploads: Uint8Array;
  readonly #optimisticSlots: 0 | 1;
  /** What each edge's owner downloads over it. */
  readonly #flows: (Flow | undefined)[];
  /** Neighbours that are interested, and those of them that are unchoked. */
  readonly #interested: Int32Array;
  readonly #held: Int32Array;
  readonly #fillDue: number[] = [];
  readonly #fillMarked: Uint8Array;
  /** How often each peer has come: what was planned for a visit ends with it. */
  readonly #visits: Int32Array;
  readonly #askedMs: Float64Array;
  readonly #turnedMs: Float64Array;
  readonly #aborted: Uint8Array;
  readonly #vanished: Uint8Array;
  readonly #banned = new Set<number>();
  /** Liars whose part of a bad piece is known, by peer and piece, until the piece is good. */
  readonly #suspects = new Map<number, number[]>();
  readonly #spareFlows: Flow[] = [];
  readonly #lies: boolean;
  /** Downloaders that may still complete, and events that can bring new ones. */
  #left: number;
  #coming = 0;
  #movedMs = 0;

  constructor(
    readonly scenario: ResolvedScenario,
    readonly plans: readonly PeerPlan[],
    readonly recorder: Recorder,
    createMachine: MachineFactory,
  ) {
    const peers = plans.length;
    const { pieces, neighbours, profile, slots, reviewMs, optimisticMs } = scenario;
    this.rng = createRng(scenario.seed ^ 0x5bd1e995);
    this.clock = new VirtualClock(EVENTS_PER_PEER_AND_MOMENT * peers);
    this.#neighbourhood = { neighbours, starOfSeeds: profile === 'client-server' };
    const star = this.#neighbourhood.starOfSeeds;
    const most = Math.min(mostNeighbours(this.#neighbourhood), peers - 1);
    const capacities = Int32Array.from(plans, plan =>
      star ? (plan.isSeed ? peers - scenario.seeds : scenario.seeds) : most,
    );
    this.tables = new PieceTables(createMachine, peers, pieces, scenario.seeds);
    this.edges = new EdgeTable(capacities);
    this.links = new Links(
      Float64Array.from(plans, plan => plan.up),
      Float64Array.from(plans, plan => plan.down),
      this.edges.gotBytes,
      scenario.uplink,
    );
    this.picking = new PiecePicking(scenario, plans, this.tables, this.rng);
    this.#tracker = new SimTracker(this.rng);
    this.#uploads = Uint8Array.from(plans, plan => (plan.freeRider || (star && !plan.isSeed) ? 0 : 1));
    this.#optimisticSlots = optimisticMs === 0 ? 0 : 1;
    this.#chokers = plans.map(
      plan =>
        new Choker({
          rng: this.rng,
          slots: this.#uploads[plan.number] ? slots : 0,
          reviewMs,
          optimisticMs: optimisticMs === 0 ? Number.POSITIVE_INFINITY : optimisticMs,
          optimisticSlots: this.#optimisticSlots,
        }),
    );
    this.present = new Uint8Array(peers);
    this.#flows = new Array(this.edges.other.length).fill(undefined);
    this.#interested = new Int32Array(peers);
    this.#held = new Int32Array(peers);
    this.#visits = new Int32Array(peers);
    this.#fillMarked = new Uint8Array(peers);
    this.#askedMs = new Float64Array(peers);
    this.#turnedMs = new Float64Array(peers);
    this.#aborted = new Uint8Array(peers);
    this.#vanished = new Uint8Array(peers);
    this.#lies = plans.some(plan => plan.liar);
    this.#left = peers - scenario.seeds;
    this.#planArrivals();
  }

  /** Runs until everybody who can has completed, or the time is over. */
  run(): void {
    const { clock, links } = this;
    while (this.#left > 0) {
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
    this.links.bookAll(clock.nowMs);
    this.links.check();
  }

  sentBytesAt(atMs: number): { all: number; seeds: number } {
    this.links.bookAll(atMs);
    let all = 0;
    let seeds = 0;
    this.links.sentBytes.forEach((bytes, peer) => {
      all += bytes;
      if (this.plans[peer].isSeed) seeds += bytes;
    });
    return { all, seeds };
  }

  /** Bytes of pieces that are here and of those under way: what must have been received. */
  heldBytes(peer: number): number {
    let bytes = 0;
    for (let piece = 0; piece < this.scenario.pieces; piece++)
      if (this.tables.has(this.tables.haveAt(peer), piece)) bytes += this.picking.pieceBytes(piece);
    for (const download of this.picking.open(peer))
      bytes += this.picking.pieceBytes(download.piece) - download.remainingBytes;
    return bytes;
  }

  // --- coming and going ----------------------------------------------------------------------------------------

  /** Those that arrive in the same moment all register before any of them connects. */
  #planArrivals(): void {
    const moments = new Map<number, number[]>();
    for (const { number, arriveMs } of this.plans) {
      const together = moments.get(arriveMs);
      if (together === undefined) moments.set(arriveMs, [number]);
      else together.push(number);
    }
    for (const [atMs, peers] of moments) {
      this.#coming++;
      this.clock.at(atMs, () => {
        this.#coming--;
        this.#arrive(peers);
      });
    }
  }

  #arrive(peers: readonly number[]): void {
    for (const peer of peers) {
      this.present[peer] = 1;
      if (this.plans[peer].isSeed) this.#fillSeed(peer);
      this.recorder.came(peer, this.clock.nowMs);
      this.#tracker.add(peer);
    }
    for (const peer of peers) this.#seek(peer);
    for (const peer of peers) {
      this.#visits[peer]++;
      this.#turnedMs[peer] = this.clock.nowMs;
      this.#reviewAt(this.clock.nowMs, peer, this.#visits[peer]);
    }
  }

  #fillSeed(peer: number): void {
    if (this.tables.haveCount[peer] > 0) return;
    const { pieces } = this.scenario;
    for (let piece = 0; piece < pieces; piece++) this.tables.gain(peer, piece);
  }

  #seek(peer: number): void {
    this.#askedMs[peer] = this.clock.nowMs;
    if (this.#neighbourhood.starOfSeeds) {
      for (const { number, isSeed } of this.plans) {
        if (!isSeed && !this.plans[peer].isSeed) return; // seeds are first
        if (number !== peer && this.present[number] && isSeed !== this.plans[peer].isSeed)
          this.#connect(peer, number);
      }
      return;
    }
    seekNeighbours(this.#neighbourhood, this.#tracker, peer, other => this.#connect(peer, other));
  }

  #connect(a: number, b: number): boolean {
    const { edges, tables } = this;
    if (edges.isFull(a) || edges.isFull(b) || edges.find(a, b) !== NONE) return false;
    if (this.#isComplete(a) && this.#isComplete(b)) return false;
    if (this.#banned.size > 0 && (this.#banned.has(this.#pair(a, b)) || this.#banned.has(this.#pair(b, a))))
      return false;
    const edge = edges.connect(a, b, this.clock.nowMs);
    tables.addNeighbour(a, b);
    tables.addNeighbour(b, a);
    edges.wants[edge] = tables.wanted(a, b);
    edges.wants[edges.back[edge]] = tables.wanted(b, a);
    if (edges.wants[edge] > 0) this.#gainedInterest(edges.back[edge], b);
    if (edges.wants[edges.back[edge]] > 0) this.#gainedInterest(edge, a);
    return true;
  }

  #leave(peer: number): void {
    if (!this.present[peer]) return;
    this.present[peer] = 0;
    this.recorder.went(peer, this.clock.nowMs);
    this.#tracker.remove(peer);
    for (let edge = this.edges.first[peer]; edge < this.edges.end[peer]; edge++)
      if (this.edges.other[edge] !== NONE) this.#disconnect(edge);
  }

  #disconnect(edge: number): void {
    const { edges, tables } = this;
    const back = edges.back[edge];
    const peer = edges.other[back];
    const other = edges.other[edge];
    for (const side of [edge, back]) {
      const flow = this.#flows[side];
      if (flow !== undefined) this.#cut(flow);
    }
    if (edges.wants[back] > 0) this.#lostInterest(edge, peer);
    if (edges.wants[edge] > 0) this.#lostInterest(back, other);
    tables.removeNeighbour(peer, other);
    tables.removeNeighbour(other, peer);
    edges.disconnect(edge);
    for (const side of [peer, other]) {
      if (this.present[side]) this.#wake(side);
    }
  }

  #abort(peer: number): void {
    this.#aborted[peer] = 1;
    this.#left--;
    this.#leave(peer);
  }

  /** Gone without a word, and back under another address: neighbours know nothing of the peer. */
  #vanish(peer: number): void {
    this.#vanished[peer] = 1;
    this.#leave(peer);
    this.#coming++;
    this.clock.after(this.plans[peer].awayMs, () => {
      this.#coming--;
      for (const ban of this.#banned) if (ban % this.plans.length === peer) this.#banned.delete(ban);
      this.#arrive([peer]);
    });
  }

  // --- pieces --------------------------------------------------------------------------------------------------

  #pieceCame(download: Download): void {
    const { links } = this;
    const { to, piece } = download;
    links.bookRest(download, this.clock.nowMs);
    const edges = download.flows.map(flow => flow.edge);
    const sources = this.#lies ? [...download.sources] : [];
    const good = !download.bad;
    for (const flow of [...download.flows]) this.#end(flow);
    this.picking.close(download);
    this.#movedMs = this.clock.nowMs;
    if (good) this.#have(to, piece);
    if (this.#lies) this.#judge(to, piece, sources, good);
    for (const edge of edges) this.#start(edge);
  }

  /** The peer has one more piece; its neighbours learn of it at once. */
  #have(peer: number, piece: number): void {
    const { edges, tables } = this;
    tables.gain(peer, piece);
    this.recorder.got(peer, piece);
    for (let edge = edges.first[peer]; edge < edges.end[peer]; edge++) {
      const other = edges.other[edge];
      if (other === NONE) continue;
      const back = edges.back[edge];
      tables.addHave(other, piece);
      if (tables.has(tables.haveAt(other), piece)) {
        if (--edges.wants[edge] === 0) this.#lostInterest(back, other);
      } else if (++edges.wants[back] === 1) {
        this.#gainedInterest(edge, peer);
        this.#start(back);
      } else if (edges.unchoked[edge] && this.#flows[back] === undefined) this.#start(back);
    }
    if (this.#isComplete(peer)) this.#complete(peer);
    else if (this.tables.haveCount[peer] >= this.plans[peer].abortAtPieces && !this.#aborted[peer])
      this.#abort(peer);
    else if (this.tables.haveCount[peer] >= this.plans[peer].vanishAtPieces && !this.#vanished[peer])
      this.#vanish(peer);
    if (this.scenario.seedLeaves === 'after-one-copy' && this.recorder.outOnce) this.#seedsLeave();
  }

  /** The neighbour at the other end of the peer's edge wants something of the peer. */
  #gainedInterest(edge: number, peer: number): void {
    this.#interested[peer]++;
    if (this.edges.unchoked[edge]) this.#held[peer]++;
    else this.#fillLater(peer);
  }

  #lostInterest(edge: number, peer: number): void {
    this.#interested[peer]--;
    if (!this.edges.unchoked[edge]) return;
    this.#held[peer]--;
    this.#fillLater(peer);
  }

  #complete(peer: number): void {
    const { edges, clock } = this;
    this.recorder.completed(peer, clock.nowMs);
    this.#left--;
    // two that have everything have nothing to say to each other
    for (let edge = edges.first[peer]; edge < edges.end[peer]; edge++)
      if (edges.other[edge] !== NONE && this.#isComplete(edges.other[edge])) this.#disconnect(edge);
    this.#considerLeaving(peer);
  }

  #considerLeaving(peer: number): void {
    const { departure, isSeed } = this.plans[peer];
    const completedAtMs = this.recorder.completedMs(peer);
    if (isSeed || departure.kind === 'stay' || completedAtMs === undefined || !this.present[peer]) return;
    const state = {
      completedAtMs,
      uploadedBytes: this.links.sentBytes[peer],
      downloadedBytes: this.links.receivedBytes[peer],
      wantedBytes: this.scenario.fileBytes,
    };
    const { leave, askAgainAtMs } = decideDeparture(departure, state, this.clock.nowMs);
    if (leave) this.#leave(peer);
    else if (askAgainAtMs > this.clock.nowMs && askAgainAtMs < Number.POSITIVE_INFINITY)
      this.clock.at(askAgainAtMs, () => this.#considerLeaving(peer));
  }

  #seedsLeave(): void {
    for (const { number, isSeed } of this.plans) if (isSeed) this.#leave(number);
  }

  // --- flows ---------------------------------------------------------------------------------------------------

  /** Begins to download over the edge when there is something to fetch and the other side lets us. */
  #start(edge: number): void {
    const { edges } = this;
    const from = edges.other[edge];
    if (from === NONE || edges.wants[edge] === 0 || this.#flows[edge] !== undefined) return;
    const back = edges.back[edge];
    if (!edges.unchoked[back]) return;
    const to = edges.other[back];
    const download = this.picking.choose(to, from);
    if (download === undefined) return;
    const flow = this.#spareFlows.pop() ?? new Flow();
    flow.from = from;
    flow.to = to;
    flow.edge = edge;
    flow.download = download;
    this.#flows[edge] = flow;
    if (this.#lies) {
      if (this.plans[from].liar) download.bad = true;
      if (!download.sources.includes(from)) download.sources.push(from);
    }
    this.recorder.started(to, this.clock.nowMs);
    this.#movedMs = this.clock.nowMs;
    this.links.add(flow, this.clock.nowMs);
  }

  #end(flow: Flow): void {
    this.links.remove(flow, this.clock.nowMs);
    this.#flows[flow.edge] = undefined;
    this.#spareFlows.push(flow);
  }

  /** Ends a flow in the middle of its piece: what came stays, and whoever has the piece may go on with it. */
  #cut(flow: Flow): void {
    const { download } = flow;
    this.#end(flow);
    this.picking.interrupted(download);
  }

  /** Something the peer was fetching is free again: neighbours that let it may bring it. */
  #wake(peer: number): void {
    const { edges } = this;
    for (let edge = edges.first[peer]; edge < edges.end[peer]; edge++)
      if (edges.other[edge] !== NONE && this.#flows[edge] === undefined) this.#start(edge);
  }

  // --- choking -------------------------------------------------------------------------------------------------

  #reviewAt(atMs: number, peer: number, visit: number): void {
    this.clock.at(atMs, () => {
      if (!this.present[peer] || this.#visits[peer] !== visit) return;
      this.#review(peer);
      this.#reviewAt(this.clock.nowMs + this.scenario.reviewMs, peer, visit);
    });
  }

  #review(peer: number): void {
    const { clock, edges, links } = this;
    const { nowMs } = clock;
    for (const flow of links.into(peer)) links.book(flow, nowMs);
    for (const flow of links.outOf(peer)) links.book(flow, nowMs);
    this.#decide(peer, this.#chokers[peer].review(this.#views(peer), nowMs, this.#isComplete(peer)));
    if (nowMs - this.#turnedMs[peer] >= RATE_TURN_MS) {
      this.#turnedMs[peer] = nowMs;
      for (let edge = edges.first[peer]; edge < edges.end[peer]; edge++) edges.turn(edge);
    }
    const { neighbours } = this.#neighbourhood;
    if (edges.degree[peer] < neighbours / 2 && nowMs - this.#askedMs[peer] >= ASK_AGAIN_MS) this.#seek(peer);
    this.#considerLeaving(peer);
  }

  #views(peer: number): ChokePeer[] {
    const { edges } = this;
    const views: ChokePeer[] = [];
    for (let edge = edges.first[peer]; edge < edges.end[peer]; edge++) {
      if (edges.other[edge] === NONE) continue;
      const back = edges.back[edge];
      views.push({
        key: edge,
        interested: edges.wants[back] > 0,
        choked: edges.unchoked[edge] === 0,
        downRate: edges.rate(edge, RATE_SECONDS),
        upRate: edges.rate(back, RATE_SECONDS),
        snubbed: false,
        connectedAtMs: edges.connectedAtMs[edge],
        unchokedAtMs: edges.unchokedAtMs[edge],
      });
    }
    return views;
  }

  #decide(peer: number, { choke, unchoke }: { choke: readonly number[]; unchoke: readonly number[] }): void {
    const { edges } = this;
    for (const edge of choke) {
      const back = edges.back[edge];
      if (edges.wants[back] > 0) this.#held[peer]--;
      edges.unchoked[edge] = 0;
      const flow = this.#flows[back];
      if (flow === undefined) continue;
      this.#cut(flow);
      this.#wake(flow.to);
    }
    for (const edge of unchoke) {
      const back = edges.back[edge];
      if (edges.wants[back] > 0) this.#held[peer]++;
      edges.unchoked[edge] = 1;
      edges.unchokedAtMs[edge] = this.clock.nowMs;
      this.unchokes++;
      this.#afterLatency(back);
    }
  }

  /** The unchoke goes there and the request comes back before the first byte leaves. */
  #afterLatency(edge: number): void {
    const { latencyMs } = this.scenario;
    if (latencyMs === 0) this.#start(edge);
    else this.clock.after(3 * latencyMs, () => this.#start(edge));
  }

  /** A slot may be free for somebody who waits: looked at when the moment ends. */
  #fillLater(peer: number): void {
    if (this.#fillMarked[peer] || !this.present[peer]) return;
    this.#fillMarked[peer] = 1;
    this.#fillDue.push(peer);
  }

  #settle(): void {
    while (this.#fillDue.length > 0)
      for (const peer of this.#fillDue.splice(0)) {
        this.#fillMarked[peer] = 0;
        if (this.present[peer] && this.#mayUnchoke(peer)) this.#fill(peer);
      }
    this.links.settle(this.clock.nowMs);
  }

  /** Between reviews: what `Choker.fill` decides, without a view of every neighbour. */
  #fill(peer: number): void {
    const { edges } = this;
    const { slots } = this.scenario;
    const seeding = this.#isComplete(peer);
    const waiting: number[] = [];
    const rates: number[] = [];
    const idle: number[] = [];
    for (let edge = edges.first[peer]; edge < edges.end[peer]; edge++) {
      if (edges.other[edge] === NONE) continue;
      const interested = edges.wants[edges.back[edge]] > 0;
      if (edges.unchoked[edge] === 0) {
        if (!interested) continue;
        waiting.push(edge);
        rates.push(seeding ? 0 : edges.rate(edge, RATE_SECONDS));
      } else if (!interested) idle.push(edge);
    }
    const free = slots + this.#optimisticSlots - this.#held[peer];
    const unchoke = this.#chokers[peer].fillWith(rates, free).map(i => waiting[i]);
    // whoever holds a place without interest gives it up, as in the torrent core
    this.#decide(peer, { unchoke, choke: free === Number.POSITIVE_INFINITY ? [] : idle });
  }

  /** A neighbour waits, and a slot is free, the optimistic one included. */
  #mayUnchoke(peer: number): boolean {
    const slots = this.#uploads[peer] ? this.scenario.slots + this.#optimisticSlots : 0;
    return this.#interested[peer] > this.#held[peer] && this.#held[peer] < slots;
  }

  // --- liars ---------------------------------------------------------------------------------------------------

  /** A piece from one peer alone convicts it; otherwise its liars are known once the piece is good. */
  #judge(peer: number, piece: number, sources: readonly number[], good: boolean): void {
    const key = peer * this.scenario.pieces + piece;
    const liars = sources.filter(source => this.plans[source].liar);
    if (good) {
      for (const liar of this.#suspects.get(key) ?? []) this.#ban(peer, liar);
      this.#suspects.delete(key);
    } else {
      this.recorder.wasted(peer, this.picking.pieceBytes(piece));
      if (sources.length === 1) this.#ban(peer, liars[0]);
      else this.#suspects.set(key, [...(this.#suspects.get(key) ?? []), ...liars]);
    }
  }

  #ban(peer: number, liar: number): void {
    this.#banned.add(this.#pair(peer, liar));
    const edge = this.edges.find(peer, liar);
    if (edge !== NONE) this.#disconnect(edge);
  }

  #pair(peer: number, banned: number): number {
    return peer * this.plans.length + banned;
  }

  // --- inside --------------------------------------------------------------------------------------------------

  #isComplete(peer: number): boolean {
    return this.tables.haveCount[peer] === this.scenario.pieces;
  }

  #stalled(nextMs: number): boolean {
    return (
      nextMs === Number.POSITIVE_INFINITY ||
      (this.links.due.size === 0 && this.#coming === 0 && nextMs - this.#movedMs > STALLED_MS)
    );
  }
}
