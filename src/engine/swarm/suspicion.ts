import { toHex } from '../bytes.js';
import { type Heap, type Kernels, SHA1_BYTES } from '../kernels/types.js';
import type { Picker } from '../policy/picker.js';
import { SmartBan } from '../policy/smart-ban.js';
import type { PeerCore } from './peer-core.js';

/** Senders that are remembered, also after they have left; a liar that is forgotten is convicted when it lies again. */
const MAX_SUSPECTS = 1000;

export interface Culprit {
  readonly peer: PeerCore;
  readonly reason: string;
}

/**
 * Finds out who sent bad blocks. A piece that came from one peer alone convicts it; otherwise each block is remembered
 * with its sender and compared once the piece is good, so that only liars are banned. Meanwhile everybody involved is on
 * parole: pieces of their own, nobody else's.
 */
export class Suspicion {
  readonly #ban = new SmartBan();
  /** Senders of blocks that are remembered, also those that have left since. */
  readonly #suspects = new Map<number, PeerCore>();
  readonly #digestAt: number;

  constructor(
    readonly kernels: Kernels,
    readonly heap: Heap,
    readonly picker: Picker,
    readonly peers: ReadonlyMap<number, PeerCore>,
  ) {
    this.#digestAt = heap.allocate(SHA1_BYTES);
  }

  /** The piece in the slot at `at` has a wrong hash. */
  failed(piece: number, at: number): Culprit[] {
    const sources = this.picker.sources(piece);
    const senders = new Set(sources.filter(source => source !== -1));
    if (senders.size === 1) {
      const [sender] = senders;
      const peer = this.peers.get(sender) ?? this.#suspects.get(sender);
      return peer === undefined ? [] : [{ peer, reason: `it alone sent piece ${piece}, which is bad` }];
    }
    sources.forEach((source, block) => {
      if (source !== -1) this.#ban.suspect(piece, block, source, this.#digest(piece, block, at));
    });
    for (const sender of senders) {
      const peer = this.peers.get(sender);
      if (peer === undefined) continue;
      peer.parole = true;
      this.#remember(peer);
    }
    return [];
  }

  /** The peer has left; what it sent may not have been checked yet, and leaving is no way out of that. */
  left(peer: PeerCore): void {
    if (peer.down.total > 0) this.#remember(peer);
  }

  /** The piece in the slot is good. */
  passed(piece: number, at: number): Culprit[] {
    const sources = this.picker.sources(piece);
    const senders = new Set(sources);
    if (senders.size === 1) {
      const peer = this.peers.get(sources[0]);
      if (peer !== undefined) peer.parole = false;
    }
    if (!this.#ban.suspects(piece)) return [];
    const liars = this.#ban.settle(piece, block => this.#digest(piece, block, at));
    const culprits: Culprit[] = [];
    for (const liar of liars) {
      const peer = this.#suspects.get(liar);
      if (peer !== undefined)
        culprits.push({ peer, reason: `a block that it sent for piece ${piece} was bad` });
    }
    return culprits;
  }

  dispose(): void {
    this.heap.free(this.#digestAt);
  }

  #remember(peer: PeerCore): void {
    this.#suspects.set(peer.key, peer);
    for (const oldest of this.#suspects.keys()) {
      if (this.#suspects.size <= MAX_SUSPECTS) break;
      this.#suspects.delete(oldest);
    }
  }

  #digest(piece: number, block: number, at: number): string {
    const { begin, length } = this.picker.blockRange(piece, block);
    this.kernels.sha1(at + begin, length, this.#digestAt);
    return toHex(new Uint8Array(this.kernels.buffer, this.#digestAt, SHA1_BYTES));
  }
}
