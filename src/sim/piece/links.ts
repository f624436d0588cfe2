import { DeadlineHeap } from './deadline-heap.js';
import type { Download, Flow } from './flow.js';

/** Rounding that a link may be above its rate by, as a share. */
const ROUNDING = 1e-9;

/** Uplinks and downlinks are settled against each other so many times; what is left over is cut at the receiver. */
const MAX_ROUNDS = 2;

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

  readonly #out: Flow[][];
  readonly #in: Flow[][];
  /** The most that a downlink takes of one flow. */
  readonly #levels: Float64Array;
  readonly #changedUp: number[] = [];
  readonly #changedDown: number[] = [];
  readonly #upMarked: Uint8Array;
  readonly #downMarked: Uint8Array;

  /** Rates in bytes a ms. `gotBytes` is booked by the receiver's edge. */
  constructor(
    readonly up: Float64Array,
    readonly down: Float64Array,
    readonly gotBytes: Float64Array,
    readonly order: UplinkOrder,
  ) {
    const peers = up.length;
    this.sentBytes = new Float64Array(peers);
    this.receivedBytes = new Float64Array(peers);
    this.#out = Array.from({ length: peers }, () => []);
    this.#in = Array.from({ length: peers }, () => []);
    this.#levels = new Float64Array(peers).fill(Number.POSITIVE_INFINITY);
    this.#upMarked = new Uint8Array(peers);
    this.#downMarked = new Uint8Array(peers);
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
    this.#markUp(flow.from);
    if (this.#levels[flow.to] !== Number.POSITIVE_INFINITY) this.#markDown(flow.to);
  }

  /** The flow ends, its piece complete or not. */
  remove(flow: Flow, nowMs: number): void {
    this.book(flow, nowMs);
    drop(flow.download.flows, flow);
    if (this.order === 'turns') take(this.#out[flow.from], flow);
    else drop(this.#out[flow.from], flow);
    drop(this.#in[flow.to], flow);
    this.#markUp(flow.from);
    if (this.#levels[flow.to] !== Number.POSITIVE_INFINITY) this.#markDown(flow.to);
    if (flow.download.flows.length === 0) this.due.remove(flow.download);
    else if (flow.rate > 0) this.#schedule(flow.download, nowMs);
  }

  /** Counts what has passed since it was counted last. */
  book(flow: Flow, nowMs: number): void {
    this.#count(flow, flow.rate * (nowMs - flow.bookedMs));
    flow.bookedMs = nowMs;
  }

  /** The download is through: what rounding left of it is counted too, so that no byte is lost or made. */
  bookRest(download: Download, nowMs: number): void {
    for (const flow of download.flows) this.book(flow, nowMs);
    this.#count(download.flows[0], download.remainingBytes);
    download.remainingBytes = 0;
  }

  bookAll(nowMs: number): void {
    for (const flows of this.#out) for (const flow of flows) this.book(flow, nowMs);
  }

  /** Ends the moment: rates follow what has begun and ended in it. */
  settle(nowMs: number): void {
    for (let round = 0; this.#changedUp.length > 0 || this.#changedDown.length > 0; round++) {
      for (const peer of this.#changedUp.splice(0)) {
        this.#upMarked[peer] = 0;
        this.#shareUp(peer, nowMs, round < MAX_ROUNDS);
      }
      for (const peer of this.#changedDown.splice(0)) {
        this.#downMarked[peer] = 0;
        if (round < MAX_ROUNDS) this.#shareDown(peer);
        else this.#cut(peer, nowMs);
      }
    }
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
    flow.download.remainingBytes -= bytes;
  }

  /** Divides an uplink; what receivers cannot take goes to the others. */
  #shareUp(peer: number, nowMs: number, mayAsk: boolean): void {
    const flows = this.#out[peer];
    if (flows.length === 0) return;
    const fair = this.order === 'fair';
    const share = fair ? this.#fill(flows, this.up[peer], flow => this.#levels[flow.to]) : 0;
    let left = this.up[peer];
    for (const flow of flows) {
      flow.offer = fair ? share : left;
      const rate = Math.min(flow.offer, this.#levels[flow.to]);
      left = Math.max(0, left - rate);
      if (rate !== flow.rate) this.#setRate(flow, rate, nowMs);
    }
    for (const { to } of flows)
      if ((mayAsk && this.#levels[to] !== Number.POSITIVE_INFINITY) || this.#overfull(to)) this.#markDown(to);
  }

  /** Divides a downlink among flows that could bring more than it takes. */
  #shareDown(peer: number): void {
    const flows = this.#in[peer];
    const before = this.#levels[peer];
    const wanted = flows.reduce((total, flow) => total + flow.offer, 0);
    const level =
      wanted <= this.down[peer] * (1 + ROUNDING)
        ? Number.POSITIVE_INFINITY
        : this.#fill(flows, this.down[peer], flow => flow.offer);
    if (level === before) return;
    this.#levels[peer] = level;
    for (const flow of flows) this.#markUp(flow.from);
  }

  /** The rounds are over: all flows into the peer are slowed down alike. */
  #cut(peer: number, nowMs: number): void {
    const into = sum(this.#in[peer]);
    if (into <= this.down[peer]) return;
    for (const flow of this.#in[peer]) this.#setRate(flow, (flow.rate * this.down[peer]) / into, nowMs);
  }

  /** Water-filling: the level at which the flows, each up to its limit at the other end, fill the capacity. */
  #fill(flows: readonly Flow[], capacity: number, limitOf: (flow: Flow) => number): number {
    let level = capacity / flows.length;
    for (let held = 0; ; ) {
      let heldNow = 0;
      let used = 0;
      for (const flow of flows) {
        const limit = limitOf(flow);
        if (limit >= level) continue;
        heldNow++;
        used += limit;
      }
      if (heldNow <= held || heldNow === flows.length) return level; // fewer: rounding
      held = heldNow;
      level = (capacity - used) / (flows.length - held);
    }
  }

  #overfull(peer: number): boolean {
    return this.down[peer] !== Number.POSITIVE_INFINITY && sum(this.#in[peer]) > this.down[peer];
  }

  #setRate(flow: Flow, rate: number, nowMs: number): void {
    for (const part of flow.download.flows) this.book(part, nowMs);
    flow.rate = rate;
    this.#schedule(flow.download, nowMs);
  }

  #schedule(download: Download, nowMs: number): void {
    for (const part of download.flows) this.book(part, nowMs);
    const rate = sum(download.flows);
    if (rate > 0) this.due.set(download, nowMs + Math.max(0, download.remainingBytes) / rate);
    else this.due.remove(download);
  }

  #markUp(peer: number): void {
    if (this.#upMarked[peer]) return;
    this.#upMarked[peer] = 1;
    this.#changedUp.push(peer);
  }

  #markDown(peer: number): void {
    if (this.#downMarked[peer]) return;
    this.#downMarked[peer] = 1;
    this.#changedDown.push(peer);
  }
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
  flows.splice(flows.indexOf(flow), 1);
}
