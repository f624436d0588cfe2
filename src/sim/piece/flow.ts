import { NumberLists } from './number-lists.js';
import { Rows } from './rows.js';

/** Bytes of one piece that go from one peer to another: where its numbers are in its row. */
export const FLOW = {
  width: 5,
  // real: bytes a ms that it carries, what its sender would give it if the receiver took that,
  rate: 0,
  offer: 1,
  // and up to when its bytes are booked
  bookedMs: 2,
  // whole: peers, the receiver's edge to the sender, and the download that it brings
  from: 6,
  to: 7,
  edge: 8,
  download: 9,
} as const;

/** A piece on its way to a peer: where its numbers are in its row. */
export const DOWNLOAD = {
  width: 8,
  // real: what is missing at `atMs`, while `rate` bytes a ms come
  remainingBytes: 0,
  atMs: 1,
  rate: 2,
  // the rate from the end of the moment on
  nextRate: 3,
  // what is in no peer's books yet
  unbookedBytes: 4,
  // whole
  piece: 10,
  to: 11,
  // flows, counted beside what is read with them, and those of them that carry something
  flows: 12,
  moving: 13,
  // CHANGED, BAD, ALONE
  state: 14,
} as const;

/** Its rate changes when the moment ends. */
export const CHANGED = 1;
/** Some of it came from a liar: it will fail its hash. */
export const BAD = 2;
/** It failed before: from one peer alone, so that the next failure has one author, as in the engine's picker. */
export const ALONE = 4;

/** All flows of a swarm, by number. */
export class Flows extends Rows {
  constructor() {
    super(FLOW.width);
  }

  begin(from: number, to: number, edge: number, download: number): number {
    const flow = this.take();
    const at = 2 * FLOW.width * flow;
    const { whole } = this;
    whole[at + FLOW.from] = from;
    whole[at + FLOW.to] = to;
    whole[at + FLOW.edge] = edge;
    whole[at + FLOW.download] = download;
    return flow;
  }

  downloadOf(flow: number): number {
    return this.whole[2 * FLOW.width * flow + FLOW.download];
  }

  edgeOf(flow: number): number {
    return this.whole[2 * FLOW.width * flow + FLOW.edge];
  }
}

/** All downloads of a swarm, by number. */
export class Downloads extends Rows {
  /** Flows that bring each. */
  readonly flows = new NumberLists();
  /** Peers that sent a part of each, while somebody lies in this swarm. */
  readonly sources = new Map<number, number[]>();

  constructor() {
    super(DOWNLOAD.width);
  }

  begin(to: number, piece: number, bytes: number): number {
    const download = this.take();
    const at = DOWNLOAD.width * download;
    const { real, whole, sources } = this;
    if (sources.size > 0) sources.delete(download);
    real[at + DOWNLOAD.remainingBytes] = real[at + DOWNLOAD.unbookedBytes] = bytes;
    real[at + DOWNLOAD.atMs] = real[at + DOWNLOAD.rate] = real[at + DOWNLOAD.nextRate] = 0;
    whole[2 * at + DOWNLOAD.piece] = piece;
    whole[2 * at + DOWNLOAD.to] = to;
    whole[2 * at + DOWNLOAD.flows] = whole[2 * at + DOWNLOAD.moving] = whole[2 * at + DOWNLOAD.state] = 0;
    return download;
  }

  addFlow(download: number, flow: number): void {
    this.flows.push(download, flow);
    this.whole[2 * DOWNLOAD.width * download + DOWNLOAD.flows]++;
  }

  dropFlow(download: number, flow: number): void {
    this.flows.drop(download, flow);
    this.whole[2 * DOWNLOAD.width * download + DOWNLOAD.flows]--;
  }

  dropFlows(download: number): void {
    this.flows.clear(download);
    this.whole[2 * DOWNLOAD.width * download + DOWNLOAD.flows] = 0;
  }

  pieceOf(download: number): number {
    return this.whole[2 * DOWNLOAD.width * download + DOWNLOAD.piece];
  }

  peerOf(download: number): number {
    return this.whole[2 * DOWNLOAD.width * download + DOWNLOAD.to];
  }

  remainingBytes(download: number): number {
    return this.real[DOWNLOAD.width * download + DOWNLOAD.remainingBytes];
  }

  unbookedBytes(download: number): number {
    return this.real[DOWNLOAD.width * download + DOWNLOAD.unbookedBytes];
  }

  flowsOf(download: number): number {
    return this.whole[2 * DOWNLOAD.width * download + DOWNLOAD.flows];
  }

  isBad(download: number): boolean {
    return (this.whole[2 * DOWNLOAD.width * download + DOWNLOAD.state] & BAD) !== 0;
  }

  mark(download: number, bits: number): void {
    this.whole[2 * DOWNLOAD.width * download + DOWNLOAD.state] |= bits;
  }
}
