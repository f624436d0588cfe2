import type { Timed } from './deadline-heap.js';

/** A piece on its way to a peer: what is missing of it, and the flows that bring it. */
export class Download implements Timed {
  heapAt = -1;
  piece = 0;
  to = 0;
  /** What is missing at `atMs`, while `rate` bytes a ms come. */
  remainingBytes = 0;
  atMs = 0;
  rate = 0;
  /** The rate from the end of the moment on, of so many flows that carry something. */
  nextRate = 0;
  moving = 0;
  changed = false;
  /** What is in no peer's books yet. */
  unbookedBytes = 0;
  /** Some of it came from a liar: it will fail its hash. */
  bad = false;
  /** It failed before: from one peer alone, so that the next failure has one author, as in the engine's picker. */
  alone = false;
  /** Peers that sent a part of it, while somebody lies in this swarm. */
  sources: number[] = [];
  readonly flows: Flow[] = [];
}

/** Bytes of one piece that go from one peer to another at a rate. */
export class Flow {
  from = 0;
  to = 0;
  /** The receiver's edge to the sender. */
  edge = 0;
  download!: Download;
  /** Bytes a ms: what it carries, and what its sender would give it if the receiver took that. */
  rate = 0;
  offer = 0;
  /** Up to when its bytes are booked. */
  bookedMs = 0;
}
