import type { PeerPlan } from './population.js';

/** What the recorder asks the swarm at a sample. */
export interface Sender {
  /** Payload bytes that have left by then, from all peers and from the seeds alone. */
  sentBytesAt(atMs: number): { readonly all: number; readonly seeds: number };
}

/** The state of a swarm at one moment. */
export interface Sample {
  readonly atMs: number;
  readonly present: number;
  /** Bytes sent so far by everybody, and by the seeds. */
  readonly sentBytes: number;
  readonly seedSentBytes: number;
  /** Bytes that all uplinks of those present could have sent so far. */
  readonly capacityBytes: number;
  /** Copies of the piece that has fewest, and of all pieces on average, seeds included. */
  readonly rarestCopies: number;
  readonly meanCopies: number;
}

/** A piece that nobody present has, and since when. */
export interface LostPiece {
  readonly piece: number;
  readonly atMs: number;
}

/** More samples than this are thinned out: every second one goes, and they are taken half as often. */
const MAX_SAMPLES = 240;
const FIRST_SAMPLES = 60;

/** Writes down what happens to peers and pieces: what the report is made of. */
export class Recorder {
  readonly samples: Sample[] = [];
  readonly cameMs: Float64Array;
  readonly startedMs: Float64Array;
  readonly wastedBytes: Float64Array;
  readonly pieceCounts: Int32Array;
  readonly #completedMs: Float64Array;
  /** Copies at peers that are present and no seeds from the start. */
  readonly #copies: Int32Array;
  readonly #has: (peer: number, piece: number) => boolean;
  readonly #lost = new Map<number, number>();
  #seeds = 0;
  #missing: number;
  #copiesSum = 0;
  #present = 0;
  #capacity = 0;
  #capacityBytes = 0;
  #capacityMs = 0;
  #stepMs: number;
  #nextMs = 0;
  endMs = 0;

  /** `scaleMs`: about as long as the run should take. */
  constructor(
    readonly plans: readonly PeerPlan[],
    readonly pieces: number,
    scaleMs: number,
    has: (peer: number, piece: number) => boolean,
    readonly onSample: (sample: Sample) => void = () => {},
  ) {
    const peers = plans.length;
    this.cameMs = new Float64Array(peers).fill(Number.NaN);
    this.startedMs = new Float64Array(peers).fill(Number.NaN);
    this.wastedBytes = new Float64Array(peers);
    this.pieceCounts = new Int32Array(peers);
    this.#completedMs = new Float64Array(peers).fill(Number.NaN);
    this.#copies = new Int32Array(pieces);
    this.#missing = pieces;
    this.#stepMs = scaleMs / FIRST_SAMPLES;
    this.#has = has;
  }

  /** Every piece is at a peer that was no seed. */
  get outOnce(): boolean {
    return this.#missing === 0;
  }

  completedMs(peer: number): number | undefined {
    const atMs = this.#completedMs[peer];
    return Number.isNaN(atMs) ? undefined : atMs;
  }

  /** Pieces that nobody has at the end, in the order in which they died. */
  lost(): LostPiece[] {
    return [...this.#lost].map(([piece, atMs]) => ({ piece, atMs }));
  }

  /** Takes the samples that are due before the next event. */
  passTo(nextMs: number, swarm: Sender): void {
    while (this.#nextMs < nextMs) {
      this.#sample(this.#nextMs, swarm);
      if (this.samples.length >= MAX_SAMPLES) this.#thin();
      this.#nextMs += this.#stepMs;
    }
  }

  end(nowMs: number, swarm: Sender): void {
    this.passTo(nowMs, swarm);
    this.#sample(nowMs, swarm);
    this.endMs = nowMs;
  }

  /** The peer is there, with what it has. */
  came(peer: number, nowMs: number): void {
    const { isSeed } = this.plans[peer];
    this.#present++;
    if (Number.isNaN(this.cameMs[peer])) this.cameMs[peer] = nowMs;
    this.#setCapacity(nowMs, +1, peer);
    if (isSeed) {
      this.#seeds++;
      this.#lost.clear();
    } else if (this.pieceCounts[peer] > 0) this.#eachPiece(peer, piece => this.#add(piece));
  }

  went(peer: number, nowMs: number): void {
    this.#present--;
    this.#setCapacity(nowMs, -1, peer);
    if (this.plans[peer].isSeed) {
      this.#seeds--;
      if (this.#seeds === 0)
        for (let piece = 0; piece < this.pieces; piece++)
          if (this.#copies[piece] === 0) this.#lost.set(piece, nowMs);
    } else this.#eachPiece(peer, piece => this.#take(piece, nowMs));
  }

  /** The first byte is on its way to the peer. */
  started(peer: number, nowMs: number): void {
    if (Number.isNaN(this.startedMs[peer])) this.startedMs[peer] = nowMs;
  }

  got(peer: number, piece: number): void {
    this.pieceCounts[peer]++;
    this.#add(piece);
  }

  completed(peer: number, nowMs: number): void {
    if (Number.isNaN(this.#completedMs[peer])) this.#completedMs[peer] = nowMs;
  }

  wasted(peer: number, bytes: number): void {
    this.wastedBytes[peer] += bytes;
  }

  #eachPiece(peer: number, visit: (piece: number) => void): void {
    for (let piece = 0; piece < this.pieces; piece++) if (this.#has(peer, piece)) visit(piece);
  }

  #add(piece: number): void {
    this.#copiesSum++;
    if (this.#copies[piece]++ > 0) return;
    this.#missing--;
    this.#lost.delete(piece);
  }

  #take(piece: number, nowMs: number): void {
    this.#copiesSum--;
    if (--this.#copies[piece] > 0) return;
    this.#missing++;
    if (this.#seeds === 0) this.#lost.set(piece, nowMs);
  }

  #setCapacity(nowMs: number, sign: number, peer: number): void {
    this.#passCapacity(nowMs);
    // A free rider's uplink is no part of what the swarm could use.
    if (!this.plans[peer].freeRider) this.#capacity += sign * this.plans[peer].up;
  }

  #passCapacity(nowMs: number): void {
    this.#capacityBytes += this.#capacity * (nowMs - this.#capacityMs);
    this.#capacityMs = nowMs;
  }

  #sample(atMs: number, swarm: Sender): void {
    this.#passCapacity(atMs);
    const { all, seeds } = swarm.sentBytesAt(atMs);
    let rarest = Number.POSITIVE_INFINITY;
    for (const copies of this.#copies) if (copies < rarest) rarest = copies;
    const sample = {
      atMs,
      present: this.#present,
      sentBytes: all,
      seedSentBytes: seeds,
      capacityBytes: this.#capacityBytes,
      rarestCopies: rarest + this.#seeds,
      meanCopies: this.#copiesSum / this.pieces + this.#seeds,
    };
    this.samples.push(sample);
    this.onSample(sample);
  }

  #thin(): void {
    const kept = this.samples.filter((_, i) => i % 2 === 0);
    this.samples.splice(0, this.samples.length, ...kept);
    this.#stepMs *= 2;
  }
}
