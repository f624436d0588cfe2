import { DeadlineHeap } from './deadline-heap.js';
import type { Download, Flow } from './flow.js';
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

/** How a sender divides its uplink: equal parts, or a piece at a time with the others waiting for their turn. */
export type UplinkOrder = 'fair' | 'turns';

/**
 * Uplinks and downlinks of all peers, and the flows over them. What a flow cannot use because the other side holds it
 * back goes to the others. A downlink is shared equally. Rates change at the end of a moment alone (`settle`), so a
 * piece that ends and the next one that begins cost one change.
 */
export class Links {
  /** Downloads by the time when they will be complete. */
  readonly due = new DeadlineHeap<Download>();
  readonly sentBytes: Float64Array;
  readonly receivedBytes: Float64Array;

  readonly #fair: boolean;
  /** Flows from each peer; in turns, a queue: what its head leaves goes to the next one. */
  readonly #out: Flow[][];
  readonly #in: Flow[][];
  /** What an uplink has left, and what a downlink carries, give or take `DRIFT`. */
  readonly #left: Float64Array;
  readonly #load: Float64Array;
  /** The most that a downlink takes of one flow: Infinity while it takes everything. */
  readonly #levels: Float64Array;
  readonly #changedUp: PeerList;
  readonly #changedDown: PeerList;
  readonly #changed: Download[] = [];

  /** Rates in bytes a ms. `gotBytes` is booked by the receiver's edge. */
  constructor(
    readonly up: Float64Array,
    readonly down: Float64Array,
    readonly gotBytes: Float64Array,
    order: UplinkOrder,
  ) {
    const peers = up.length;
    this.sentBytes = new Float64Array(peers);
    this.receivedBytes = new Float64Array(peers);
    this.#fair = order === 'fair';
    this.#out = Array.from({ length: peers }, () => []);
    this.#in = Array.from({ length: peers }, () => []);
    this.#left = up.slice();
    this.#load = new Float64Array(peers);
    this.#levels = new Float64Array(peers).fill(Number.POSITIVE_INFINITY);
    this.#changedUp = new PeerList(peers);
    this.#changedDown = new PeerList(peers);
  }

  outOf(peer: number): readonly Flow[] {
    return this.#out[peer];
  }

  into(peer: number): readonly Flow[] {
    return this.#in[peer];
  }

  /** The flow begins; it gets its rate when the moment is settled. */
  add(flow: Flow, nowMs: number): void {
    flow.rate = flow.offer = 0;
    flow.bookedMs = nowMs;
    flow.download.flows.push(flow);
    this.#out[flow.from].push(flow);
    this.#in[flow.to].push(flow);
    // behind a queue that takes the whole uplink it waits, and nothing changes
    if (this.#fair || this.#left[flow.from] > 0) this.#changedUp.add(flow.from);
  }

  /** The flow ends before its piece does. */
  remove(flow: Flow, nowMs: number): void {
    const { download } = flow;
    this.book(flow, nowMs);
    drop(download.flows, flow);
    this.#takeOff(flow);
    advance(download, nowMs);
    this.#change(download, flow.rate, 0);
    if (download.flows.length > 0) return;
    download.rate = 0;
    this.due.remove(download);
  }

  /** The download is through. What rounding left of it is booked too, so that no byte is lost or made. */
  finish(download: Download, nowMs: number): void {
    const { flows } = download;
    for (const flow of flows) this.book(flow, nowMs);
    this.#count(flows[0], download.unbookedBytes);
    for (const flow of flows) this.#takeOff(flow);
    flows.length = 0;
    download.rate = download.nextRate = download.moving = 0;
    this.due.remove(download);
  }

  /** Counts what has passed since it was counted last. */
  book(flow: Flow, nowMs: number): void {
    if (flow.bookedMs === nowMs) return;
    if (flow.rate > 0) this.#count(flow, flow.rate * (nowMs - flow.bookedMs));
    flow.bookedMs = nowMs;
  }

  bookAll(nowMs: number): void {
    for (const flows of this.#out)
      for (const flow of flows) {
        if (flow.rate > 0) this.book(flow, nowMs);
        else if (!this.#fair) break; // those behind it wait as well
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
    for (const download of this.#changed) this.#schedule(download, nowMs);
    this.#changed.length = 0;
  }

  /** @throws Error when a link carries more than its rate */
  check(): void {
    for (let peer = 0; peer < this.up.length; peer++) {
      const out = sum(this.#out[peer]);
      if (out > this.up[peer] * (1 + ROUNDING))
        throw new Error(`uplink of peer ${peer} carries ${out} bytes a ms of ${this.up[peer]}`);
      const into = sum(this.#in[peer]);
      if (into > this.down[peer] * (1 + ROUNDING))
        throw new Error(`downlink of peer ${peer} carries ${into} bytes a ms of ${this.down[peer]}`);
    }
  }

  #count(flow: Flow, bytes: number): void {
    this.sentBytes[flow.from] += bytes;
    this.receivedBytes[flow.to] += bytes;
    this.gotBytes[flow.edge] += bytes;
    flow.download.unbookedBytes -= bytes;
  }

  /** The flow no longer goes over its two links. One that had nothing leaves nothing to others. */
  #takeOff(flow: Flow): void {
    const { from, to } = flow;
    if (this.#fair) drop(this.#out[from], flow);
    else take(this.#out[from], flow);
    drop(this.#in[to], flow);
    if (this.#fair || flow.offer > 0 || this.#left[from] > 0) this.#changedUp.add(from);
    if (flow.offer > 0 && this.#levels[to] !== Number.POSITIVE_INFINITY) this.#changedDown.add(to);
    this.#load[to] = this.#in[to].length === 0 ? 0 : this.#load[to] - flow.rate;
  }

  #shareUp(peer: number, nowMs: number, mayAsk: boolean): void {
    if (this.#fair) this.#shareAlike(peer, nowMs, mayAsk);
    else this.#serveInTurn(peer, nowMs, mayAsk);
  }

  /** Divides an uplink equally; what receivers cannot take goes to the others. */
  #shareAlike(peer: number, nowMs: number, mayAsk: boolean): void {
    const flows = this.#out[peer];
    const share = waterLevel(flows, this.up[peer], flow => this.#levels[flow.to]);
    for (const flow of flows) this.#offer(flow, share, nowMs, mayAsk);
  }

  /** The head of the queue has the whole uplink; what its receiver cannot take goes to the next one. */
  #serveInTurn(peer: number, nowMs: number, mayAsk: boolean): void {
    let left = this.up[peer];
    for (const flow of this.#out[peer]) {
      if (left === 0 && flow.offer === 0) break; // nothing for those behind it either, now or before
      this.#offer(flow, left, nowMs, mayAsk);
      left = Math.max(0, left - flow.rate);
    }
    this.#left[peer] = left;
  }

  #offer(flow: Flow, offer: number, nowMs: number, mayAsk: boolean): void {
    const { to } = flow;
    const level = this.#levels[to];
    const rate = Math.min(offer, level);
    if (offer === flow.offer && rate === flow.rate) return;
    flow.offer = offer;
    if (rate !== flow.rate) this.#setRate(flow, rate, nowMs);
    if ((mayAsk && level !== Number.POSITIVE_INFINITY) || this.#load[to] > this.down[to] * (1 - DRIFT))
      this.#changedDown.add(to);
  }

  /** Divides a downlink among flows that could bring more than it takes. */
  #shareDown(peer: number): void {
    const flows = this.#in[peer];
    const before = this.#levels[peer];
    let wanted = 0;
    for (const flow of flows) wanted += flow.offer;
    const level =
      wanted <= this.down[peer] * (1 + ROUNDING)
        ? Number.POSITIVE_INFINITY
        : waterLevel(flows, this.down[peer], flow => flow.offer);
    if (level === before) return;
    this.#levels[peer] = level;
    for (const { offer, from } of flows)
      if (Math.min(offer, level) !== Math.min(offer, before)) this.#changedUp.add(from);
  }

  /**
   * The rounds are over: a receiver that is still given too much takes less of each. What its senders have left by that
   * goes to others when they next change.
   */
  #cut(peer: number, nowMs: number): void {
    const flows = this.#in[peer];
    if (sum(flows) <= this.down[peer]) return;
    const level = waterLevel(flows, this.down[peer], flow => flow.offer);
    this.#levels[peer] = level;
    for (const flow of flows) {
      const { rate } = flow;
      if (rate <= level) continue;
      this.#setRate(flow, level, nowMs);
      this.#left[flow.from] += rate - level;
    }
  }

  #setRate(flow: Flow, rate: number, nowMs: number): void {
    this.book(flow, nowMs);
    this.#load[flow.to] += rate - flow.rate;
    this.#change(flow.download, flow.rate, rate);
    flow.rate = rate;
  }

  /** A flow of the download has changed its rate. */
  #change(download: Download, from: number, to: number): void {
    if (from === to) return;
    download.moving += Number(to > 0) - Number(from > 0);
    download.nextRate = download.moving === 0 ? 0 : download.nextRate + to - from;
    if (download.changed) return;
    download.changed = true;
    this.#changed.push(download);
  }

  /** When the download will be complete at the rate that it has from now on. */
  #schedule(download: Download, nowMs: number): void {
    download.changed = false;
    if (download.flows.length === 0) return;
    advance(download, nowMs);
    download.rate = download.nextRate;
    if (download.rate > 0)
      this.due.set(download, nowMs + Math.max(0, download.remainingBytes) / download.rate);
    else this.due.remove(download);
  }
}

function advance(download: Download, nowMs: number): void {
  download.remainingBytes -= download.rate * (nowMs - download.atMs);
  download.atMs = nowMs;
}

function sum(flows: readonly Flow[]): number {
  let total = 0;
  for (const flow of flows) total += flow.rate;
  return total;
}

function drop(flows: Flow[], flow: Flow): void {
  const last = flows.pop()!;
  if (last !== flow) flows[flows.indexOf(flow)] = last;
}

/** Takes it out of a queue whose order counts. */
function take(flows: Flow[], flow: Flow): void {
  for (let at = flows.indexOf(flow) + 1; at < flows.length; at++) flows[at - 1] = flows[at];
  flows.pop();
}
