import { describe, expect, it } from 'vitest';
import { combineHash, measureHash } from '../../../../src/engine/kernels/select.js';
import type { HashKernels, Kernels } from '../../../../src/engine/kernels/types.js';

/** Hashes nothing, but takes time on a clock that only it moves. */
function paced(
  clock: { nowMs: number },
  sha1Ms: number,
  sha256Ms: number,
  calls: string[] = [],
): HashKernels {
  const spend = (name: string, ms: number) => () => {
    calls.push(name);
    clock.nowMs += ms;
  };
  return {
    sha1: spend('sha1', sha1Ms),
    sha1x4: spend('sha1x4', sha1Ms),
    sha256: spend('sha256', sha256Ms),
    sha256x4: spend('sha256x4', sha256Ms),
  };
}

describe('measureHash', () => {
  it('takes the fastest backend of each algorithm', () => {
    const clock = { nowMs: 5 };
    const candidates = { js: paced(clock, 3, 3), wasm: paced(clock, 1, 2), native: paced(clock, 2, 1) };
    expect(measureHash(candidates, () => clock.nowMs, 0, 64, 64)).toEqual({
      sha1: 'wasm',
      sha256: 'native',
      few: 1,
    });
    expect(measureHash({ js: candidates.js }, () => clock.nowMs, 0, 64, 64)).toEqual({
      sha1: 'js',
      sha256: 'js',
    });
  });

  it('leaves so few messages to native as it hashes while wasm hashes four', () => {
    const clock = { nowMs: 0 };
    const few = (wasmMs: number, nativeMs: number) =>
      measureHash(
        { wasm: paced(clock, wasmMs, 1), native: paced(clock, nativeMs, 1) },
        () => clock.nowMs,
        0,
        64,
        64,
      ).few;
    expect([few(8, 9), few(8, 12), few(8, 31), few(8, 32), few(8, 100), few(8, 7)]).toEqual([
      3,
      2,
      1,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('gives the compilers time', () => {
    const clock = { nowMs: 0 };
    const cold = { ...paced(clock, 1, 1), sha1x4: () => void (clock.nowMs += clock.nowMs < 15 ? 3 : 0.1) };
    const native = paced(clock, 0.5, 0.5);
    expect(measureHash({ wasm: cold, native }, () => clock.nowMs, 0, 64, 64).sha1).toBe('wasm');
  });

  it('counts the best run only', () => {
    const clock = { nowMs: 0 };
    let runs = 0;
    const disturbed = {
      ...paced(clock, 1, 1),
      sha1x4: () => void (clock.nowMs += runs++ % 2 === 0 ? 0.1 : 9),
    };
    const native = paced(clock, 0.5, 0.5);
    expect(measureHash({ wasm: disturbed, native }, () => clock.nowMs, 0, 64, 64).sha1).toBe('wasm');
  });

  it('gives four quarters of the range to the batch', () => {
    const clock = { nowMs: 0 };
    const seen: number[][] = [];
    const spy = {
      ...paced(clock, 1, 1),
      sha1x4: (...args: number[]) => {
        seen.push(args);
        clock.nowMs++;
      },
    };
    measureHash({ js: spy, native: paced(clock, 1, 1) }, () => clock.nowMs, 1000, 400, 5000);
    expect(seen.at(-1)).toEqual([1000, 1100, 1200, 1300, 100, 5000]);
  });

  it('ends when the clock stands still', () => {
    const still = paced({ nowMs: 0 }, 0, 0);
    expect(measureHash({ js: still, native: still }, () => 0, 0, 64, 64).sha1).toBe('native');
  });

  it('needs a candidate', () => {
    expect(() => measureHash({}, () => 0, 0, 64, 64)).toThrow(
      expect.objectContaining({ code: 'ERR_KERNELS_UNAVAILABLE' }),
    );
  });
});

describe('combineHash', () => {
  const clock = { nowMs: 0 };
  const calls: string[] = [];
  const kernels = { name: 'js', ...paced(clock, 1, 1) } as Kernels;
  const native = paced(clock, 1, 1, calls);

  it('replaces only the algorithms that were chosen elsewhere', () => {
    const combined = combineHash(kernels, { js: kernels, native }, { sha1: 'native', sha256: 'js' });
    expect(combined.name).toBe('js');
    combined.sha1(0, 0, 0);
    combined.sha1x4(0, 0, 0, 0, 0, 0);
    combined.sha256(0, 0, 0);
    combined.sha256x4(0, 0, 0, 0, 0, 0);
    expect(calls).toEqual(['sha1', 'sha1x4']);
  });

  it('hashes few messages by native', () => {
    calls.length = 0;
    const combined = combineHash(kernels, { js: kernels, native }, { sha1: 'js', sha256: 'js', few: 2 });
    combined.sha1(0, 0, 0);
    combined.sha1x4(0, 0, 0, 0, 0, 0);
    expect(calls).toEqual(['sha1']);
  });

  it('refuses a backend that is not there', () => {
    expect(() => combineHash(kernels, { js: kernels }, { sha1: 'js', sha256: 'wasm' })).toThrow(
      expect.objectContaining({ code: 'ERR_KERNELS_UNAVAILABLE', facts: { backend: 'wasm' } }),
    );
  });
});
