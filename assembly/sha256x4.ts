import { add, choose, first, high, loadWords, low, rotateRight, second, xor3 } from './lanes';
import { padTail } from './padding';
import { ROUND_CONSTANTS } from './sha256-constants';

/** Place in the scratch area of 4 tails of up to 2 blocks, behind 8 vectors of state. */
const TAILS: usize = 128;

/** SHA-256 (FIPS 180-4, 6.2) of four messages of one length, a message in each 32-bit lane. */
export function sha256x4(at0: usize, at1: usize, at2: usize, at3: usize, length: u32, outAt: usize, scratchAt: usize): void {
  v128.store(scratchAt, i32x4.splat(0x6a09e667), 0);
  v128.store(scratchAt, i32x4.splat(0xbb67ae85), 16);
  v128.store(scratchAt, i32x4.splat(0x3c6ef372), 32);
  v128.store(scratchAt, i32x4.splat(0xa54ff53a), 48);
  v128.store(scratchAt, i32x4.splat(0x510e527f), 64);
  v128.store(scratchAt, i32x4.splat(0x9b05688c), 80);
  v128.store(scratchAt, i32x4.splat(0x1f83d9ab), 96);
  v128.store(scratchAt, i32x4.splat(0x5be0cd19), 112);

  compress(scratchAt, at0, at1, at2, at3, length >>> 6);

  const tails = scratchAt + TAILS;
  padTail(tails, at0, length);
  padTail(tails + 128, at1, length);
  padTail(tails + 256, at2, length);
  const blocks = padTail(tails + 384, at3, length);
  compress(scratchAt, tails, tails + 128, tails + 256, tails + 384, blocks);

  for (let lane: usize = 0; lane < 4; lane++) {
    for (let word: usize = 0; word < 8; word++) {
      store<u32>(outAt, bswap<u32>(load<u32>(scratchAt + 16 * word + 4 * lane)));
      outAt += 4;
    }
  }
}

/** sigma 0 and 1 of the schedule. */
// @ts-ignore: decorator
@inline
function extend(w16: v128, w15: v128, w7: v128, w2: v128): v128 {
  const sigma0 = xor3(rotateRight(w15, 7), rotateRight(w15, 18), i32x4.shr_u(w15, 3));
  const sigma1 = xor3(rotateRight(w2, 17), rotateRight(w2, 19), i32x4.shr_u(w2, 10));
  return add(add(w16, w7), add(sigma0, sigma1));
}

/** T1 of the standard; `k` is an offset into the table. Sigma 1 is nested: rotations by 6, 11 = 6 + 5, 25 = 11 + 14. */
// @ts-ignore: decorator
@inline
function step(e: v128, f: v128, g: v128, h: v128, w: v128, k: usize): v128 {
  const sum1 = rotateRight(v128.xor(e, rotateRight(v128.xor(e, rotateRight(e, 14)), 5)), 6);
  return add(add(add(add(h, v128.load_splat<u32>(ROUND_CONSTANTS + k)), w), choose(e, f, g)), sum1);
}

/** Sigma 0, nested: rotations by 2, 13 = 2 + 11, 22 = 13 + 9. */
// @ts-ignore: decorator
@inline
function sum0(a: v128): v128 {
  return rotateRight(v128.xor(a, rotateRight(v128.xor(a, rotateRight(a, 9)), 11)), 2);
}

/**
 * Maj(a, b, c) = b ^ ((a ^ b) & (b ^ c)), and a ^ b of a round is b ^ c of the next: x and y take turns to hold it.
 */
function compress(stateAt: usize, at0: usize, at1: usize, at2: usize, at3: usize, blocks: u32): void {
  let s0 = v128.load(stateAt, 0);
  let s1 = v128.load(stateAt, 16);
  let s2 = v128.load(stateAt, 32);
  let s3 = v128.load(stateAt, 48);
  let s4 = v128.load(stateAt, 64);
  let s5 = v128.load(stateAt, 80);
  let s6 = v128.load(stateAt, 96);
  let s7 = v128.load(stateAt, 112);

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
    let a = s0, b = s1, c = s2, d = s3, e = s4, f = s5, g = s6, h = s7;
    let x = b, y = v128.xor(b, c);

    // rounds 0 to 15
    h = step(e, f, g, h, w0, 0); d = add(d, h); x = v128.xor(a, b); h = add(add(h, v128.xor(b, v128.and(x, y))), sum0(a));
    g = step(d, e, f, g, w1, 4); c = add(c, g); y = v128.xor(h, a); g = add(add(g, v128.xor(a, v128.and(y, x))), sum0(h));
    f = step(c, d, e, f, w2, 8); b = add(b, f); x = v128.xor(g, h); f = add(add(f, v128.xor(h, v128.and(x, y))), sum0(g));
    e = step(b, c, d, e, w3, 12); a = add(a, e); y = v128.xor(f, g); e = add(add(e, v128.xor(g, v128.and(y, x))), sum0(f));
    d = step(a, b, c, d, w4, 16); h = add(h, d); x = v128.xor(e, f); d = add(add(d, v128.xor(f, v128.and(x, y))), sum0(e));
    c = step(h, a, b, c, w5, 20); g = add(g, c); y = v128.xor(d, e); c = add(add(c, v128.xor(e, v128.and(y, x))), sum0(d));
    b = step(g, h, a, b, w6, 24); f = add(f, b); x = v128.xor(c, d); b = add(add(b, v128.xor(d, v128.and(x, y))), sum0(c));
    a = step(f, g, h, a, w7, 28); e = add(e, a); y = v128.xor(b, c); a = add(add(a, v128.xor(c, v128.and(y, x))), sum0(b));
    h = step(e, f, g, h, w8, 32); d = add(d, h); x = v128.xor(a, b); h = add(add(h, v128.xor(b, v128.and(x, y))), sum0(a));
    g = step(d, e, f, g, w9, 36); c = add(c, g); y = v128.xor(h, a); g = add(add(g, v128.xor(a, v128.and(y, x))), sum0(h));
    f = step(c, d, e, f, w10, 40); b = add(b, f); x = v128.xor(g, h); f = add(add(f, v128.xor(h, v128.and(x, y))), sum0(g));
    e = step(b, c, d, e, w11, 44); a = add(a, e); y = v128.xor(f, g); e = add(add(e, v128.xor(g, v128.and(y, x))), sum0(f));
    d = step(a, b, c, d, w12, 48); h = add(h, d); x = v128.xor(e, f); d = add(add(d, v128.xor(f, v128.and(x, y))), sum0(e));
    c = step(h, a, b, c, w13, 52); g = add(g, c); y = v128.xor(d, e); c = add(add(c, v128.xor(e, v128.and(y, x))), sum0(d));
    b = step(g, h, a, b, w14, 56); f = add(f, b); x = v128.xor(c, d); b = add(add(b, v128.xor(d, v128.and(x, y))), sum0(c));
    a = step(f, g, h, a, w15, 60); e = add(e, a); y = v128.xor(b, c); a = add(add(a, v128.xor(c, v128.and(y, x))), sum0(b));

    // rounds 16 to 31
    w0 = extend(w0, w1, w9, w14);
    h = step(e, f, g, h, w0, 64); d = add(d, h); x = v128.xor(a, b); h = add(add(h, v128.xor(b, v128.and(x, y))), sum0(a));
    w1 = extend(w1, w2, w10, w15);
    g = step(d, e, f, g, w1, 68); c = add(c, g); y = v128.xor(h, a); g = add(add(g, v128.xor(a, v128.and(y, x))), sum0(h));
    w2 = extend(w2, w3, w11, w0);
    f = step(c, d, e, f, w2, 72); b = add(b, f); x = v128.xor(g, h); f = add(add(f, v128.xor(h, v128.and(x, y))), sum0(g));
    w3 = extend(w3, w4, w12, w1);
    e = step(b, c, d, e, w3, 76); a = add(a, e); y = v128.xor(f, g); e = add(add(e, v128.xor(g, v128.and(y, x))), sum0(f));
    w4 = extend(w4, w5, w13, w2);
    d = step(a, b, c, d, w4, 80); h = add(h, d); x = v128.xor(e, f); d = add(add(d, v128.xor(f, v128.and(x, y))), sum0(e));
    w5 = extend(w5, w6, w14, w3);
    c = step(h, a, b, c, w5, 84); g = add(g, c); y = v128.xor(d, e); c = add(add(c, v128.xor(e, v128.and(y, x))), sum0(d));
    w6 = extend(w6, w7, w15, w4);
    b = step(g, h, a, b, w6, 88); f = add(f, b); x = v128.xor(c, d); b = add(add(b, v128.xor(d, v128.and(x, y))), sum0(c));
    w7 = extend(w7, w8, w0, w5);
    a = step(f, g, h, a, w7, 92); e = add(e, a); y = v128.xor(b, c); a = add(add(a, v128.xor(c, v128.and(y, x))), sum0(b));
    w8 = extend(w8, w9, w1, w6);
    h = step(e, f, g, h, w8, 96); d = add(d, h); x = v128.xor(a, b); h = add(add(h, v128.xor(b, v128.and(x, y))), sum0(a));
    w9 = extend(w9, w10, w2, w7);
    g = step(d, e, f, g, w9, 100); c = add(c, g); y = v128.xor(h, a); g = add(add(g, v128.xor(a, v128.and(y, x))), sum0(h));
    w10 = extend(w10, w11, w3, w8);
    f = step(c, d, e, f, w10, 104); b = add(b, f); x = v128.xor(g, h); f = add(add(f, v128.xor(h, v128.and(x, y))), sum0(g));
    w11 = extend(w11, w12, w4, w9);
    e = step(b, c, d, e, w11, 108); a = add(a, e); y = v128.xor(f, g); e = add(add(e, v128.xor(g, v128.and(y, x))), sum0(f));
    w12 = extend(w12, w13, w5, w10);
    d = step(a, b, c, d, w12, 112); h = add(h, d); x = v128.xor(e, f); d = add(add(d, v128.xor(f, v128.and(x, y))), sum0(e));
    w13 = extend(w13, w14, w6, w11);
    c = step(h, a, b, c, w13, 116); g = add(g, c); y = v128.xor(d, e); c = add(add(c, v128.xor(e, v128.and(y, x))), sum0(d));
    w14 = extend(w14, w15, w7, w12);
    b = step(g, h, a, b, w14, 120); f = add(f, b); x = v128.xor(c, d); b = add(add(b, v128.xor(d, v128.and(x, y))), sum0(c));
    w15 = extend(w15, w0, w8, w13);
    a = step(f, g, h, a, w15, 124); e = add(e, a); y = v128.xor(b, c); a = add(add(a, v128.xor(c, v128.and(y, x))), sum0(b));

    // rounds 32 to 47
    w0 = extend(w0, w1, w9, w14);
    h = step(e, f, g, h, w0, 128); d = add(d, h); x = v128.xor(a, b); h = add(add(h, v128.xor(b, v128.and(x, y))), sum0(a));
    w1 = extend(w1, w2, w10, w15);
    g = step(d, e, f, g, w1, 132); c = add(c, g); y = v128.xor(h, a); g = add(add(g, v128.xor(a, v128.and(y, x))), sum0(h));
    w2 = extend(w2, w3, w11, w0);
    f = step(c, d, e, f, w2, 136); b = add(b, f); x = v128.xor(g, h); f = add(add(f, v128.xor(h, v128.and(x, y))), sum0(g));
    w3 = extend(w3, w4, w12, w1);
    e = step(b, c, d, e, w3, 140); a = add(a, e); y = v128.xor(f, g); e = add(add(e, v128.xor(g, v128.and(y, x))), sum0(f));
    w4 = extend(w4, w5, w13, w2);
    d = step(a, b, c, d, w4, 144); h = add(h, d); x = v128.xor(e, f); d = add(add(d, v128.xor(f, v128.and(x, y))), sum0(e));
    w5 = extend(w5, w6, w14, w3);
    c = step(h, a, b, c, w5, 148); g = add(g, c); y = v128.xor(d, e); c = add(add(c, v128.xor(e, v128.and(y, x))), sum0(d));
    w6 = extend(w6, w7, w15, w4);
    b = step(g, h, a, b, w6, 152); f = add(f, b); x = v128.xor(c, d); b = add(add(b, v128.xor(d, v128.and(x, y))), sum0(c));
    w7 = extend(w7, w8, w0, w5);
    a = step(f, g, h, a, w7, 156); e = add(e, a); y = v128.xor(b, c); a = add(add(a, v128.xor(c, v128.and(y, x))), sum0(b));
    w8 = extend(w8, w9, w1, w6);
    h = step(e, f, g, h, w8, 160); d = add(d, h); x = v128.xor(a, b); h = add(add(h, v128.xor(b, v128.and(x, y))), sum0(a));
    w9 = extend(w9, w10, w2, w7);
    g = step(d, e, f, g, w9, 164); c = add(c, g); y = v128.xor(h, a); g = add(add(g, v128.xor(a, v128.and(y, x))), sum0(h));
    w10 = extend(w10, w11, w3, w8);
    f = step(c, d, e, f, w10, 168); b = add(b, f); x = v128.xor(g, h); f = add(add(f, v128.xor(h, v128.and(x, y))), sum0(g));
    w11 = extend(w11, w12, w4, w9);
    e = step(b, c, d, e, w11, 172); a = add(a, e); y = v128.xor(f, g); e = add(add(e, v128.xor(g, v128.and(y, x))), sum0(f));
    w12 = extend(w12, w13, w5, w10);
    d = step(a, b, c, d, w12, 176); h = add(h, d); x = v128.xor(e, f); d = add(add(d, v128.xor(f, v128.and(x, y))), sum0(e));
    w13 = extend(w13, w14, w6, w11);
    c = step(h, a, b, c, w13, 180); g = add(g, c); y = v128.xor(d, e); c = add(add(c, v128.xor(e, v128.and(y, x))), sum0(d));
    w14 = extend(w14, w15, w7, w12);
    b = step(g, h, a, b, w14, 184); f = add(f, b); x = v128.xor(c, d); b = add(add(b, v128.xor(d, v128.and(x, y))), sum0(c));
    w15 = extend(w15, w0, w8, w13);
    a = step(f, g, h, a, w15, 188); e = add(e, a); y = v128.xor(b, c); a = add(add(a, v128.xor(c, v128.and(y, x))), sum0(b));

    // rounds 48 to 63
    w0 = extend(w0, w1, w9, w14);
    h = step(e, f, g, h, w0, 192); d = add(d, h); x = v128.xor(a, b); h = add(add(h, v128.xor(b, v128.and(x, y))), sum0(a));
    w1 = extend(w1, w2, w10, w15);
    g = step(d, e, f, g, w1, 196); c = add(c, g); y = v128.xor(h, a); g = add(add(g, v128.xor(a, v128.and(y, x))), sum0(h));
    w2 = extend(w2, w3, w11, w0);
    f = step(c, d, e, f, w2, 200); b = add(b, f); x = v128.xor(g, h); f = add(add(f, v128.xor(h, v128.and(x, y))), sum0(g));
    w3 = extend(w3, w4, w12, w1);
    e = step(b, c, d, e, w3, 204); a = add(a, e); y = v128.xor(f, g); e = add(add(e, v128.xor(g, v128.and(y, x))), sum0(f));
    w4 = extend(w4, w5, w13, w2);
    d = step(a, b, c, d, w4, 208); h = add(h, d); x = v128.xor(e, f); d = add(add(d, v128.xor(f, v128.and(x, y))), sum0(e));
    w5 = extend(w5, w6, w14, w3);
    c = step(h, a, b, c, w5, 212); g = add(g, c); y = v128.xor(d, e); c = add(add(c, v128.xor(e, v128.and(y, x))), sum0(d));
    w6 = extend(w6, w7, w15, w4);
    b = step(g, h, a, b, w6, 216); f = add(f, b); x = v128.xor(c, d); b = add(add(b, v128.xor(d, v128.and(x, y))), sum0(c));
    w7 = extend(w7, w8, w0, w5);
    a = step(f, g, h, a, w7, 220); e = add(e, a); y = v128.xor(b, c); a = add(add(a, v128.xor(c, v128.and(y, x))), sum0(b));
    w8 = extend(w8, w9, w1, w6);
    h = step(e, f, g, h, w8, 224); d = add(d, h); x = v128.xor(a, b); h = add(add(h, v128.xor(b, v128.and(x, y))), sum0(a));
    w9 = extend(w9, w10, w2, w7);
    g = step(d, e, f, g, w9, 228); c = add(c, g); y = v128.xor(h, a); g = add(add(g, v128.xor(a, v128.and(y, x))), sum0(h));
    w10 = extend(w10, w11, w3, w8);
    f = step(c, d, e, f, w10, 232); b = add(b, f); x = v128.xor(g, h); f = add(add(f, v128.xor(h, v128.and(x, y))), sum0(g));
    w11 = extend(w11, w12, w4, w9);
    e = step(b, c, d, e, w11, 236); a = add(a, e); y = v128.xor(f, g); e = add(add(e, v128.xor(g, v128.and(y, x))), sum0(f));
    w12 = extend(w12, w13, w5, w10);
    d = step(a, b, c, d, w12, 240); h = add(h, d); x = v128.xor(e, f); d = add(add(d, v128.xor(f, v128.and(x, y))), sum0(e));
    w13 = extend(w13, w14, w6, w11);
    c = step(h, a, b, c, w13, 244); g = add(g, c); y = v128.xor(d, e); c = add(add(c, v128.xor(e, v128.and(y, x))), sum0(d));
    w14 = extend(w14, w15, w7, w12);
    b = step(g, h, a, b, w14, 248); f = add(f, b); x = v128.xor(c, d); b = add(add(b, v128.xor(d, v128.and(x, y))), sum0(c));
    w15 = extend(w15, w0, w8, w13);
    a = step(f, g, h, a, w15, 252); e = add(e, a); y = v128.xor(b, c); a = add(add(a, v128.xor(c, v128.and(y, x))), sum0(b));

    s0 = add(s0, a); s1 = add(s1, b); s2 = add(s2, c); s3 = add(s3, d);
    s4 = add(s4, e); s5 = add(s5, f); s6 = add(s6, g); s7 = add(s7, h);
  }

  v128.store(stateAt, s0, 0);
  v128.store(stateAt, s1, 16);
  v128.store(stateAt, s2, 32);
  v128.store(stateAt, s3, 48);
  v128.store(stateAt, s4, 64);
  v128.store(stateAt, s5, 80);
  v128.store(stateAt, s6, 96);
  v128.store(stateAt, s7, 112);
}
