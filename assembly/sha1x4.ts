import { add, choose, first, high, loadWords, low, majority, rotateLeft, second, xor3 as parity } from './lanes';
import { padTail } from './padding';

/** Place in the scratch area of 4 tails of up to 2 blocks, behind 5 vectors of state. */
const TAILS: usize = 128;

/** SHA-1 (FIPS 180-4, 6.1) of four messages of one length, a message in each 32-bit lane. */
export function sha1x4(at0: usize, at1: usize, at2: usize, at3: usize, length: u32, outAt: usize, scratchAt: usize): void {
  v128.store(scratchAt, i32x4.splat(0x67452301));
  v128.store(scratchAt, i32x4.splat(0xefcdab89), 16);
  v128.store(scratchAt, i32x4.splat(0x98badcfe), 32);
  v128.store(scratchAt, i32x4.splat(0x10325476), 48);
  v128.store(scratchAt, i32x4.splat(0xc3d2e1f0), 64);

  compress(scratchAt, at0, at1, at2, at3, length >>> 6);

  const tails = scratchAt + TAILS;
  padTail(tails, at0, length);
  padTail(tails + 128, at1, length);
  padTail(tails + 256, at2, length);
  const blocks = padTail(tails + 384, at3, length);
  compress(scratchAt, tails, tails + 128, tails + 256, tails + 384, blocks);

  for (let lane: usize = 0; lane < 4; lane++) {
    for (let word: usize = 0; word < 5; word++) {
      store<u32>(outAt, bswap<u32>(load<u32>(scratchAt + 16 * word + 4 * lane)));
      outAt += 4;
    }
  }
}

// @ts-ignore: decorator
@inline
function extend(w16: v128, w14: v128, w8: v128, w3: v128): v128 {
  const mixed = v128.xor(v128.xor(w3, w8), v128.xor(w14, w16));
  return v128.or(add(mixed, mixed), i32x4.shr_u(mixed, 31));
}

/** `a` is what the round before made: it comes last, so that the rounds' chain is a rotation and one addition. */
// @ts-ignore: decorator
@inline
function step(a: v128, f: v128, e: v128, w: v128, k: v128): v128 {
  return add(add(add(add(e, k), w), f), rotateLeft(a, 5));
}

/** Unrolled with the 16 words in locals: half as fast again as the same with the schedule in memory. */
function compress(stateAt: usize, at0: usize, at1: usize, at2: usize, at3: usize, blocks: u32): void {
  const k0 = i32x4.splat(0x5a827999), k1 = i32x4.splat(0x6ed9eba1);
  const k2 = i32x4.splat(0x8f1bbcdc), k3 = i32x4.splat(0xca62c1d6);
  let s0 = v128.load(stateAt, 0);
  let s1 = v128.load(stateAt, 16);
  let s2 = v128.load(stateAt, 32);
  let s3 = v128.load(stateAt, 48);
  let s4 = v128.load(stateAt, 64);

  for (; blocks; blocks--) {
    const p0 = loadWords(at0 + 0), q0 = loadWords(at1 + 0), r0 = loadWords(at2 + 0), t0 = loadWords(at3 + 0);
    let w0 = first(low(p0, q0), low(r0, t0)), w1 = second(low(p0, q0), low(r0, t0));
    let w2 = first(high(p0, q0), high(r0, t0)), w3 = second(high(p0, q0), high(r0, t0));
    const p1 = loadWords(at0 + 16), q1 = loadWords(at1 + 16), r1 = loadWords(at2 + 16), t1 = loadWords(at3 + 16);
    let w4 = first(low(p1, q1), low(r1, t1)), w5 = second(low(p1, q1), low(r1, t1));
    let w6 = first(high(p1, q1), high(r1, t1)), w7 = second(high(p1, q1), high(r1, t1));
    const p2 = loadWords(at0 + 32), q2 = loadWords(at1 + 32), r2 = loadWords(at2 + 32), t2 = loadWords(at3 + 32);
    let w8 = first(low(p2, q2), low(r2, t2)), w9 = second(low(p2, q2), low(r2, t2));
    let w10 = first(high(p2, q2), high(r2, t2)), w11 = second(high(p2, q2), high(r2, t2));
    const p3 = loadWords(at0 + 48), q3 = loadWords(at1 + 48), r3 = loadWords(at2 + 48), t3 = loadWords(at3 + 48);
    let w12 = first(low(p3, q3), low(r3, t3)), w13 = second(low(p3, q3), low(r3, t3));
    let w14 = first(high(p3, q3), high(r3, t3)), w15 = second(high(p3, q3), high(r3, t3));
    at0 += 64; at1 += 64; at2 += 64; at3 += 64;
    let a = s0, b = s1, c = s2, d = s3, e = s4;

    // rounds 0 to 19
    e = step(a, choose(b, c, d), e, w0, k0); b = rotateLeft(b, 30);
    d = step(e, choose(a, b, c), d, w1, k0); a = rotateLeft(a, 30);
    c = step(d, choose(e, a, b), c, w2, k0); e = rotateLeft(e, 30);
    b = step(c, choose(d, e, a), b, w3, k0); d = rotateLeft(d, 30);
    a = step(b, choose(c, d, e), a, w4, k0); c = rotateLeft(c, 30);
    e = step(a, choose(b, c, d), e, w5, k0); b = rotateLeft(b, 30);
    d = step(e, choose(a, b, c), d, w6, k0); a = rotateLeft(a, 30);
    c = step(d, choose(e, a, b), c, w7, k0); e = rotateLeft(e, 30);
    b = step(c, choose(d, e, a), b, w8, k0); d = rotateLeft(d, 30);
    a = step(b, choose(c, d, e), a, w9, k0); c = rotateLeft(c, 30);
    e = step(a, choose(b, c, d), e, w10, k0); b = rotateLeft(b, 30);
    d = step(e, choose(a, b, c), d, w11, k0); a = rotateLeft(a, 30);
    c = step(d, choose(e, a, b), c, w12, k0); e = rotateLeft(e, 30);
    b = step(c, choose(d, e, a), b, w13, k0); d = rotateLeft(d, 30);
    a = step(b, choose(c, d, e), a, w14, k0); c = rotateLeft(c, 30);
    e = step(a, choose(b, c, d), e, w15, k0); b = rotateLeft(b, 30);
    w0 = extend(w0, w2, w8, w13);
    d = step(e, choose(a, b, c), d, w0, k0); a = rotateLeft(a, 30);
    w1 = extend(w1, w3, w9, w14);
    c = step(d, choose(e, a, b), c, w1, k0); e = rotateLeft(e, 30);
    w2 = extend(w2, w4, w10, w15);
    b = step(c, choose(d, e, a), b, w2, k0); d = rotateLeft(d, 30);
    w3 = extend(w3, w5, w11, w0);
    a = step(b, choose(c, d, e), a, w3, k0); c = rotateLeft(c, 30);

    // rounds 20 to 39
    w4 = extend(w4, w6, w12, w1);
    e = step(a, parity(b, c, d), e, w4, k1); b = rotateLeft(b, 30);
    w5 = extend(w5, w7, w13, w2);
    d = step(e, parity(a, b, c), d, w5, k1); a = rotateLeft(a, 30);
    w6 = extend(w6, w8, w14, w3);
    c = step(d, parity(e, a, b), c, w6, k1); e = rotateLeft(e, 30);
    w7 = extend(w7, w9, w15, w4);
    b = step(c, parity(d, e, a), b, w7, k1); d = rotateLeft(d, 30);
    w8 = extend(w8, w10, w0, w5);
    a = step(b, parity(c, d, e), a, w8, k1); c = rotateLeft(c, 30);
    w9 = extend(w9, w11, w1, w6);
    e = step(a, parity(b, c, d), e, w9, k1); b = rotateLeft(b, 30);
    w10 = extend(w10, w12, w2, w7);
    d = step(e, parity(a, b, c), d, w10, k1); a = rotateLeft(a, 30);
    w11 = extend(w11, w13, w3, w8);
    c = step(d, parity(e, a, b), c, w11, k1); e = rotateLeft(e, 30);
    w12 = extend(w12, w14, w4, w9);
    b = step(c, parity(d, e, a), b, w12, k1); d = rotateLeft(d, 30);
    w13 = extend(w13, w15, w5, w10);
    a = step(b, parity(c, d, e), a, w13, k1); c = rotateLeft(c, 30);
    w14 = extend(w14, w0, w6, w11);
    e = step(a, parity(b, c, d), e, w14, k1); b = rotateLeft(b, 30);
    w15 = extend(w15, w1, w7, w12);
    d = step(e, parity(a, b, c), d, w15, k1); a = rotateLeft(a, 30);
    w0 = extend(w0, w2, w8, w13);
    c = step(d, parity(e, a, b), c, w0, k1); e = rotateLeft(e, 30);
    w1 = extend(w1, w3, w9, w14);
    b = step(c, parity(d, e, a), b, w1, k1); d = rotateLeft(d, 30);
    w2 = extend(w2, w4, w10, w15);
    a = step(b, parity(c, d, e), a, w2, k1); c = rotateLeft(c, 30);
    w3 = extend(w3, w5, w11, w0);
    e = step(a, parity(b, c, d), e, w3, k1); b = rotateLeft(b, 30);
    w4 = extend(w4, w6, w12, w1);
    d = step(e, parity(a, b, c), d, w4, k1); a = rotateLeft(a, 30);
    w5 = extend(w5, w7, w13, w2);
    c = step(d, parity(e, a, b), c, w5, k1); e = rotateLeft(e, 30);
    w6 = extend(w6, w8, w14, w3);
    b = step(c, parity(d, e, a), b, w6, k1); d = rotateLeft(d, 30);
    w7 = extend(w7, w9, w15, w4);
    a = step(b, parity(c, d, e), a, w7, k1); c = rotateLeft(c, 30);

    // rounds 40 to 59
    w8 = extend(w8, w10, w0, w5);
    e = step(a, majority(b, c, d), e, w8, k2); b = rotateLeft(b, 30);
    w9 = extend(w9, w11, w1, w6);
    d = step(e, majority(a, b, c), d, w9, k2); a = rotateLeft(a, 30);
    w10 = extend(w10, w12, w2, w7);
    c = step(d, majority(e, a, b), c, w10, k2); e = rotateLeft(e, 30);
    w11 = extend(w11, w13, w3, w8);
    b = step(c, majority(d, e, a), b, w11, k2); d = rotateLeft(d, 30);
    w12 = extend(w12, w14, w4, w9);
    a = step(b, majority(c, d, e), a, w12, k2); c = rotateLeft(c, 30);
    w13 = extend(w13, w15, w5, w10);
    e = step(a, majority(b, c, d), e, w13, k2); b = rotateLeft(b, 30);
    w14 = extend(w14, w0, w6, w11);
    d = step(e, majority(a, b, c), d, w14, k2); a = rotateLeft(a, 30);
    w15 = extend(w15, w1, w7, w12);
    c = step(d, majority(e, a, b), c, w15, k2); e = rotateLeft(e, 30);
    w0 = extend(w0, w2, w8, w13);
    b = step(c, majority(d, e, a), b, w0, k2); d = rotateLeft(d, 30);
    w1 = extend(w1, w3, w9, w14);
    a = step(b, majority(c, d, e), a, w1, k2); c = rotateLeft(c, 30);
    w2 = extend(w2, w4, w10, w15);
    e = step(a, majority(b, c, d), e, w2, k2); b = rotateLeft(b, 30);
    w3 = extend(w3, w5, w11, w0);
    d = step(e, majority(a, b, c), d, w3, k2); a = rotateLeft(a, 30);
    w4 = extend(w4, w6, w12, w1);
    c = step(d, majority(e, a, b), c, w4, k2); e = rotateLeft(e, 30);
    w5 = extend(w5, w7, w13, w2);
    b = step(c, majority(d, e, a), b, w5, k2); d = rotateLeft(d, 30);
    w6 = extend(w6, w8, w14, w3);
    a = step(b, majority(c, d, e), a, w6, k2); c = rotateLeft(c, 30);
    w7 = extend(w7, w9, w15, w4);
    e = step(a, majority(b, c, d), e, w7, k2); b = rotateLeft(b, 30);
    w8 = extend(w8, w10, w0, w5);
    d = step(e, majority(a, b, c), d, w8, k2); a = rotateLeft(a, 30);
    w9 = extend(w9, w11, w1, w6);
    c = step(d, majority(e, a, b), c, w9, k2); e = rotateLeft(e, 30);
    w10 = extend(w10, w12, w2, w7);
    b = step(c, majority(d, e, a), b, w10, k2); d = rotateLeft(d, 30);
    w11 = extend(w11, w13, w3, w8);
    a = step(b, majority(c, d, e), a, w11, k2); c = rotateLeft(c, 30);

    // rounds 60 to 79
    w12 = extend(w12, w14, w4, w9);
    e = step(a, parity(b, c, d), e, w12, k3); b = rotateLeft(b, 30);
    w13 = extend(w13, w15, w5, w10);
    d = step(e, parity(a, b, c), d, w13, k3); a = rotateLeft(a, 30);
    w14 = extend(w14, w0, w6, w11);
    c = step(d, parity(e, a, b), c, w14, k3); e = rotateLeft(e, 30);
    w15 = extend(w15, w1, w7, w12);
    b = step(c, parity(d, e, a), b, w15, k3); d = rotateLeft(d, 30);
    w0 = extend(w0, w2, w8, w13);
    a = step(b, parity(c, d, e), a, w0, k3); c = rotateLeft(c, 30);
    w1 = extend(w1, w3, w9, w14);
    e = step(a, parity(b, c, d), e, w1, k3); b = rotateLeft(b, 30);
    w2 = extend(w2, w4, w10, w15);
    d = step(e, parity(a, b, c), d, w2, k3); a = rotateLeft(a, 30);
    w3 = extend(w3, w5, w11, w0);
    c = step(d, parity(e, a, b), c, w3, k3); e = rotateLeft(e, 30);
    w4 = extend(w4, w6, w12, w1);
    b = step(c, parity(d, e, a), b, w4, k3); d = rotateLeft(d, 30);
    w5 = extend(w5, w7, w13, w2);
    a = step(b, parity(c, d, e), a, w5, k3); c = rotateLeft(c, 30);
    w6 = extend(w6, w8, w14, w3);
    e = step(a, parity(b, c, d), e, w6, k3); b = rotateLeft(b, 30);
    w7 = extend(w7, w9, w15, w4);
    d = step(e, parity(a, b, c), d, w7, k3); a = rotateLeft(a, 30);
    w8 = extend(w8, w10, w0, w5);
    c = step(d, parity(e, a, b), c, w8, k3); e = rotateLeft(e, 30);
    w9 = extend(w9, w11, w1, w6);
    b = step(c, parity(d, e, a), b, w9, k3); d = rotateLeft(d, 30);
    w10 = extend(w10, w12, w2, w7);
    a = step(b, parity(c, d, e), a, w10, k3); c = rotateLeft(c, 30);
    w11 = extend(w11, w13, w3, w8);
    e = step(a, parity(b, c, d), e, w11, k3); b = rotateLeft(b, 30);
    w12 = extend(w12, w14, w4, w9);
    d = step(e, parity(a, b, c), d, w12, k3); a = rotateLeft(a, 30);
    w13 = extend(w13, w15, w5, w10);
    c = step(d, parity(e, a, b), c, w13, k3); e = rotateLeft(e, 30);
    w14 = extend(w14, w0, w6, w11);
    b = step(c, parity(d, e, a), b, w14, k3); d = rotateLeft(d, 30);
    w15 = extend(w15, w1, w7, w12);
    a = step(b, parity(c, d, e), a, w15, k3); c = rotateLeft(c, 30);

    s0 = add(s0, a); s1 = add(s1, b); s2 = add(s2, c); s3 = add(s3, d); s4 = add(s4, e);
  }

  v128.store(stateAt, s0, 0);
  v128.store(stateAt, s1, 16);
  v128.store(stateAt, s2, 32);
  v128.store(stateAt, s3, 48);
  v128.store(stateAt, s4, 64);
}
