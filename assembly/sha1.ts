import { padTail } from './padding';

/** Place of the padded tail in the scratch area, behind 5 words of state. */
const TAIL: usize = 128;

/** SHA-1 (FIPS 180-4, 6.1) of one message. */
export function sha1(at: usize, length: u32, outAt: usize, scratchAt: usize): void {
  store<u32>(scratchAt, 0x67452301);
  store<u32>(scratchAt, 0xefcdab89, 4);
  store<u32>(scratchAt, 0x98badcfe, 8);
  store<u32>(scratchAt, 0x10325476, 12);
  store<u32>(scratchAt, 0xc3d2e1f0, 16);

  compress(scratchAt, at, length >>> 6);
  const tail = scratchAt + TAIL;
  compress(scratchAt, tail, padTail(tail, at, length));

  for (let i: usize = 0; i < 20; i += 4) store<u32>(outAt + i, bswap<u32>(load<u32>(scratchAt + i)));
}

// @ts-ignore: decorator
@inline
function choose(x: u32, y: u32, z: u32): u32 {
  return z ^ (x & (y ^ z));
}

// @ts-ignore: decorator
@inline
function parity(x: u32, y: u32, z: u32): u32 {
  return x ^ y ^ z;
}

// @ts-ignore: decorator
@inline
function majority(x: u32, y: u32, z: u32): u32 {
  return (x & y) | (z & (x | y));
}

// @ts-ignore: decorator
@inline
function extend(w16: u32, w14: u32, w8: u32, w3: u32): u32 {
  return rotl<u32>(w3 ^ w8 ^ w14 ^ w16, 1);
}

function compress(stateAt: usize, at: usize, blocks: u32): void {
  const k0: u32 = 0x5a827999, k1: u32 = 0x6ed9eba1, k2: u32 = 0x8f1bbcdc, k3: u32 = 0xca62c1d6;
  let s0 = load<u32>(stateAt, 0);
  let s1 = load<u32>(stateAt, 4);
  let s2 = load<u32>(stateAt, 8);
  let s3 = load<u32>(stateAt, 12);
  let s4 = load<u32>(stateAt, 16);

  for (; blocks; blocks--, at += 64) {
    let w0 = bswap<u32>(load<u32>(at, 0)), w1 = bswap<u32>(load<u32>(at, 4));
    let w2 = bswap<u32>(load<u32>(at, 8)), w3 = bswap<u32>(load<u32>(at, 12));
    let w4 = bswap<u32>(load<u32>(at, 16)), w5 = bswap<u32>(load<u32>(at, 20));
    let w6 = bswap<u32>(load<u32>(at, 24)), w7 = bswap<u32>(load<u32>(at, 28));
    let w8 = bswap<u32>(load<u32>(at, 32)), w9 = bswap<u32>(load<u32>(at, 36));
    let w10 = bswap<u32>(load<u32>(at, 40)), w11 = bswap<u32>(load<u32>(at, 44));
    let w12 = bswap<u32>(load<u32>(at, 48)), w13 = bswap<u32>(load<u32>(at, 52));
    let w14 = bswap<u32>(load<u32>(at, 56)), w15 = bswap<u32>(load<u32>(at, 60));
    let a = s0, b = s1, c = s2, d = s3, e = s4;

    // rounds 0 to 19
    e += rotl<u32>(a, 5) + choose(b, c, d) + w0 + k0; b = rotl<u32>(b, 30);
    d += rotl<u32>(e, 5) + choose(a, b, c) + w1 + k0; a = rotl<u32>(a, 30);
    c += rotl<u32>(d, 5) + choose(e, a, b) + w2 + k0; e = rotl<u32>(e, 30);
    b += rotl<u32>(c, 5) + choose(d, e, a) + w3 + k0; d = rotl<u32>(d, 30);
    a += rotl<u32>(b, 5) + choose(c, d, e) + w4 + k0; c = rotl<u32>(c, 30);
    e += rotl<u32>(a, 5) + choose(b, c, d) + w5 + k0; b = rotl<u32>(b, 30);
    d += rotl<u32>(e, 5) + choose(a, b, c) + w6 + k0; a = rotl<u32>(a, 30);
    c += rotl<u32>(d, 5) + choose(e, a, b) + w7 + k0; e = rotl<u32>(e, 30);
    b += rotl<u32>(c, 5) + choose(d, e, a) + w8 + k0; d = rotl<u32>(d, 30);
    a += rotl<u32>(b, 5) + choose(c, d, e) + w9 + k0; c = rotl<u32>(c, 30);
    e += rotl<u32>(a, 5) + choose(b, c, d) + w10 + k0; b = rotl<u32>(b, 30);
    d += rotl<u32>(e, 5) + choose(a, b, c) + w11 + k0; a = rotl<u32>(a, 30);
    c += rotl<u32>(d, 5) + choose(e, a, b) + w12 + k0; e = rotl<u32>(e, 30);
    b += rotl<u32>(c, 5) + choose(d, e, a) + w13 + k0; d = rotl<u32>(d, 30);
    a += rotl<u32>(b, 5) + choose(c, d, e) + w14 + k0; c = rotl<u32>(c, 30);
    e += rotl<u32>(a, 5) + choose(b, c, d) + w15 + k0; b = rotl<u32>(b, 30);
    w0 = extend(w0, w2, w8, w13);
    d += rotl<u32>(e, 5) + choose(a, b, c) + w0 + k0; a = rotl<u32>(a, 30);
    w1 = extend(w1, w3, w9, w14);
    c += rotl<u32>(d, 5) + choose(e, a, b) + w1 + k0; e = rotl<u32>(e, 30);
    w2 = extend(w2, w4, w10, w15);
    b += rotl<u32>(c, 5) + choose(d, e, a) + w2 + k0; d = rotl<u32>(d, 30);
    w3 = extend(w3, w5, w11, w0);
    a += rotl<u32>(b, 5) + choose(c, d, e) + w3 + k0; c = rotl<u32>(c, 30);

    // rounds 20 to 39
    w4 = extend(w4, w6, w12, w1);
    e += rotl<u32>(a, 5) + parity(b, c, d) + w4 + k1; b = rotl<u32>(b, 30);
    w5 = extend(w5, w7, w13, w2);
    d += rotl<u32>(e, 5) + parity(a, b, c) + w5 + k1; a = rotl<u32>(a, 30);
    w6 = extend(w6, w8, w14, w3);
    c += rotl<u32>(d, 5) + parity(e, a, b) + w6 + k1; e = rotl<u32>(e, 30);
    w7 = extend(w7, w9, w15, w4);
    b += rotl<u32>(c, 5) + parity(d, e, a) + w7 + k1; d = rotl<u32>(d, 30);
    w8 = extend(w8, w10, w0, w5);
    a += rotl<u32>(b, 5) + parity(c, d, e) + w8 + k1; c = rotl<u32>(c, 30);
    w9 = extend(w9, w11, w1, w6);
    e += rotl<u32>(a, 5) + parity(b, c, d) + w9 + k1; b = rotl<u32>(b, 30);
    w10 = extend(w10, w12, w2, w7);
    d += rotl<u32>(e, 5) + parity(a, b, c) + w10 + k1; a = rotl<u32>(a, 30);
    w11 = extend(w11, w13, w3, w8);
    c += rotl<u32>(d, 5) + parity(e, a, b) + w11 + k1; e = rotl<u32>(e, 30);
    w12 = extend(w12, w14, w4, w9);
    b += rotl<u32>(c, 5) + parity(d, e, a) + w12 + k1; d = rotl<u32>(d, 30);
    w13 = extend(w13, w15, w5, w10);
    a += rotl<u32>(b, 5) + parity(c, d, e) + w13 + k1; c = rotl<u32>(c, 30);
    w14 = extend(w14, w0, w6, w11);
    e += rotl<u32>(a, 5) + parity(b, c, d) + w14 + k1; b = rotl<u32>(b, 30);
    w15 = extend(w15, w1, w7, w12);
    d += rotl<u32>(e, 5) + parity(a, b, c) + w15 + k1; a = rotl<u32>(a, 30);
    w0 = extend(w0, w2, w8, w13);
    c += rotl<u32>(d, 5) + parity(e, a, b) + w0 + k1; e = rotl<u32>(e, 30);
    w1 = extend(w1, w3, w9, w14);
    b += rotl<u32>(c, 5) + parity(d, e, a) + w1 + k1; d = rotl<u32>(d, 30);
    w2 = extend(w2, w4, w10, w15);
    a += rotl<u32>(b, 5) + parity(c, d, e) + w2 + k1; c = rotl<u32>(c, 30);
    w3 = extend(w3, w5, w11, w0);
    e += rotl<u32>(a, 5) + parity(b, c, d) + w3 + k1; b = rotl<u32>(b, 30);
    w4 = extend(w4, w6, w12, w1);
    d += rotl<u32>(e, 5) + parity(a, b, c) + w4 + k1; a = rotl<u32>(a, 30);
    w5 = extend(w5, w7, w13, w2);
    c += rotl<u32>(d, 5) + parity(e, a, b) + w5 + k1; e = rotl<u32>(e, 30);
    w6 = extend(w6, w8, w14, w3);
    b += rotl<u32>(c, 5) + parity(d, e, a) + w6 + k1; d = rotl<u32>(d, 30);
    w7 = extend(w7, w9, w15, w4);
    a += rotl<u32>(b, 5) + parity(c, d, e) + w7 + k1; c = rotl<u32>(c, 30);

    // rounds 40 to 59
    w8 = extend(w8, w10, w0, w5);
    e += rotl<u32>(a, 5) + majority(b, c, d) + w8 + k2; b = rotl<u32>(b, 30);
    w9 = extend(w9, w11, w1, w6);
    d += rotl<u32>(e, 5) + majority(a, b, c) + w9 + k2; a = rotl<u32>(a, 30);
    w10 = extend(w10, w12, w2, w7);
    c += rotl<u32>(d, 5) + majority(e, a, b) + w10 + k2; e = rotl<u32>(e, 30);
    w11 = extend(w11, w13, w3, w8);
    b += rotl<u32>(c, 5) + majority(d, e, a) + w11 + k2; d = rotl<u32>(d, 30);
    w12 = extend(w12, w14, w4, w9);
    a += rotl<u32>(b, 5) + majority(c, d, e) + w12 + k2; c = rotl<u32>(c, 30);
    w13 = extend(w13, w15, w5, w10);
    e += rotl<u32>(a, 5) + majority(b, c, d) + w13 + k2; b = rotl<u32>(b, 30);
    w14 = extend(w14, w0, w6, w11);
    d += rotl<u32>(e, 5) + majority(a, b, c) + w14 + k2; a = rotl<u32>(a, 30);
    w15 = extend(w15, w1, w7, w12);
    c += rotl<u32>(d, 5) + majority(e, a, b) + w15 + k2; e = rotl<u32>(e, 30);
    w0 = extend(w0, w2, w8, w13);
    b += rotl<u32>(c, 5) + majority(d, e, a) + w0 + k2; d = rotl<u32>(d, 30);
    w1 = extend(w1, w3, w9, w14);
    a += rotl<u32>(b, 5) + majority(c, d, e) + w1 + k2; c = rotl<u32>(c, 30);
    w2 = extend(w2, w4, w10, w15);
    e += rotl<u32>(a, 5) + majority(b, c, d) + w2 + k2; b = rotl<u32>(b, 30);
    w3 = extend(w3, w5, w11, w0);
    d += rotl<u32>(e, 5) + majority(a, b, c) + w3 + k2; a = rotl<u32>(a, 30);
    w4 = extend(w4, w6, w12, w1);
    c += rotl<u32>(d, 5) + majority(e, a, b) + w4 + k2; e = rotl<u32>(e, 30);
    w5 = extend(w5, w7, w13, w2);
    b += rotl<u32>(c, 5) + majority(d, e, a) + w5 + k2; d = rotl<u32>(d, 30);
    w6 = extend(w6, w8, w14, w3);
    a += rotl<u32>(b, 5) + majority(c, d, e) + w6 + k2; c = rotl<u32>(c, 30);
    w7 = extend(w7, w9, w15, w4);
    e += rotl<u32>(a, 5) + majority(b, c, d) + w7 + k2; b = rotl<u32>(b, 30);
    w8 = extend(w8, w10, w0, w5);
    d += rotl<u32>(e, 5) + majority(a, b, c) + w8 + k2; a = rotl<u32>(a, 30);
    w9 = extend(w9, w11, w1, w6);
    c += rotl<u32>(d, 5) + majority(e, a, b) + w9 + k2; e = rotl<u32>(e, 30);
    w10 = extend(w10, w12, w2, w7);
    b += rotl<u32>(c, 5) + majority(d, e, a) + w10 + k2; d = rotl<u32>(d, 30);
    w11 = extend(w11, w13, w3, w8);
    a += rotl<u32>(b, 5) + majority(c, d, e) + w11 + k2; c = rotl<u32>(c, 30);

    // rounds 60 to 79
    w12 = extend(w12, w14, w4, w9);
    e += rotl<u32>(a, 5) + parity(b, c, d) + w12 + k3; b = rotl<u32>(b, 30);
    w13 = extend(w13, w15, w5, w10);
    d += rotl<u32>(e, 5) + parity(a, b, c) + w13 + k3; a = rotl<u32>(a, 30);
    w14 = extend(w14, w0, w6, w11);
    c += rotl<u32>(d, 5) + parity(e, a, b) + w14 + k3; e = rotl<u32>(e, 30);
    w15 = extend(w15, w1, w7, w12);
    b += rotl<u32>(c, 5) + parity(d, e, a) + w15 + k3; d = rotl<u32>(d, 30);
    w0 = extend(w0, w2, w8, w13);
    a += rotl<u32>(b, 5) + parity(c, d, e) + w0 + k3; c = rotl<u32>(c, 30);
    w1 = extend(w1, w3, w9, w14);
    e += rotl<u32>(a, 5) + parity(b, c, d) + w1 + k3; b = rotl<u32>(b, 30);
    w2 = extend(w2, w4, w10, w15);
    d += rotl<u32>(e, 5) + parity(a, b, c) + w2 + k3; a = rotl<u32>(a, 30);
    w3 = extend(w3, w5, w11, w0);
    c += rotl<u32>(d, 5) + parity(e, a, b) + w3 + k3; e = rotl<u32>(e, 30);
    w4 = extend(w4, w6, w12, w1);
    b += rotl<u32>(c, 5) + parity(d, e, a) + w4 + k3; d = rotl<u32>(d, 30);
    w5 = extend(w5, w7, w13, w2);
    a += rotl<u32>(b, 5) + parity(c, d, e) + w5 + k3; c = rotl<u32>(c, 30);
    w6 = extend(w6, w8, w14, w3);
    e += rotl<u32>(a, 5) + parity(b, c, d) + w6 + k3; b = rotl<u32>(b, 30);
    w7 = extend(w7, w9, w15, w4);
    d += rotl<u32>(e, 5) + parity(a, b, c) + w7 + k3; a = rotl<u32>(a, 30);
    w8 = extend(w8, w10, w0, w5);
    c += rotl<u32>(d, 5) + parity(e, a, b) + w8 + k3; e = rotl<u32>(e, 30);
    w9 = extend(w9, w11, w1, w6);
    b += rotl<u32>(c, 5) + parity(d, e, a) + w9 + k3; d = rotl<u32>(d, 30);
    w10 = extend(w10, w12, w2, w7);
    a += rotl<u32>(b, 5) + parity(c, d, e) + w10 + k3; c = rotl<u32>(c, 30);
    w11 = extend(w11, w13, w3, w8);
    e += rotl<u32>(a, 5) + parity(b, c, d) + w11 + k3; b = rotl<u32>(b, 30);
    w12 = extend(w12, w14, w4, w9);
    d += rotl<u32>(e, 5) + parity(a, b, c) + w12 + k3; a = rotl<u32>(a, 30);
    w13 = extend(w13, w15, w5, w10);
    c += rotl<u32>(d, 5) + parity(e, a, b) + w13 + k3; e = rotl<u32>(e, 30);
    w14 = extend(w14, w0, w6, w11);
    b += rotl<u32>(c, 5) + parity(d, e, a) + w14 + k3; d = rotl<u32>(d, 30);
    w15 = extend(w15, w1, w7, w12);
    a += rotl<u32>(b, 5) + parity(c, d, e) + w15 + k3; c = rotl<u32>(c, 30);

    s0 += a; s1 += b; s2 += c; s3 += d; s4 += e;
  }

  store<u32>(stateAt, s0, 0);
  store<u32>(stateAt, s1, 4);
  store<u32>(stateAt, s2, 8);
  store<u32>(stateAt, s3, 12);
  store<u32>(stateAt, s4, 16);
}
