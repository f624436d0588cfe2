import { createJsSha1 } from '../../engine/kernels/js-sha1.js';
import { SHA1_BYTES } from '../../engine/kernels/types.js';
import { createRng } from '../../engine/policy/rng.js';

/** What a simulated swarm shares: bytes drawn from a seed, and the hashes of their pieces; or their number alone. */
export class Content {
  readonly bytes: Uint8Array;
  readonly pieceCount: number;
  readonly #hashes: Uint8Array[];

  constructor(
    seed: number,
    readonly pieceLength: number,
    readonly length: number,
    phantom = false,
  ) {
    this.pieceCount = Math.ceil(length / pieceLength);
    if (phantom) {
      this.bytes = new Uint8Array();
      this.#hashes = [];
      return;
    }
    const memory = new DataView(new ArrayBuffer(length + 4 + SHA1_BYTES));
    const rng = createRng(seed);
    for (let at = 0; at < length; at += 4) memory.setUint32(at, rng.u32());
    this.bytes = new Uint8Array(memory.buffer, 0, length);
    const sha1 = createJsSha1(memory);
    const outAt = length + 4;
    this.#hashes = Array.from({ length: this.pieceCount }, (_, piece) => {
      sha1(piece * pieceLength, this.pieceBytes(piece), outAt);
      return new Uint8Array(memory.buffer, outAt, SHA1_BYTES).slice();
    });
  }

  pieceBytes(piece: number): number {
    return Math.min(this.pieceLength, this.length - piece * this.pieceLength);
  }

  hash(piece: number): Uint8Array {
    return this.#hashes[piece];
  }
}
