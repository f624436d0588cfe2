import { afterEach, describe, expect, it } from 'vitest';
import { decidedHash, decideHash, mayMeasureHash, undecidedHash } from '../../src/workers/hash-choice.js';
import { Fixture } from './fixture.js';

const BYTES = 1 << 17;

describe('the choice of the hash', () => {
  it('comes back as it was made, and is made once', () => {
    for (const sha1 of ['wasm', 'native', 'js'] as const) {
      for (const sha256 of ['wasm', 'native', 'js'] as const) {
        const buffer = new SharedArrayBuffer(BYTES);
        expect(decidedHash(buffer)).toBeUndefined();
        expect(decideHash(buffer, { sha1, sha256 })).toEqual({ sha1, sha256 });
        expect(decideHash(buffer, { sha1: 'js', sha256: 'js' })).toEqual({ sha1, sha256 });
        expect(decidedHash(buffer)).toEqual({ sha1, sha256 });
      }
    }
  });

  it('keeps how few messages go to native', () => {
    for (const few of [1, 2, 3]) {
      const buffer = new SharedArrayBuffer(BYTES);
      const choice = { sha1: 'wasm', sha256: 'js', few } as const;
      expect(decideHash(buffer, choice)).toEqual(choice);
    }
  });

  it('works on memory that cannot be shared', () => {
    const buffer = new ArrayBuffer(BYTES);
    expect(decideHash(buffer, { sha1: 'js', sha256: 'native' })).toEqual({ sha1: 'js', sha256: 'native' });
  });

  it('is measured by one thread, unless it is made already', () => {
    const buffer = new SharedArrayBuffer(BYTES);
    expect(mayMeasureHash(buffer)).toBe(true);
    expect(mayMeasureHash(buffer)).toBe(false);
    expect(decidedHash(buffer)).toBeUndefined();
    decideHash(buffer, { sha1: 'wasm', sha256: 'js' });
    expect(decidedHash(buffer)).toEqual({ sha1: 'wasm', sha256: 'js' });
    expect(mayMeasureHash(buffer)).toBe(false);
  });

  it('is native until it is made, where there is native', () => {
    const hash = { sha1() {}, sha1x4() {}, sha256() {}, sha256x4() {} };
    expect(undecidedHash({ wasm: hash, native: hash })).toEqual({ sha1: 'native', sha256: 'native' });
    expect(undecidedHash({ js: hash })).toEqual({ sha1: 'js', sha256: 'js' });
  });
});

describe('a pool', () => {
  let f: Fixture;
  afterEach(() => f.dispose());

  it('measures in a worker, once there is enough to do', async ({ signal }) => {
    f = new Fixture('auto');
    const piece = f.piece(1 << 16);
    while (f.arena.hash === undefined && !signal.aborted) expect(await f.pool.verifyWrite(piece)).toBe(true);
    expect(['wasm', 'native']).toContain(f.arena.hash?.sha1);
    expect(await f.pool.verifyWrite(piece)).toBe(true);
  });
});
