/**
 * SipHash-2-4 (Aumasson and Bernstein, 2012) in 32-bit halves, since a BigInt a round is far too slow for one hash a
 * packet. Only the low half of the 64-bit result is returned: that is all a connection id or a token has room for.
 */
export class SipHash {
  /** Little-endian halves of k0 and k1. */
  readonly #key: Uint32Array;
  /** v0 v1 v2 v3, low half then high half. */
  readonly #v = new Uint32Array(8);

  /** @param key 16 secret bytes. */
  constructor(key: Uint8Array) {
    if (key.length !== 16) throw new RangeError(`a SipHash key has 16 bytes, not ${key.length}`);
    const view = new DataView(key.buffer, key.byteOffset, 16);
    this.#key = Uint32Array.from([0, 4, 8, 12], at => view.getUint32(at, true));
  }

  /** Low 32 bits of the hash of the first `length` bytes. */
  low32(bytes: Uint8Array, length: number): number {
    const v = this.#v;
    const [k0, k1, k2, k3] = this.#key;
    // "somepseudorandomlygeneratedbytes", the constants of the paper
    v[0] = k0 ^ 0x70736575;
    v[1] = k1 ^ 0x736f6d65;
    v[2] = k2 ^ 0x6e646f6d;
    v[3] = k3 ^ 0x646f7261;
    v[4] = k0 ^ 0x6e657261;
    v[5] = k1 ^ 0x6c796765;
    v[6] = k2 ^ 0x79746573;
    v[7] = k3 ^ 0x74656462;
    const whole = length & ~7;
    for (let at = 0; at < whole; at += 8) compress(v, readLe(bytes, at), readLe(bytes, at + 4));
    let low = 0;
    let high = length << 24;
    for (let i = whole; i < length; i++) {
      if (i - whole < 4) low |= bytes[i] << (8 * (i - whole));
      else high |= bytes[i] << (8 * (i - whole - 4));
    }
    compress(v, low, high);
    v[4] ^= 0xff;
    for (let i = 0; i < 4; i++) round(v);
    return (v[0] ^ v[2] ^ v[4] ^ v[6]) >>> 0;
  }
}

function readLe(bytes: Uint8Array, at: number): number {
  return bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);
}

function compress(v: Uint32Array, low: number, high: number): void {
  v[6] ^= low;
  v[7] ^= high;
  round(v);
  round(v);
  v[0] ^= low;
  v[1] ^= high;
}

function round(v: Uint32Array): void {
  let a0 = v[0];
  let a1 = v[1];
  let b0 = v[2];
  let b1 = v[3];
  let c0 = v[4];
  let c1 = v[5];
  let d0 = v[6];
  let d1 = v[7];
  let low: number;
  let swap: number;
  // v0 += v1; v1 <<<= 13; v1 ^= v0; v0 <<<= 32
  low = a0 + b0;
  a1 = (a1 + b1 + (low > 0xffffffff ? 1 : 0)) >>> 0;
  a0 = low >>> 0;
  swap = (b0 << 13) | (b1 >>> 19);
  b1 = ((b1 << 13) | (b0 >>> 19)) ^ a1;
  b0 = swap ^ a0;
  swap = a0;
  a0 = a1;
  a1 = swap;
  // v2 += v3; v3 <<<= 16; v3 ^= v2
  low = c0 + d0;
  c1 = (c1 + d1 + (low > 0xffffffff ? 1 : 0)) >>> 0;
  c0 = low >>> 0;
  swap = (d0 << 16) | (d1 >>> 16);
  d1 = (((d1 << 16) | (d0 >>> 16)) ^ c1) >>> 0;
  d0 = (swap ^ c0) >>> 0;
  // v0 += v3; v3 <<<= 21; v3 ^= v0
  low = a0 + d0;
  a1 = (a1 + d1 + (low > 0xffffffff ? 1 : 0)) >>> 0;
  a0 = low >>> 0;
  swap = (d0 << 21) | (d1 >>> 11);
  d1 = ((d1 << 21) | (d0 >>> 11)) ^ a1;
  d0 = swap ^ a0;
  // v2 += v1; v1 <<<= 17; v1 ^= v2; v2 <<<= 32
  b0 >>>= 0;
  b1 >>>= 0;
  low = c0 + b0;
  c1 = (c1 + b1 + (low > 0xffffffff ? 1 : 0)) >>> 0;
  c0 = low >>> 0;
  swap = (b0 << 17) | (b1 >>> 15);
  b1 = ((b1 << 17) | (b0 >>> 15)) ^ c1;
  b0 = swap ^ c0;
  v[0] = a0;
  v[1] = a1;
  v[2] = b0;
  v[3] = b1;
  v[4] = c1;
  v[5] = c0;
  v[6] = d0;
  v[7] = d1;
}
