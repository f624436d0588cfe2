import { DeadlineHeap } from './deadline-heap.js';
import { CHANGED, DOWNLOAD, type Downloads, FLOW, type Flows } from './flow.js';
import { NumberLists } from './number-lists.js';
import { PeerList } from './peer-list.js';
import { waterLevel } from './water-level.js';

/** Rounding that a link may be above its rate by, as a share. */
const ROUNDING = 1e-9;

/** What a running sum of rates may be off by, as a share: nearer to the link's rate they are added up anew. */
const DRIFT = 1e-6;

/**
 * Uplinks and downlinks are settled against each other so many times; what is left over is cut at the receiver. More
 * rounds reach more links for every change, and times of completion that differ by 1 % in the few swarms compared.
 */
const MAX_ROUNDS = 1;

const FIRST_LIMITS = 64;

/** How a sender divides its uplink: equal parts, or a piece at a time with the others waiting for their turn. */
export type UplinkOrder = 'fair' | 'turns';

/**
 * Uplinks and downlinks of all peers, and the flows over them. What a flow cannot use because the other side holds it
 * back goes to the others. A downlink is shared equally. Rates change at the end of a moment alone (`settle`), so a
 * piece that ends and the next one that begins cost one change.
 */
export class Links {
  /** Downloads by the time when they will be complete. */
  readonly due = new DeadlineHeap();
  readonly sentBytes: Float64Array;
  readonly receivedBytes: Float64Array;
  /** Flows from each peer; in turns, a queue: what its head leaves goes to the next one. */
  readonly out: NumberLists;
  readonly in: NumberLists;

  readonly #fair: boolean;
  /** What an uplink has left, and what a downlink carries, give or take `DRIFT`. */
  readonly #left: Float64Array;
  readonly #load: Float64Array;
  /** The most that a downlink takes of one flow: Infinity while it takes everything. */
  readonly #levels: Float64Array;
  readonly #changedUp: PeerList;
  readonly #changedDown: PeerList;
  readonly #changed: number[] = [];
  /** Limits of the flows that share the link which is looked at. */
  #limits = new Float64Array(FIRST_LIMITS);

  /** Rates in bytes a ms. `gotBytes` is booked by the receiver's edge. */
  constructor(
    readonly up: Float64Array,
    readonly down: Float64Array,
    readonly gotBytes: Float64Array,
    readonly flows: Flows,
    readonly downloads: Downloads,
    order: UplinkOrder,
  ) {
    const peers = up.length;
    this.sentBytes = new Float64Array(peers);
    this.receivedBytes = new Float64Array(peers);
    this.#fair = order === 'fair';
    this.out = new NumberLists(peers);
    this.in = new NumberLists(peers);
    this.#left = up.slice();
    this.#load = new Float64Array(peers);
    this.#levels = new Float64Array(peers).fill(Number.POSITIVE_INFINITY);
    this.#changedUp = new PeerList(peers);
    this.#changedDown = new PeerList(peers);
  }

  /** The flow begins; it gets its rate when the moment is settled. */
  add(flow: number, nowMs: number): void {
    const { real, whole } = this.flows;
    const at = FLOW.width * flow;
    const from = whole[2 * at + FLOW.from];
    const download = whole[2 * at + FLOW.download];
    real[at + FLOW.rate] = real[at + FLOW.offer] = 0;
    real[at + FLOW.bookedMs] = nowMs;
    this.downloads.addFlow(download, flow);
    this.out.push(from, flow);
    this.in.push(whole[2 * at + FLOW.to], flow);
    // behind a queue that takes the whole uplink it waits, and nothing changes
    if (this.#fair || this.#left[from] > 0) this.#changedUp.add(from);
  }

  /** The flow ends before its piece does. */
  remove(flow: number, nowMs: number): void {
    const { downloads } = this;
    const download = this.flows.downloadOf(flow);
    const at = DOWNLOAD.width * download;
    this.book(flow, nowMs);
    downloads.dropFlow(download, flow);
    this.#takeOff(flow);
    advance(downloads.real, at, nowMs);
    this.#change(download, this.flows.real[FLOW.width * flow + FLOW.rate], 0);
    if (downloads.flowsOf(download) > 0) return;
    downloads.real[at + DOWNLOAD.rate] = 0;
    this.due.remove(download);
  }

  /** The download is through. What rounding left of it is booked too, so that no byte is lost or made. */
  finish(download: number, nowMs: number): void {
    const { real, whole, flows } = this.downloads;
    const at = DOWNLOAD.width * download;
    const start = flows.start(download);
    const end = start + flows.length(download);
    for (let i = start; i < end; i++) this.book(flows.items[i], nowMs);
    this.#count(flows.items[start], real[at + DOWNLOAD.unbookedBytes]);
    for (let i = start; i < end; i++) this.#takeOff(flows.items[i]);
    this.downloads.dropFlows(download);
    real[at + DOWNLOAD.rate] = real[at + DOWNLOAD.nextRate] = 0;
    whole[2 * at + DOWNLOAD.moving] = 0;
    this.due.remove(download);
  }

  /** Counts what has passed since it was counted last. */
  book(flow: number, nowMs: number): void {
    const { real } = this.flows;
    const at = FLOW.width * flow;
    const passedMs = nowMs - real[at + FLOW.bookedMs];
    if (passedMs === 0) return;
    real[at + FLOW.bookedMs] = nowMs;
    if (real[at + FLOW.rate] > 0) this.#count(flow, real[at + FLOW.rate] * passedMs);
  }

  /** Counts all that goes to and from the peer. */
  bookPeer(peer: number, nowMs: number): void {
    for (const list of [this.in, this.out]) {
      const start = list.start(peer);
      for (let i = start; i < start + list.length(peer); i++) this.book(list.items[i], nowMs);
    }
  }

  bookAll(nowMs: number): void {
    const { out, flows } = this;
    for (let peer = 0; peer < this.up.length; peer++) {
      const start = out.start(peer);
      for (let i = start; i < start + out.length(peer); i++) {
        const flow = out.items[i];
        if (flows.real[FLOW.width * flow + FLOW.rate] > 0) this.book(flow, nowMs);
        else if (!this.#fair) break; // those behind it wait as well
      }
    }
  }

  /** Ends the moment: rates follow what has begun and ended in it. */
  settle(nowMs: number): void {
    for (let round = 0; this.#changedUp.size > 0 || this.#changedDown.size > 0; round++) {
      const mayAsk = round < MAX_ROUNDS;
      for (const peer of this.#changedUp.take()) this.#shareUp(peer, nowMs, mayAsk);
      for (const peer of this.#changedDown.take()) {
        if (mayAsk) this.#shareDown(peer);
        else this.#cut(peer, nowMs);
      }
    }
    const changed = this.#changed;
    for (let i = 0; i < changed.length; i++) this.#schedule(changed[i], nowMs);
    changed.length = 0;
  }

  /** @throws Error when a link carries more than its rate */
  check(): void {
    for (let peer = 0; peer < this.up.length; peer++) {
      const out = this.#carried(this.out, peer);
      if (out > this.up[peer] * (1 + ROUNDING))
        throw new Error(`uplink of peer ${peer} carries ${out} bytes a ms of ${this.up[peer]}`);
      const into = this.#carried(this.in, peer);
      if (into > this.down[peer] * (1 + ROUNDING))
        throw new Error(`downlink of peer ${peer} carries ${into} bytes a ms of ${this.down[peer]}`);
    }
  }

  #count(flow: number, bytes: number): void {
    const { whole } = this.flows;
    const at = 2 * FLOW.width * flow;
    this.sentBytes[whole[at + FLOW.from]] += bytes;
    this.receivedBytes[whole[at + FLOW.to]] += bytes;
    this.gotBytes[whole[at + FLOW.edge]] += bytes;
    this.downloads.real[DOWNLOAD.width * whole[at + FLOW.download] + DOWNLOAD.unbookedBytes] -= bytes;
  }

  /** The flow no longer goes over its two links. One that had nothing leaves nothing to others. */
  #takeOff(flow: number): void {
    const { real, whole } = this.flows;
    const at = FLOW.width * flow;
    const from = whole[2 * at + FLOW.from];
    const to = whole[2 * at + FLOW.to];
    const had = real[at + FLOW.offer] > 0;
    if (this.#fair) this.out.drop(from, flow);
    else this.out.take(from, flow);
    this.in.drop(to, flow);
    if (this.#fair || had || this.#left[from] > 0) this.#changedUp.add(from);
    if (had && this.#levels[to] !== Number.POSITIVE_INFINITY) this.#changedDown.add(to);
    this.#load[to] = this.in.length(to) === 0 ? 0 : this.#load[to] - real[at + FLOW.rate];
  }

  #shareUp(peer: number, nowMs: number, mayAsk: boolean): void {
    if (this.#fair) this.#shareAlike(peer, nowMs, mayAsk);
    else this.#serveInTurn(peer, nowMs, mayAsk);
  }

  /** Divides an uplink equally; what receivers cannot take goes to the others. */
  #shareAlike(peer: number, nowMs: number, mayAsk: boolean): void {
    const { whole } = this.flows;
    const { items } = this.out;
    const start = this.out.start(peer);
    const length = this.out.length(peer);
    const limits = this.#roomFor(length);
    for (let i = 0; i < length; i++)
      limits[i] = this.#levels[whole[2 * FLOW.width * items[start + i] + FLOW.to]];
    const share = waterLevel(limits, length, this.up[peer]);
    for (let i = 0; i < length; i++) this.#offer(items[start + i], share, nowMs, mayAsk);
  }

  /** The head of the queue has the whole uplink; what its receiver cannot take goes to the next one. */
  #serveInTurn(peer: number, nowMs: number, mayAsk: boolean): void {
    const { real } = this.flows;
    const { items } = this.out;
    const start = this.out.start(peer);
    const end = start + this.out.length(peer);
    let left = this.up[peer];
    for (let i = start; i < end; i++) {
      const flow = items[i];
      const at = FLOW.width * flow;
      if (left === 0 && real[at + FLOW.offer] === 0) break; // nothing for those behind it either, now or before
      this.#offer(flow, left, nowMs, mayAsk);
      left = Math.max(0, left - real[at + FLOW.rate]);
    }
    this.#left[peer] = left;
  }

  #offer(flow: number, offer: number, nowMs: number, mayAsk: boolean): void {
    const { real, whole } = this.flows;
    const at = FLOW.width * flow;
    const to = whole[2 * at + FLOW.to];
    const level = this.#levels[to];
    const rate = Math.min(offer, level);
    const before = real[at + FLOW.rate];
    if (offer === real[at + FLOW.offer] && rate === before) return;
    real[at + FLOW.offer] = offer;
    if (rate !== before) this.#setRate(flow, rate, nowMs);
    if ((mayAsk && level !== Number.POSITIVE_INFINITY) || this.#load[to] > this.down[to] * (1 - DRIFT))
      this.#changedDown.add(to);
  }

  /** Divides a downlink among flows that could bring more than it takes. */
  #shareDown(peer: number): void {
    const { whole } = this.flows;
    const { items } = this.in;
    const start = this.in.start(peer);
    const length = this.in.length(peer);
    const before = this.#levels[peer];
    const offers = this.#offersTo(peer);
    let wanted = 0;
    for (let i = 0; i < length; i++) wanted += offers[i];
    const level =
      wanted <= this.down[peer] * (1 + ROUNDING)
        ? Number.POSITIVE_INFINITY
        : waterLevel(offers, length, this.down[peer]);
    if (level === before) return;
    this.#levels[peer] = level;
    for (let i = 0; i < length; i++)
      if (Math.min(offers[i], level) !== Math.min(offers[i], before))
        this.#changedUp.add(whole[2 * FLOW.width * items[start + i] + FLOW.from]);
  }

  /**
   * The rounds are over: a receiver that is still given too much takes less of each. What its senders have left by that
   * goes to others when they next change.
   */
  #cut(peer: number, nowMs: number): void {
    if (this.#carried(this.in, peer) <= this.down[peer]) return;
    const { real, whole } = this.flows;
    const { items } = this.in;
    const start = this.in.start(peer);
    const length = this.in.length(peer);
    const level = waterLevel(this.#offersTo(peer), length, this.down[peer]);
    this.#levels[peer] = level;
    for (let i = 0; i < length; i++) {
      const flow = items[start + i];
      const rate = real[FLOW.width * flow + FLOW.rate];
      if (rate <= level) continue;
      this.#setRate(flow, level, nowMs);
      this.#left[whole[2 * FLOW.width * flow + FLOW.from]] += rate - level;
    }
  }

  #setRate(flow: number, rate: number, nowMs: number): void {
    const { real, whole } = this.flows;
    const at = FLOW.width * flow;
    this.book(flow, nowMs);
    const before = real[at + FLOW.rate];
    this.#load[whole[2 * at + FLOW.to]] += rate - before;
    this.#change(whole[2 * at + FLOW.download], before, rate);
    real[at + FLOW.rate] = rate;
  }

  /** A flow of the download has changed its rate. */
  #change(download: number, from: number, to: number): void {
    if (from === to) return;
    const { real, whole } = this.downloads;
    const at = DOWNLOAD.width * download;
    const moving = whole[2 * at + DOWNLOAD.moving] + Number(to > 0) - Number(from > 0);
    whole[2 * at + DOWNLOAD.moving] = moving;
    real[at + DOWNLOAD.nextRate] = moving === 0 ? 0 : real[at + DOWNLOAD.nextRate] + to - from;
    if (whole[2 * at + DOWNLOAD.state] & CHANGED) return;
    whole[2 * at + DOWNLOAD.state] |= CHANGED;
    this.#changed.push(download);
  }

  /** When the download will be complete at the rate that it has from now on. */
  #schedule(download: number, nowMs: number): void {
    const { real, whole } = this.downloads;
    const at = DOWNLOAD.width * download;
    whole[2 * at + DOWNLOAD.state] &= ~CHANGED;
    if (whole[2 * at + DOWNLOAD.flows] === 0) return;
    advance(real, at, nowMs);
    const rate = real[at + DOWNLOAD.nextRate];
    real[at + DOWNLOAD.rate] = rate;
    if (rate > 0) this.due.set(download, nowMs + Math.max(0, real[at + DOWNLOAD.remainingBytes]) / rate);
    else this.due.remove(download);
  }

  /** What each flow to the peer could bring. */
  #offersTo(peer: number): Float64Array {
    const { real } = this.flows;
    const { items } = this.in;
    const start = this.in.start(peer);
    const length = this.in.length(peer);
    const offers = this.#roomFor(length);
    for (let i = 0; i < length; i++) offers[i] = real[FLOW.width * items[start + i] + FLOW.offer];
    return offers;
  }

  #roomFor(flows: number): Float64Array {
    if (flows > this.#limits.length) this.#limits = new Float64Array(2 * flows);
    return this.#limits;
  }

  #carried(list: NumberLists, peer: number): number {
    const { real } = this.flows;
    const start = list.start(peer);
    const end = start + list.length(peer);
    let total = 0;
    for (let i = start; i < end; i++) total += real[FLOW.width * list.items[i] + FLOW.rate];
    return total;
  }
}

/** What is missing of the download in that row now. */
function advance(real: Float64Array, at: number, nowMs: number): void {
  real[at + DOWNLOAD.remainingBytes] -= real[at + DOWNLOAD.rate] * (nowMs - real[at + DOWNLOAD.atMs]);
  real[at + DOWNLOAD.atMs] = nowMs;
}
