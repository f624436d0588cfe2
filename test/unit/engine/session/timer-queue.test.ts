import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRng } from '../../../../src/engine/policy/rng.js';
import { Resting } from '../../../../src/engine/session/resting.js';
import { TimerQueue } from '../../../../src/engine/session/timer-queue.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('TimerQueue', () => {
  it('calls in the order of time, whatever was set and called off, with one timer', () => {
    const queue = new TimerQueue();
    const rng = createRng(7);
    const due: number[] = [];
    const called: number[] = [];
    const off: (() => void)[] = [];
    for (let i = 0; i < 1000; i++) {
      const delayMs = rng.below(100_000);
      const cancel = queue.set(() => called.push(delayMs), delayMs);
      if (rng.below(3) === 0) off.push(cancel);
      else due.push(delayMs);
      expect(vi.getTimerCount()).toBe(1);
    }
    for (const cancel of off) cancel();
    for (const cancel of off) cancel(); // a second time is nothing
    expect(queue.size).toBe(due.length);
    vi.advanceTimersByTime(50_000);
    const sorted = due.sort((a, b) => a - b);
    expect(called).toEqual(sorted.filter(delayMs => delayMs <= 50_000));
    vi.advanceTimersByTime(50_001);
    expect(called).toEqual(sorted);
    expect([queue.size, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('takes new calls and cancels while it calls', () => {
    const queue = new TimerQueue();
    const called: string[] = [];
    const second = queue.set(() => called.push('second'), 20);
    queue.set(() => {
      called.push('first');
      second();
      queue.set(() => called.push('third'), 5);
    }, 10);
    vi.advanceTimersByTime(100);
    expect(called).toEqual(['first', 'third']);
  });
});

describe('Resting', () => {
  it('asks each torrent once after a while, with one timer for all', () => {
    const resting = new Resting();
    const asked: number[] = [];
    const torrents = [0, 1, 2].map(i => ({
      rest: async () => {
        asked.push(i);
        if (i === 1 && asked.length < 4) resting.add(torrents[1]);
      },
    }));
    for (const torrent of [...torrents, ...torrents]) resting.add(torrent);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersToNextTimer();
    expect(asked).toEqual([0, 1, 2]);
    vi.advanceTimersToNextTimer();
    expect(asked).toEqual([0, 1, 2, 1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('asks nobody after its end', () => {
    const resting = new Resting();
    resting.add({ rest: () => Promise.reject(new Error('asked')) });
    resting.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});
