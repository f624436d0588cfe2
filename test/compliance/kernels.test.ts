import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/engine/bytes.js';
import { type Kernels, MAX_PICK, tieBreak } from '../../src/engine/kernels/types.js';
import { createRng } from '../../src/engine/policy/rng.js';
import {
  ARENA,
  ARENA_BYTES,
  bytesOf,
  createBackends,
  fillRandom,
  hasBit,
  newMemory,
  nodeHash,
  randomBits,
  SCRATCH,
  wasmKernels,
} from './kernel-backends.js';

const backends = createBackends();
const everyKernels = backends.map(({ kernels }) => kernels);

/** Tables of a test lie apart: room for 131072 pieces each. */
const PEER = ARENA;
const WANTED = ARENA + 0x4000;
const BUSY = ARENA + 0x8000;
const COUNTS = ARENA + 0x10000;
const OUT = ARENA + 0x50000;
const RATES = ARENA + 0x60000;
const MESSAGES = ARENA + 0x70000;

const algorithms = [
  { name: 'sha1', batch: 'sha1x4', digestBytes: 20 },
  { name: 'sha256', batch: 'sha256x4', digestBytes: 32 },
] as const;

function put(kernels: Kernels, at: number, bytes: Uint8Array) {
  const padded = new Uint8Array((bytes.length + 15) & ~15);
  padded.set(bytes);
  new Uint8Array(kernels.buffer).set(padded, at);
}

function putCounts(kernels: Kernels, counts: Uint16Array) {
  put(kernels, COUNTS, new Uint8Array(counts.buffer));
}

const countsOf = (kernels: Kernels, pieces: number) =>
  Array.from(new Uint16Array(bytesOf(kernels, COUNTS, 2 * pieces).buffer));

const wordsOf = (kernels: Kernels, at: number, words: number) =>
  Array.from(new Uint32Array(bytesOf(kernels, at, 4 * words).buffer));

/** What pickRarest promises, by sorting everything. */
function naivePick(
  counts: Uint16Array,
  bits: { peer: Uint8Array; wanted: Uint8Array; busy?: Uint8Array },
  k: number,
  seed: number,
): number[] {
  const candidates = [];
  for (let piece = 0; piece < counts.length; piece++) {
    if (!hasBit(bits.peer, piece) || !hasBit(bits.wanted, piece)) continue;
    if (bits.busy === undefined || !hasBit(bits.busy, piece)) candidates.push(piece);
  }
  const order = (p: number, q: number) =>
    counts[p] - counts[q] || tieBreak(p, seed) - tieBreak(q, seed) || p - q;
  return candidates.sort(order).slice(0, k);
}

function naiveRank(rates: Float64Array, k: number, seed: number): number[] {
  const order = (i: number, j: number) =>
    rates[j] - rates[i] || tieBreak(i, seed) - tieBreak(j, seed) || i - j;
  return Array.from(rates.keys()).sort(order).slice(0, k);
}

function naiveBitCount(bits: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < 8 * bits.length; i++) if (hasBit(bits, i)) count++;
  return count;
}

function randomCounts(pieces: number, below: number, seed: number): Uint16Array {
  const rng = createRng(seed);
  return Uint16Array.from({ length: pieces }, () => rng.below(below));
}

describe.each(backends)('hashes of $title', ({ kernels }) => {
  const memory = new Uint8Array(kernels.buffer);
  const one = (name: 'sha1' | 'sha256', digestBytes: number, length: number) => {
    kernels[name](MESSAGES, length, OUT);
    return toHex(bytesOf(kernels, OUT, digestBytes));
  };

  // FIPS 180-4 examples: empty, one block, two blocks, a million of "a".
  it.each([
    ['', 1, 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
    ['abc', 1, 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      1,
      '84983e441c3bd26ebaae4aa1f95129e5e54670f1',
    ],
    ['a', 1_000_000, '34aa973cd4c4daa4f61eeb2bdbad27316534016f'],
  ])('SHA-1 of "%s" x %i', (text, times, digest) => {
    memory.set(utf8(text.repeat(times)), MESSAGES);
    expect(one('sha1', 20, text.length * times)).toBe(digest);
  });

  it.each([
    ['', 1, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 1, 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    [
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
      1,
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    ],
    ['a', 1_000_000, 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('SHA-256 of "%s" x %i', (text, times, digest) => {
    memory.set(utf8(text.repeat(times)), MESSAGES);
    expect(one('sha256', 32, text.length * times)).toBe(digest);
  });

  const lengths = new Set(Array.from({ length: 201 }, (_, i) => i));
  for (let border = 256; border <= 1024; border += 64) {
    for (const off of [-9, -8, -1, 0, 1]) lengths.add(border + off);
  }
  for (const off of [-1, 0, 1]) lengths.add(16384 + off);

  it.each(algorithms)('$name, $batch: lengths around every border', ({ name, batch, digestBytes }) => {
    fillRandom(memory.subarray(MESSAGES, MESSAGES + 70_000), 1);
    for (const length of lengths) {
      // four messages that are not aligned, each in its own way
      const at = [0, 1, 2, 3].map(i => MESSAGES + i * (length + 5) + i + (length % 3));
      const want = at.map(from => toHex(nodeHash(name, bytesOf(kernels, from, length))));
      kernels[batch](at[0], at[1], at[2], at[3], length, OUT + 1);
      for (let i = 0; i < 4; i++) {
        const got = toHex(bytesOf(kernels, OUT + 1 + i * digestBytes, digestBytes));
        expect(got, `${batch} of ${length} bytes, message ${i}`).toBe(want[i]);
      }
      kernels[name](at[1], length, OUT + 3);
      expect(toHex(bytesOf(kernels, OUT + 3, digestBytes)), `${name} of ${length} bytes`).toBe(want[1]);
    }
  });
});

describe.each(backends)('tables of $title', ({ kernels }) => {
  it('copies overlapping ranges both ways and fills', () => {
    const bytes = fillRandom(new Uint8Array(1000), 2);
    put(kernels, PEER, bytes);
    kernels.copy(PEER + 7, PEER, 900);
    expect(bytesOf(kernels, PEER + 7, 900)).toEqual(bytes.subarray(0, 900));
    kernels.copy(PEER, PEER + 7, 900);
    expect(bytesOf(kernels, PEER, 900)).toEqual(bytes.subarray(0, 900));
    kernels.fill(PEER + 3, 0xab, 500);
    expect(bytesOf(kernels, PEER + 3, 500)).toEqual(new Uint8Array(500).fill(0xab));
    expect(bytesOf(kernels, PEER, 3)).toEqual(bytes.subarray(0, 3));
  });

  it('finds a single common bit at every place', () => {
    const pieces = 300;
    for (let piece = 0; piece < pieces; piece++) {
      const one = new Uint8Array(38);
      one[piece >>> 3] = 0x80 >>> (piece & 7);
      put(kernels, PEER, one);
      put(kernels, WANTED, one);
      expect(kernels.bitIntersects(PEER, WANTED, 38)).toBe(true);
      expect(kernels.bitCount(PEER, 38)).toBe(1);
      put(kernels, WANTED, new Uint8Array(38));
      expect(kernels.bitIntersects(PEER, WANTED, 38)).toBe(false);
    }
  });

  it('stops counts at both ends', () => {
    const counts = Uint16Array.from({ length: 40 }, (_, i) => [0, 1, 0x7fff, 0x8000, 65534, 65535][i % 6]);
    put(kernels, PEER, randomBits(40, 1, 3));
    putCounts(kernels, counts);
    kernels.availabilityAdd(COUNTS, PEER, 40);
    kernels.availabilityAdd(COUNTS, PEER, 40);
    expect(countsOf(kernels, 40)).toEqual(Array.from(counts, count => Math.min(count + 2, 65535)));
    putCounts(kernels, counts);
    kernels.availabilityRemove(COUNTS, PEER, 40);
    kernels.availabilityRemove(COUNTS, PEER, 40);
    expect(countsOf(kernels, 40)).toEqual(Array.from(counts, count => Math.max(count - 2, 0)));
    putCounts(kernels, counts);
    for (let piece = 0; piece < 40; piece++) kernels.availabilityAddOne(COUNTS, piece);
    expect(countsOf(kernels, 40)).toEqual(Array.from(counts, count => Math.min(count + 1, 65535)));
  });

  it('picks like a sort, up to the largest k, of many pieces', () => {
    const pieces = 20_011;
    const counts = randomCounts(pieces, 50, 4);
    for (const [density, seed] of [
      [1, 5],
      [0.3, 0xffffffff],
      [0.001, 0],
    ]) {
      const bits = {
        peer: randomBits(pieces, density, seed),
        wanted: randomBits(pieces, 0.9, 6),
        busy: randomBits(pieces, 0.1, 7),
      };
      put(kernels, PEER, bits.peer);
      put(kernels, WANTED, bits.wanted);
      put(kernels, BUSY, bits.busy);
      putCounts(kernels, counts);
      for (const k of [1, 16, MAX_PICK]) {
        const written = kernels.pickRarest(COUNTS, PEER, WANTED, BUSY, pieces, k, seed, OUT);
        expect(wordsOf(kernels, OUT, written)).toEqual(naivePick(counts, bits, k, seed));
      }
    }
    expect(() => kernels.pickRarest(COUNTS, PEER, WANTED, BUSY, pieces, MAX_PICK + 1, 1, OUT)).toThrow(
      RangeError,
    );
  });

  it('picks pieces with the largest count, and none of nothing', () => {
    const full = randomBits(50, 1, 8);
    put(kernels, PEER, full);
    put(kernels, WANTED, full);
    const counts = new Uint16Array(56).fill(65535).subarray(0, 50);
    putCounts(kernels, counts.slice());
    const written = kernels.pickRarest(COUNTS, PEER, WANTED, 0, 50, 60, 9, OUT);
    expect(wordsOf(kernels, OUT, written)).toEqual(naivePick(counts, { peer: full, wanted: full }, 60, 9));
    expect(kernels.pickRarest(COUNTS, PEER, WANTED, 0, 50, 0, 9, OUT)).toBe(0);
    put(kernels, BUSY, full);
    expect(kernels.pickRarest(COUNTS, PEER, WANTED, BUSY, 50, 5, 9, OUT)).toBe(0);
  });

  it('picks from tables at the very end of the memory', () => {
    const end = kernels.buffer.byteLength;
    const memory = new Uint8Array(kernels.buffer);
    for (const pieces of [1, 9, 70, 1000]) {
      const bits = { peer: randomBits(pieces, 1, 1), wanted: randomBits(pieces, 0.9, 2) };
      put(kernels, WANTED, bits.wanted);
      const lengths = [(2 * pieces + 15) & ~15, (bits.peer.length + 15) & ~15];
      const counts = randomCounts(pieces, 5, 3);
      const want = naivePick(counts, bits, 30, 4);
      for (const [countsAt, peerAt] of [
        [end - lengths[0], PEER],
        [COUNTS, end - lengths[1]],
      ]) {
        memory.fill(0, end - lengths[0] - lengths[1]);
        memory.set(new Uint8Array(counts.buffer), countsAt);
        put(kernels, peerAt, bits.peer);
        const written = kernels.pickRarest(countsAt, peerAt, WANTED, 0, pieces, 30, 4, OUT);
        expect(wordsOf(kernels, OUT, written)).toEqual(want);
      }
    }
  });

  it('changes nothing outside of its outputs', () => {
    const memory = new Uint8Array(kernels.buffer);
    const pieces = 1003;
    const bitBytes = 126;
    const noise = fillRandom(new Uint8Array(ARENA_BYTES / 4), 10);

    const untouched = (what: string, outputs: [at: number, length: number][], call: () => void) => {
      memory.set(noise, ARENA);
      for (const at of [PEER, WANTED, BUSY]) put(kernels, at, randomBits(pieces, 0.7, at));
      for (let i = 0; i < 100; i++) new DataView(kernels.buffer).setFloat64(RATES + 8 * i, i % 9, true);
      const before = memory.slice();
      call();
      const after = memory.slice();
      for (const [at, length] of [...outputs, [SCRATCH.at, SCRATCH.length] as const]) {
        after.set(before.subarray(at, at + length), at);
      }
      expect(Buffer.compare(before, after), what).toBe(0);
    };

    untouched('copy', [[OUT + 5, 77]], () => kernels.copy(OUT + 5, MESSAGES + 3, 77));
    untouched('fill', [[OUT + 5, 77]], () => kernels.fill(OUT + 5, 1, 77));
    untouched('bit counts', [], () => {
      kernels.bitCount(PEER, bitBytes);
      kernels.bitAndNotCount(PEER, WANTED, bitBytes);
      kernels.bitIntersects(PEER, WANTED, bitBytes);
    });
    for (const length of [0, 1, 15, 16, 17, bitBytes]) {
      untouched(`bitAndNot ${length}`, [[OUT, length]], () => kernels.bitAndNot(OUT, PEER, WANTED, length));
    }
    untouched('availability', [[COUNTS, 2 * pieces]], () => {
      kernels.availabilityAdd(COUNTS, PEER, pieces);
      kernels.availabilityRemove(COUNTS, WANTED, pieces);
      kernels.availabilityAddOne(COUNTS, pieces - 1);
    });
    untouched('pickRarest', [[OUT, 4 * 10]], () => {
      expect(kernels.pickRarest(COUNTS, PEER, WANTED, BUSY, pieces, 10, 1, OUT)).toBe(10);
    });
    untouched('pickRarest of few', [[OUT, 4 * 100]], () => {
      expect(kernels.pickRarest(COUNTS, PEER, WANTED, BUSY, 50, MAX_PICK, 1, OUT)).toBeLessThan(51);
    });
    for (const [n, k] of [
      [100, 7],
      [100, 100],
      [1, 1],
      [5, 0],
    ]) {
      untouched(`rankTop ${k} of ${n}`, [[OUT, 4 * k]], () => kernels.rankTop(RATES, n, k, 1, OUT));
    }
    for (const { name, batch, digestBytes } of algorithms) {
      for (const length of [0, 55, 56, 64, 1000]) {
        untouched(name, [[OUT + 1, digestBytes]], () => kernels[name](MESSAGES + 1, length, OUT + 1));
        untouched(batch, [[OUT + 1, 4 * digestBytes]], () => {
          kernels[batch](MESSAGES + 1, MESSAGES + 2, MESSAGES + 1003, MESSAGES + 1, length, OUT + 1);
        });
      }
    }
  });
});

/** 10,000 cases in all. Contents come from a seed: cheap to make, and the sizes are what shrinks. */
describe('all backends agree with the reference', () => {
  const seed = fc.nat(0xffffffff);
  const density = fc.constantFrom(0, 0.02, 0.5, 0.98, 1);

  it('on hashes (3000 cases)', () => {
    const property = fc.property(fc.nat(300), fc.nat(63), seed, (length, shift, contentSeed) => {
      const content = fillRandom(new Uint8Array(4 * length + 4), contentSeed);
      const at = [0, 1, 2, 3].map(i => MESSAGES + shift + i * (length + 1));
      for (const { name, batch, digestBytes } of algorithms) {
        const want = at.map(from => {
          const start = from - MESSAGES - shift;
          return toHex(nodeHash(name, content.subarray(start, start + length)));
        });
        for (const kernels of everyKernels) {
          new Uint8Array(kernels.buffer).set(content, MESSAGES + shift);
          kernels[batch](at[0], at[1], at[2], at[3], length, OUT);
          if (toHex(bytesOf(kernels, OUT, 4 * digestBytes)) !== want.join('')) return false;
          kernels[name](at[3], length, OUT);
          if (toHex(bytesOf(kernels, OUT, digestBytes)) !== want[3]) return false;
        }
      }
      return true;
    });
    fc.assert(property, { numRuns: 3000 });
  });

  it('on bitfields (2000 cases)', () => {
    const property = fc.property(fc.nat(600), density, density, seed, (pieces, some, most, bitSeed) => {
      const a = randomBits(pieces, some, bitSeed);
      const b = randomBits(pieces, most, bitSeed + 1);
      const rest = a.map((byte, i) => byte & ~b[i]);
      for (const kernels of everyKernels) {
        put(kernels, PEER, a);
        put(kernels, WANTED, b);
        expect(kernels.bitCount(PEER, a.length)).toBe(naiveBitCount(a));
        expect(kernels.bitAndNotCount(PEER, WANTED, a.length)).toBe(naiveBitCount(rest));
        expect(kernels.bitIntersects(PEER, WANTED, a.length)).toBe(a.some((byte, i) => (byte & b[i]) !== 0));
        kernels.bitAndNot(OUT, PEER, WANTED, a.length);
        expect(Buffer.compare(bytesOf(kernels, OUT, a.length), rest)).toBe(0);
      }
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('on availability (2000 cases)', () => {
    const edge = fc.constantFrom(2, 65536);
    const property = fc.property(fc.nat(300), density, edge, seed, (pieces, some, below, bitSeed) => {
      const counts = randomCounts(pieces, below, bitSeed);
      const added = randomBits(pieces, some, bitSeed + 1);
      const removed = randomBits(pieces, 0.5, bitSeed + 2);
      const want = Array.from(counts, (count, piece) => {
        const more = hasBit(added, piece) ? Math.min(count + 1, 65535) : count;
        return hasBit(removed, piece) ? Math.max(more - 1, 0) : more;
      });
      for (const kernels of everyKernels) {
        putCounts(kernels, counts);
        put(kernels, PEER, added);
        put(kernels, WANTED, removed);
        kernels.availabilityAdd(COUNTS, PEER, pieces);
        kernels.availabilityRemove(COUNTS, WANTED, pieces);
        expect(countsOf(kernels, pieces)).toEqual(want);
      }
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('on picks (2000 cases)', () => {
    const sizes = fc.record({ pieces: fc.nat(400), k: fc.nat(40), below: fc.constantFrom(1, 3, 20, 65536) });
    const property = fc.property(
      sizes,
      density,
      fc.boolean(),
      seed,
      ({ pieces, k, below }, some, busy, s) => {
        const counts = randomCounts(pieces, below, s);
        const bits = {
          peer: randomBits(pieces, some, s + 1),
          wanted: randomBits(pieces, 0.8, s + 2),
          busy: busy ? randomBits(pieces, 0.3, s + 3) : undefined,
        };
        const want = naivePick(counts, bits, k, s);
        for (const kernels of everyKernels) {
          putCounts(kernels, counts);
          put(kernels, PEER, bits.peer);
          put(kernels, WANTED, bits.wanted);
          if (bits.busy) put(kernels, BUSY, bits.busy);
          const busyAt = busy ? BUSY : 0;
          const written = kernels.pickRarest(COUNTS, PEER, WANTED, busyAt, pieces, k, s, OUT);
          expect(wordsOf(kernels, OUT, written)).toEqual(want);
        }
      },
    );
    fc.assert(property, { numRuns: 2000 });
  });

  /** The wasm kernel guesses from the counts of 128 bytes of bitfield, spread evenly. */
  const sampled = (piece: number, pieces: number) => {
    const step = Math.ceil(pieces / 8) / 128;
    return Math.floor(Math.ceil((piece >>> 3) / step) * step) === piece >>> 3;
  };
  type Counts = (piece: number, pieces: number, random: number) => number;
  const swarms: [swarm: string, counts: Counts][] = [
    ['like any', (_, __, random) => 10 + Math.floor(40 * random)],
    ['with counts of all sizes', (_, __, random) => Math.floor(65536 * random)],
    ['with counts about 32768', (_, __, random) => 0x7fff + Math.floor(2 * random)],
    ['of one seed', () => 1],
    ['of nobody', () => 0],
    ['of as many as can be counted', () => 65535],
    ['with 1 or 2', (_, __, random) => 1 + Math.floor(2 * random)],
    ['rarest first', (piece, pieces) => Math.floor((900 * piece) / pieces)],
    ['rarest last', (piece, pieces) => 900 - Math.floor((900 * piece) / pieces)],
    ['rare in one place', (piece, pieces) => (piece - pieces / 3 < 50 && piece > pieces / 3 ? 2 : 20)],
    [
      'rare where a sample looks',
      (piece, pieces) => (sampled(piece, pieces) ? piece & 7 : 20 + (piece % 10)),
    ],
    ['rare where none looks', (piece, pieces) => (sampled(piece, pieces) ? 20 + (piece % 10) : piece % 10)],
    [
      'with few that are rare where a sample looks',
      (piece, pieces) => (sampled(piece, pieces) && piece < pieces / 4 ? 2 : 20 + (piece % 10)),
    ],
  ];

  it.each(swarms)('on picks of large torrents, swarm %s', (_, countOf) => {
    for (const [pieces, density] of [
      [4096, 1],
      [16_384, 0.5],
      [16_421, 0.01],
      [100_000, 0.9],
    ]) {
      const rng = createRng(pieces);
      const counts = Uint16Array.from({ length: pieces }, (_, piece) =>
        countOf(piece, pieces, rng.fraction()),
      );
      const bits = {
        peer: randomBits(pieces, density, 1),
        wanted: randomBits(pieces, density, 2),
        busy: randomBits(pieces, 0.05, 3),
      };
      const want = naivePick(counts, bits, MAX_PICK, pieces);
      for (const kernels of everyKernels) {
        putCounts(kernels, counts);
        put(kernels, PEER, bits.peer);
        put(kernels, WANTED, bits.wanted);
        put(kernels, BUSY, bits.busy);
        for (const k of [1, 16, 64, 65, 300, MAX_PICK]) {
          const written = kernels.pickRarest(COUNTS, PEER, WANTED, BUSY, pieces, k, pieces, OUT);
          expect(wordsOf(kernels, OUT, written)).toEqual(want.slice(0, k));
        }
      }
    }
  });

  it('on ranks (1000 cases)', () => {
    const property = fc.property(
      fc.nat(100),
      fc.nat(100),
      fc.constantFrom(1, 5, 1e9),
      seed,
      (n, m, below, s) => {
        const k = Math.min(n, m);
        const rng = createRng(s);
        const rates = Float64Array.from({ length: n }, () => rng.below(below) / 3);
        const want = naiveRank(rates, k, s);
        for (const kernels of everyKernels) {
          put(kernels, RATES, new Uint8Array(rates.buffer));
          kernels.rankTop(RATES, n, k, s, OUT);
          expect(wordsOf(kernels, OUT, k)).toEqual(want);
        }
      },
    );
    fc.assert(property, { numRuns: 1000 });
  });
});

it('addresses above 2 GiB work', () => {
  const kernels = wasmKernels(newMemory(0x9000_0000));
  const at = 0x8800_0000;
  const memory = new Uint8Array(kernels.buffer);
  fillRandom(memory.subarray(at, at + 1000), 11);
  for (const { name, batch, digestBytes } of algorithms) {
    const want = toHex(nodeHash(name, bytesOf(kernels, at + 1, 999)));
    kernels[name](at + 1, 999, at + 2000);
    expect(toHex(bytesOf(kernels, at + 2000, digestBytes))).toBe(want);
    kernels[batch](at, at, at, at + 1, 999, at + 2000);
    expect(toHex(bytesOf(kernels, at + 2000 + 3 * digestBytes, digestBytes))).toBe(want);
  }
  kernels.fill(at, 0xff, 32);
  expect(kernels.bitCount(at, 32)).toBe(256);
  expect(kernels.pickRarest(at + 64, at, at, 0, 256, 5, 1, at + 1024)).toBe(5);
});
