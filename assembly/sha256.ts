import { padTail } from './padding';
import { ROUND_CONSTANTS } from './sha256-constants';

/** Place of the padded tail in the scratch area, behind 8 words of state. */
const TAIL: usize = 128;

/** SHA-256 (FIPS 180-4, 6.2) of one message. */
export function sha256(at: usize, length: u32, outAt: usize, scratchAt: usize): void {
  store<u32>(scratchAt, 0x6a09e667, 0);
  store<u32>(scratchAt, 0xbb67ae85, 4);
  store<u32>(scratchAt, 0x3c6ef372, 8);
  store<u32>(scratchAt, 0xa54ff53a, 12);
  store<u32>(scratchAt, 0x510e527f, 16);
  store<u32>(scratchAt, 0x9b05688c, 20);
  store<u32>(scratchAt, 0x1f83d9ab, 24);
  store<u32>(scratchAt, 0x5be0cd19, 28);

  compress(scratchAt, at, length >>> 6);
  const tail = scratchAt + TAIL;
  compress(scratchAt, tail, padTail(tail, at, length));

  for (let i: usize = 0; i < 32; i += 4) store<u32>(outAt + i, bswap<u32>(load<u32>(scratchAt + i)));
}

/** sigma 0 and 1 of the schedule. */
// @ts-ignore: decorator
@inline
function extend(w16: u32, w15: u32, w7: u32, w2: u32): u32 {
  const sigma0 = rotr<u32>(w15, 7) ^ rotr<u32>(w15, 18) ^ (w15 >>> 3);
  const sigma1 = rotr<u32>(w2, 17) ^ rotr<u32>(w2, 19) ^ (w2 >>> 10);
  return w16 + sigma0 + w7 + sigma1;
}

/** T1 of the standard without h, the word and the constant. */
// @ts-ignore: decorator
@inline
function first(e: u32, f: u32, g: u32): u32 {
  return (rotr<u32>(e, 6) ^ rotr<u32>(e, 11) ^ rotr<u32>(e, 25)) + (g ^ (e & (f ^ g)));
}

/** T2 of the standard. */
// @ts-ignore: decorator
@inline
function last(a: u32, b: u32, c: u32): u32 {
  return (rotr<u32>(a, 2) ^ rotr<u32>(a, 13) ^ rotr<u32>(a, 22)) + ((a & b) | (c & (a | b)));
}

function compress(stateAt: usize, at: usize, blocks: u32): void {
  let s0 = load<u32>(stateAt, 0);
  let s1 = load<u32>(stateAt, 4);
  let s2 = load<u32>(stateAt, 8);
  let s3 = load<u32>(stateAt, 12);
  let s4 = load<u32>(stateAt, 16);
  let s5 = load<u32>(stateAt, 20);
  let s6 = load<u32>(stateAt, 24);
  let s7 = load<u32>(stateAt, 28);

  for (; blocks; blocks--, at += 64) {
    let w0 = bswap<u32>(load<u32>(at, 0)), w1 = bswap<u32>(load<u32>(at, 4));
    let w2 = bswap<u32>(load<u32>(at, 8)), w3 = bswap<u32>(load<u32>(at, 12));
    let w4 = bswap<u32>(load<u32>(at, 16)), w5 = bswap<u32>(load<u32>(at, 20));
    let w6 = bswap<u32>(load<u32>(at, 24)), w7 = bswap<u32>(load<u32>(at, 28));
    let w8 = bswap<u32>(load<u32>(at, 32)), w9 = bswap<u32>(load<u32>(at, 36));
    let w10 = bswap<u32>(load<u32>(at, 40)), w11 = bswap<u32>(load<u32>(at, 44));
    let w12 = bswap<u32>(load<u32>(at, 48)), w13 = bswap<u32>(load<u32>(at, 52));
    let w14 = bswap<u32>(load<u32>(at, 56)), w15 = bswap<u32>(load<u32>(at, 60));
    let a = s0, b = s1, c = s2, d = s3, e = s4, f = s5, g = s6, h = s7;

    // rounds 0 to 15
    h += first(e, f, g) + w0 + load<u32>(ROUND_CONSTANTS, 0); d += h; h += last(a, b, c);
    g += first(d, e, f) + w1 + load<u32>(ROUND_CONSTANTS, 4); c += g; g += last(h, a, b);
    f += first(c, d, e) + w2 + load<u32>(ROUND_CONSTANTS, 8); b += f; f += last(g, h, a);
    e += first(b, c, d) + w3 + load<u32>(ROUND_CONSTANTS, 12); a += e; e += last(f, g, h);
    d += first(a, b, c) + w4 + load<u32>(ROUND_CONSTANTS, 16); h += d; d += last(e, f, g);
    c += first(h, a, b) + w5 + load<u32>(ROUND_CONSTANTS, 20); g += c; c += last(d, e, f);
    b += first(g, h, a) + w6 + load<u32>(ROUND_CONSTANTS, 24); f += b; b += last(c, d, e);
    a += first(f, g, h) + w7 + load<u32>(ROUND_CONSTANTS, 28); e += a; a += last(b, c, d);
    h += first(e, f, g) + w8 + load<u32>(ROUND_CONSTANTS, 32); d += h; h += last(a, b, c);
    g += first(d, e, f) + w9 + load<u32>(ROUND_CONSTANTS, 36); c += g; g += last(h, a, b);
    f += first(c, d, e) + w10 + load<u32>(ROUND_CONSTANTS, 40); b += f; f += last(g, h, a);
    e += first(b, c, d) + w11 + load<u32>(ROUND_CONSTANTS, 44); a += e; e += last(f, g, h);
    d += first(a, b, c) + w12 + load<u32>(ROUND_CONSTANTS, 48); h += d; d += last(e, f, g);
    c += first(h, a, b) + w13 + load<u32>(ROUND_CONSTANTS, 52); g += c; c += last(d, e, f);
    b += first(g, h, a) + w14 + load<u32>(ROUND_CONSTANTS, 56); f += b; b += last(c, d, e);
    a += first(f, g, h) + w15 + load<u32>(ROUND_CONSTANTS, 60); e += a; a += last(b, c, d);

    // rounds 16 to 31
    w0 = extend(w0, w1, w9, w14);
    h += first(e, f, g) + w0 + load<u32>(ROUND_CONSTANTS, 64); d += h; h += last(a, b, c);
    w1 = extend(w1, w2, w10, w15);
    g += first(d, e, f) + w1 + load<u32>(ROUND_CONSTANTS, 68); c += g; g += last(h, a, b);
    w2 = extend(w2, w3, w11, w0);
    f += first(c, d, e) + w2 + load<u32>(ROUND_CONSTANTS, 72); b += f; f += last(g, h, a);
    w3 = extend(w3, w4, w12, w1);
    e += first(b, c, d) + w3 + load<u32>(ROUND_CONSTANTS, 76); a += e; e += last(f, g, h);
    w4 = extend(w4, w5, w13, w2);
    d += first(a, b, c) + w4 + load<u32>(ROUND_CONSTANTS, 80); h += d; d += last(e, f, g);
    w5 = extend(w5, w6, w14, w3);
    c += first(h, a, b) + w5 + load<u32>(ROUND_CONSTANTS, 84); g += c; c += last(d, e, f);
    w6 = extend(w6, w7, w15, w4);
    b += first(g, h, a) + w6 + load<u32>(ROUND_CONSTANTS, 88); f += b; b += last(c, d, e);
    w7 = extend(w7, w8, w0, w5);
    a += first(f, g, h) + w7 + load<u32>(ROUND_CONSTANTS, 92); e += a; a += last(b, c, d);
    w8 = extend(w8, w9, w1, w6);
    h += first(e, f, g) + w8 + load<u32>(ROUND_CONSTANTS, 96); d += h; h += last(a, b, c);
    w9 = extend(w9, w10, w2, w7);
    g += first(d, e, f) + w9 + load<u32>(ROUND_CONSTANTS, 100); c += g; g += last(h, a, b);
    w10 = extend(w10, w11, w3, w8);
    f += first(c, d, e) + w10 + load<u32>(ROUND_CONSTANTS, 104); b += f; f += last(g, h, a);
    w11 = extend(w11, w12, w4, w9);
    e += first(b, c, d) + w11 + load<u32>(ROUND_CONSTANTS, 108); a += e; e += last(f, g, h);
    w12 = extend(w12, w13, w5, w10);
    d += first(a, b, c) + w12 + load<u32>(ROUND_CONSTANTS, 112); h += d; d += last(e, f, g);
    w13 = extend(w13, w14, w6, w11);
    c += first(h, a, b) + w13 + load<u32>(ROUND_CONSTANTS, 116); g += c; c += last(d, e, f);
    w14 = extend(w14, w15, w7, w12);
    b += first(g, h, a) + w14 + load<u32>(ROUND_CONSTANTS, 120); f += b; b += last(c, d, e);
    w15 = extend(w15, w0, w8, w13);
    a += first(f, g, h) + w15 + load<u32>(ROUND_CONSTANTS, 124); e += a; a += last(b, c, d);

    // rounds 32 to 47
    w0 = extend(w0, w1, w9, w14);
    h += first(e, f, g) + w0 + load<u32>(ROUND_CONSTANTS, 128); d += h; h += last(a, b, c);
    w1 = extend(w1, w2, w10, w15);
    g += first(d, e, f) + w1 + load<u32>(ROUND_CONSTANTS, 132); c += g; g += last(h, a, b);
    w2 = extend(w2, w3, w11, w0);
    f += first(c, d, e) + w2 + load<u32>(ROUND_CONSTANTS, 136); b += f; f += last(g, h, a);
    w3 = extend(w3, w4, w12, w1);
    e += first(b, c, d) + w3 + load<u32>(ROUND_CONSTANTS, 140); a += e; e += last(f, g, h);
    w4 = extend(w4, w5, w13, w2);
    d += first(a, b, c) + w4 + load<u32>(ROUND_CONSTANTS, 144); h += d; d += last(e, f, g);
    w5 = extend(w5, w6, w14, w3);
    c += first(h, a, b) + w5 + load<u32>(ROUND_CONSTANTS, 148); g += c; c += last(d, e, f);
    w6 = extend(w6, w7, w15, w4);
    b += first(g, h, a) + w6 + load<u32>(ROUND_CONSTANTS, 152); f += b; b += last(c, d, e);
    w7 = extend(w7, w8, w0, w5);
    a += first(f, g, h) + w7 + load<u32>(ROUND_CONSTANTS, 156); e += a; a += last(b, c, d);
    w8 = extend(w8, w9, w1, w6);
    h += first(e, f, g) + w8 + load<u32>(ROUND_CONSTANTS, 160); d += h; h += last(a, b, c);
    w9 = extend(w9, w10, w2, w7);
    g += first(d, e, f) + w9 + load<u32>(ROUND_CONSTANTS, 164); c += g; g += last(h, a, b);
    w10 = extend(w10, w11, w3, w8);
    f += first(c, d, e) + w10 + load<u32>(ROUND_CONSTANTS, 168); b += f; f += last(g, h, a);
    w11 = extend(w11, w12, w4, w9);
    e += first(b, c, d) + w11 + load<u32>(ROUND_CONSTANTS, 172); a += e; e += last(f, g, h);
    w12 = extend(w12, w13, w5, w10);
    d += first(a, b, c) + w12 + load<u32>(ROUND_CONSTANTS, 176); h += d; d += last(e, f, g);
    w13 = extend(w13, w14, w6, w11);
    c += first(h, a, b) + w13 + load<u32>(ROUND_CONSTANTS, 180); g += c; c += last(d, e, f);
    w14 = extend(w14, w15, w7, w12);
    b += first(g, h, a) + w14 + load<u32>(ROUND_CONSTANTS, 184); f += b; b += last(c, d, e);
    w15 = extend(w15, w0, w8, w13);
    a += first(f, g, h) + w15 + load<u32>(ROUND_CONSTANTS, 188); e += a; a += last(b, c, d);

    // rounds 48 to 63
    w0 = extend(w0, w1, w9, w14);
    h += first(e, f, g) + w0 + load<u32>(ROUND_CONSTANTS, 192); d += h; h += last(a, b, c);
    w1 = extend(w1, w2, w10, w15);
    g += first(d, e, f) + w1 + load<u32>(ROUND_CONSTANTS, 196); c += g; g += last(h, a, b);
    w2 = extend(w2, w3, w11, w0);
    f += first(c, d, e) + w2 + load<u32>(ROUND_CONSTANTS, 200); b += f; f += last(g, h, a);
    w3 = extend(w3, w4, w12, w1);
    e += first(b, c, d) + w3 + load<u32>(ROUND_CONSTANTS, 204); a += e; e += last(f, g, h);
    w4 = extend(w4, w5, w13, w2);
    d += first(a, b, c) + w4 + load<u32>(ROUND_CONSTANTS, 208); h += d; d += last(e, f, g);
    w5 = extend(w5, w6, w14, w3);
    c += first(h, a, b) + w5 + load<u32>(ROUND_CONSTANTS, 212); g += c; c += last(d, e, f);
    w6 = extend(w6, w7, w15, w4);
    b += first(g, h, a) + w6 + load<u32>(ROUND_CONSTANTS, 216); f += b; b += last(c, d, e);
    w7 = extend(w7, w8, w0, w5);
    a += first(f, g, h) + w7 + load<u32>(ROUND_CONSTANTS, 220); e += a; a += last(b, c, d);
    w8 = extend(w8, w9, w1, w6);
    h += first(e, f, g) + w8 + load<u32>(ROUND_CONSTANTS, 224); d += h; h += last(a, b, c);
    w9 = extend(w9, w10, w2, w7);
    g += first(d, e, f) + w9 + load<u32>(ROUND_CONSTANTS, 228); c += g; g += last(h, a, b);
    w10 = extend(w10, w11, w3, w8);
    f += first(c, d, e) + w10 + load<u32>(ROUND_CONSTANTS, 232); b += f; f += last(g, h, a);
    w11 = extend(w11, w12, w4, w9);
    e += first(b, c, d) + w11 + load<u32>(ROUND_CONSTANTS, 236); a += e; e += last(f, g, h);
    w12 = extend(w12, w13, w5, w10);
    d += first(a, b, c) + w12 + load<u32>(ROUND_CONSTANTS, 240); h += d; d += last(e, f, g);
    w13 = extend(w13, w14, w6, w11);
    c += first(h, a, b) + w13 + load<u32>(ROUND_CONSTANTS, 244); g += c; c += last(d, e, f);
    w14 = extend(w14, w15, w7, w12);
    b += first(g, h, a) + w14 + load<u32>(ROUND_CONSTANTS, 248); f += b; b += last(c, d, e);
    w15 = extend(w15, w0, w8, w13);
    a += first(f, g, h) + w15 + load<u32>(ROUND_CONSTANTS, 252); e += a; a += last(b, c, d);

    s0 += a; s1 += b; s2 += c; s3 += d; s4 += e; s5 += f; s6 += g; s7 += h;
  }

  store<u32>(stateAt, s0, 0);
  store<u32>(stateAt, s1, 4);
  store<u32>(stateAt, s2, 8);
  store<u32>(stateAt, s3, 12);
  store<u32>(stateAt, s4, 16);
  store<u32>(stateAt, s5, 20);
  store<u32>(stateAt, s6, 24);
  store<u32>(stateAt, s7, 28);
}
