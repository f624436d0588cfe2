/**
 * The hot loops of millrace behind one type. All arguments named `*At` are byte addresses in `buffer`, the memory
 * that every thread shares; lengths are in bytes unless the name says pieces. Nothing here allocates.
 *
 * Bit order of a bitfield is that of the wire: piece 0 is the high bit of byte 0 (BEP 3). Bitfields and counts must
 * start on a multiple of {@link TABLE_ALIGN} and be padded with zeros to one, so that SIMD may read whole vectors.
 * Output of u32 starts on a multiple of 4; messages and digests start anywhere. Nothing outside of the stated output
 * is changed. What a caller breaks of this ends in wrong numbers or an exception, never in a crash of the process.
 */
export interface Kernels extends HashKernels {
  readonly name: 'wasm' | 'js';
  /** The memory of all addresses. It never moves: it is reserved whole when it is made. */
  readonly buffer: ArrayBufferLike;

  copy(toAt: number, fromAt: number, length: number): void;
  fill(at: number, byte: number, length: number): void;

  /** Bits set in `length` bytes. */
  bitCount(at: number, length: number): number;
  /** Bits set in a and not in b. */
  bitAndNotCount(aAt: number, bAt: number, length: number): number;
  /** out = a and not b. */
  bitAndNot(outAt: number, aAt: number, bAt: number, length: number): void;
  /** True when the peer has at least one bit of `wanted`: stops at the first. */
  bitIntersects(peerAt: number, wantedAt: number, length: number): boolean;

  /** counts (u16 a piece, native order) + 1 where the bit is set; counts stop at 65535. */
  availabilityAdd(countsAt: number, bitsAt: number, pieces: number): void;
  /** counts - 1 where the bit is set; counts stop at 0. */
  availabilityRemove(countsAt: number, bitsAt: number, pieces: number): void;
  availabilityAddOne(countsAt: number, piece: number): void;

  /**
   * The `k` rarest pieces in (peer and wanted and not busy), rarest first, as u32 at `outAt`.
   * Equal counts are ordered by {@link tieBreak}(piece, seed). `busyAt` 0 means none is busy.
   * k <= {@link MAX_PICK}.
   * @returns how many were written
   */
  pickRarest(
    countsAt: number,
    peerAt: number,
    wantedAt: number,
    busyAt: number,
    pieces: number,
    k: number,
    seed: number,
    outAt: number,
  ): number;

  /**
   * Indices (u32 at `outAt`) of the `k` largest of `n` rates (f64 at `ratesAt`, multiple of 8), largest first.
   * Equal rates are ordered by {@link tieBreak}(index, seed). Rates are finite and not negative. k <= n.
   */
  rankTop(ratesAt: number, n: number, k: number, seed: number, outAt: number): void;
}

/** Hashing alone; `node:crypto` is a third backend of it. Digests are written as bytes. */
export interface HashKernels {
  sha1(at: number, length: number, outAt: number): void;
  /** Four messages of the same length; digest i at outAt + 20 * i. */
  sha1x4(at0: number, at1: number, at2: number, at3: number, length: number, outAt: number): void;
  sha256(at: number, length: number, outAt: number): void;
  /** Four messages of the same length; digest i at outAt + 32 * i. */
  sha256x4(at0: number, at1: number, at2: number, at3: number, length: number, outAt: number): void;
}

export type HashBackendName = 'wasm' | 'js' | 'native';

/** Allocates tables (bitfields, counts) in the kernels' memory. Blocks are zeroed and aligned to TABLE_ALIGN. */
export interface Heap {
  /** @throws MillraceError ERR_MEMORY_BUDGET when the heap is full. */
  allocate(bytes: number): number;
  free(at: number): void;
  /** Bytes in blocks now. */
  readonly usedBytes: number;
}

/** Alignment and padding of tables: one SIMD vector. */
export const TABLE_ALIGN = 16;

/** Most pieces of one pickRarest call: what fits the thread's scratch area. */
export const MAX_PICK = 1024;

export const SHA1_BYTES = 20;
export const SHA256_BYTES = 32;

/** Bytes of a bitfield on the wire. */
export function bitfieldBytes(pieces: number): number {
  return (pieces + 7) >>> 3;
}

/** Order among equals: a 32-bit mix of index and seed; smaller first, then the smaller index. Murmur3's finaliser. */
export function tieBreak(index: number, seed: number): number {
  let h = (index ^ seed) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
