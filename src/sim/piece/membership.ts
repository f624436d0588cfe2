import { decideDeparture } from '../../engine/policy/departure.js';
import type { Rng } from '../../engine/policy/rng.js';
import type { Neighbourhood } from '../neighbourhood.js';
import { seekNeighbours } from '../neighbourhood.js';
import { arrivalsByMoment, type PeerPlan } from '../population.js';
import type { Recorder } from '../recorder.js';
import type { ResolvedScenario } from '../scenario.js';
import { SimTracker } from '../tracker.js';
import type { VirtualClock } from '../virtual-clock.js';
import { type EdgeTable, NONE } from './edges.js';
import type { Haves } from './haves.js';
import type { Liars } from './liars.js';
import type { Links } from './links.js';
import type { Slots } from './slots.js';
import type { PieceTables } from './tables.js';
import type { Transfers } from './transfers.js';

/** A peer that has lost half of its neighbours asks the tracker again, at most so often: BEP 3 clients' minimum. */
const ASK_AGAIN_MS = 60_000;

/** What peers that come and go touch. */
export interface Surroundings {
  readonly scenario: ResolvedScenario;
  readonly plans: readonly PeerPlan[];
  readonly neighbourhood: Neighbourhood;
  readonly clock: VirtualClock;
  readonly rng: Rng;
  readonly tables: PieceTables;
  readonly edges: EdgeTable;
  readonly links: Links;
  readonly transfers: Transfers;
  readonly slots: Slots;
  readonly haves: Haves;
  readonly recorder: Recorder;
  readonly liars: Liars | undefined;
}

/** Who is there, and who knows whom: arrivals, connections, reviews while a peer stays, and all ways to go. */
export class Membership {
  readonly present: Uint8Array;

  readonly #around: Surroundings;
  readonly #tracker: SimTracker;
  /** The arrival that brought each peer last: what was planned for one before it is off. */
  readonly #visit: Int32Array;
  readonly #askedMs: Float64Array;
  /** With so many pieces each aborts or vanishes; asked at every piece, so not looked up in its plan. */
  readonly #goesAtPieces: Float64Array;
  readonly #aborted: Uint8Array;
  readonly #vanished: Uint8Array;
  #visits = 0;
  #left: number;
  #coming = 0;

  constructor(around: Surroundings) {
    const peers = around.plans.length;
    this.#around = around;
    this.#tracker = new SimTracker(around.rng);
    this.present = new Uint8Array(peers);
    this.#visit = new Int32Array(peers);
    this.#askedMs = new Float64Array(peers);
    this.#goesAtPieces = Float64Array.from(around.plans, plan =>
      Math.min(plan.abortAtPieces, plan.vanishAtPieces),
    );
    this.#aborted = new Uint8Array(peers);
    this.#vanished = new Uint8Array(peers);
    this.#left = peers - around.scenario.seeds;
    this.#planArrivals();
  }

  /** Downloaders that may still complete. */
  get left(): number {
    return this.#left;
  }

  /** Somebody is still to come. */
  get awaits(): boolean {
    return this.#coming > 0;
  }

  /** The peer has one more piece, and does what it planned for that. */
  progressed(peer: number): void {
    const { tables, plans, scenario, recorder } = this.#around;
    const pieces = tables.haveCount[peer];
    if (tables.isComplete(peer)) this.#complete(peer);
    else if (pieces >= this.#goesAtPieces[peer]) {
      if (pieces >= plans[peer].abortAtPieces && !this.#aborted[peer]) this.#abort(peer);
      else if (pieces >= plans[peer].vanishAtPieces && !this.#vanished[peer]) this.#vanish(peer);
    }
    if (scenario.seedLeaves === 'after-one-copy' && recorder.outOnce)
      for (const { number, isSeed } of plans) if (isSeed) this.#leave(number);
  }

  /** The two have nothing to do with each other any more. */
  part(peer: number, other: number): void {
    const edge = this.#around.edges.find(peer, other);
    if (edge !== NONE) this.#disconnect(edge);
  }

  /** Those that arrive in the same moment all register before any of them connects. */
  #planArrivals(): void {
    for (const [atMs, plans] of arrivalsByMoment(this.#around.plans))
      this.#comeAt(
        atMs,
        plans.map(plan => plan.number),
      );
  }

  #comeAt(atMs: number, peers: readonly number[]): void {
    this.#coming++;
    this.#around.clock.at(atMs, () => {
      this.#coming--;
      this.#arrive(peers);
    });
  }

  #arrive(peers: readonly number[]): void {
    const { clock, plans, recorder, slots } = this.#around;
    const visit = ++this.#visits;
    for (const peer of peers) {
      this.present[peer] = 1;
      this.#visit[peer] = visit;
      if (plans[peer].isSeed) this.#fillSeed(peer);
      recorder.came(peer, clock.nowMs);
      slots.came(peer);
      this.#tracker.add(peer);
    }
    for (const peer of peers) this.#seek(peer);
    clock.after(0, () => this.#review(peers, visit));
  }

  #fillSeed(peer: number): void {
    const { tables, scenario } = this.#around;
    if (tables.haveCount[peer] > 0) return;
    for (let piece = 0; piece < scenario.pieces; piece++) tables.gain(peer, piece);
  }

  /** Those that came together are reviewed together, one event for all, while they stay. */
  #review(peers: readonly number[], visit: number): void {
    const { clock, slots, edges, neighbourhood, scenario } = this.#around;
    const here = peers.filter(peer => this.present[peer] && this.#visit[peer] === visit);
    for (const peer of here) {
      slots.review(peer);
      const lonely = edges.degree[peer] < neighbourhood.neighbours / 2;
      if (lonely && clock.nowMs - this.#askedMs[peer] >= ASK_AGAIN_MS) this.#seek(peer);
      this.#considerLeaving(peer);
    }
    if (here.length > 0) clock.after(scenario.reviewMs, () => this.#review(here, visit));
  }

  #seek(peer: number): void {
    const { clock, neighbourhood, plans } = this.#around;
    this.#askedMs[peer] = clock.nowMs;
    if (neighbourhood.starOfSeeds) {
      for (const { number, isSeed } of plans) {
        if (!isSeed && !plans[peer].isSeed) return; // seeds are first
        if (number !== peer && this.present[number] && isSeed !== plans[peer].isSeed)
          this.#connect(peer, number);
      }
      return;
    }
    seekNeighbours(neighbourhood, this.#tracker, peer, other => this.#connect(peer, other));
  }

  #connect(a: number, b: number): boolean {
    const { edges, tables, liars, clock, haves } = this.#around;
    if (edges.isFull(a) || edges.isFull(b) || edges.find(a, b) !== NONE) return false;
    if (tables.isComplete(a) && tables.isComplete(b)) return false;
    if (liars?.apart(a, b)) return false;
    haves.connected(edges.connect(a, b, clock.nowMs));
    return true;
  }

  #disconnect(edge: number): void {
    const { edges, haves, transfers } = this.#around;
    const back = edges.back[edge];
    const peer = edges.other[back];
    const other = edges.other[edge];
    const peerLost = transfers.cut(back);
    const otherLost = transfers.cut(edge);
    haves.disconnecting(edge);
    edges.disconnect(edge);
    if (peerLost && this.present[peer]) transfers.wake(peer);
    if (otherLost && this.present[other]) transfers.wake(other);
  }

  #leave(peer: number): void {
    const { edges, recorder, clock } = this.#around;
    if (!this.present[peer]) return;
    this.present[peer] = 0;
    recorder.went(peer, clock.nowMs);
    this.#tracker.remove(peer);
    for (let edge = edges.first[peer]; edge < edges.end[peer]; edge++)
      if (edges.other[edge] !== NONE) this.#disconnect(edge);
  }

  #complete(peer: number): void {
    const { edges, tables, recorder, clock } = this.#around;
    recorder.completed(peer, clock.nowMs);
    this.#left--;
    // two that have everything have nothing to say to each other
    for (let edge = edges.first[peer]; edge < edges.end[peer]; edge++)
      if (edges.other[edge] !== NONE && tables.isComplete(edges.other[edge])) this.#disconnect(edge);
    this.#considerLeaving(peer);
  }

  #considerLeaving(peer: number): void {
    const { plans, recorder, links, scenario, clock } = this.#around;
    const { departure, isSeed } = plans[peer];
    const completedAtMs = recorder.completedMs(peer);
    if (isSeed || departure.kind === 'stay' || completedAtMs === undefined || !this.present[peer]) return;
    const state = {
      completedAtMs,
      uploadedBytes: links.sentBytes[peer],
      downloadedBytes: links.receivedBytes[peer],
      wantedBytes: scenario.fileBytes,
    };
    const { leave, askAgainAtMs } = decideDeparture(departure, state, clock.nowMs);
    if (leave) this.#leave(peer);
    else if (askAgainAtMs > clock.nowMs && askAgainAtMs < Number.POSITIVE_INFINITY)
      clock.at(askAgainAtMs, () => this.#considerLeaving(peer));
  }

  #abort(peer: number): void {
    this.#aborted[peer] = 1;
    this.#left--;
    this.#leave(peer);
  }

  /** Gone without a word, and back under another address: neighbours know nothing of the peer. */
  #vanish(peer: number): void {
    const { clock, plans, liars } = this.#around;
    this.#vanished[peer] = 1;
    this.#leave(peer);
    liars?.forget(peer);
    this.#comeAt(clock.nowMs + plans[peer].awayMs, [peer]);
  }
}
