import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../../src/engine/errors.js';
import { PieceWaits } from '../../../../src/engine/session/piece-waits.js';
import { abortable, Deferred, pending, throwIfAborted } from '../../../../src/engine/session/waits.js';

const never = new Promise<never>(() => {});

describe('abortable', () => {
  it('is the promise itself without a signal, and passes its end on with one', async () => {
    const promise = Promise.resolve(5);
    expect(abortable(promise, undefined)).toBe(promise);
    const { signal } = new AbortController();
    expect(await abortable(promise, signal)).toBe(5);
    await expect(abortable(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  });

  it('rejects with the reason as cause as soon as the signal says so', async () => {
    const stop = new AbortController();
    const wait = abortable(never, stop.signal);
    stop.abort('tired');
    await expect(wait).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: 'tired' });
    await expect(abortable(never, stop.signal)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(() => throwIfAborted(stop.signal)).toThrow(MillraceError);
    throwIfAborted(undefined);
  });

  it('leaves no unhandled rejection behind when the work fails after the abort', async () => {
    const work = new Deferred();
    await expect(abortable(work.promise, AbortSignal.abort())).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    work.reject(new Error('late'));
    await new Promise(setImmediate);
  });
});

describe('Deferred', () => {
  it('gives the same promise before and after its end', async () => {
    const asked = new Deferred();
    const { promise } = asked;
    asked.resolve();
    asked.reject(new Error('too late'));
    expect(asked.promise).toBe(promise);
    await promise;
    const unasked = new Deferred();
    unasked.reject(new Error('nobody saw it'));
    await expect(unasked.promise).rejects.toThrow('nobody saw it');
  });

  it('remembers its first end, and nobody has to watch it', async () => {
    const wait = new Deferred();
    expect(wait.settled).toBeUndefined();
    expect(pending(wait)).toBe(wait);
    wait.reject(new Error('first'));
    wait.resolve();
    expect(wait.settled).toBe('rejected');
    await expect(wait.promise).rejects.toThrow('first');
    expect(pending(wait)).not.toBe(wait);
    expect(pending(wait).settled).toBeUndefined();
  });
});

describe('PieceWaits', () => {
  function scene(...had: number[]) {
    const have = new Set(had);
    let urgent: readonly number[] = [];
    const waits = new PieceWaits(
      piece => have.has(piece),
      pieces => (urgent = pieces),
    );
    return { have, waits, urgent: () => urgent };
  }

  it('resolves for what is here, and when a piece arrives', async () => {
    const { waits } = scene(3);
    await waits.until(3);
    const both = Promise.all([waits.until(4), waits.until(4)]);
    waits.arrived(5);
    waits.arrived(4);
    await both;
  });

  it('an abort ends one wait only', async () => {
    const { waits } = scene();
    const stop = new AbortController();
    const aborted = waits.until(1, stop.signal);
    const other = waits.until(1);
    stop.abort();
    await expect(aborted).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    waits.arrived(1);
    await other;
  });

  it('fails all waits, those to come as well, until it recovers', async () => {
    const { waits } = scene(8);
    const failure = new MillraceError('ERR_STORAGE_FULL', 'full');
    const early = waits.until(1);
    waits.fail(failure);
    await expect(early).rejects.toBe(failure);
    await expect(waits.until(2)).rejects.toBe(failure);
    await waits.until(8);
    waits.recover();
    const later = waits.until(1);
    waits.arrived(1);
    await later;
  });

  it('readers take turns with what they want next', () => {
    const { waits, urgent } = scene();
    const [a, b] = [{}, {}];
    waits.want(a, [1, 2, 3]);
    waits.want(b, [7, 2]);
    expect(urgent()).toEqual([1, 7, 2, 3]);
    waits.want(a, [2]);
    expect(urgent()).toEqual([2, 7]);
    waits.want(b, []);
    expect(urgent()).toEqual([2]);
    waits.want(a, []);
    expect(urgent()).toEqual([]);
  });
});
