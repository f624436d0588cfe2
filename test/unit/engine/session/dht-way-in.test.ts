import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRng } from '../../../../src/engine/policy/rng.js';
import { DhtWayIn } from '../../../../src/engine/session/dht-way-in.js';
import { TimerQueue } from '../../../../src/engine/session/timer-queue.js';

const MINUTE = 60_000;
const ROUTERS = [
  { host: 'a.example', port: 1 },
  { host: 'b.example', port: 2 },
];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function scene() {
  const state = { answers: false, unknown: '' };
  const asked: { name: string; atMs: number }[] = [];
  const told: string[] = [];
  const timers = new TimerQueue();
  const wayIn = new DhtWayIn({
    timers,
    rng: createRng(1),
    log: {
      debug() {},
      info: (facts: object) => void told.push(JSON.stringify(facts)),
      warn() {},
      error() {},
    },
    bootstrap: ROUTERS,
    look: () => state.answers,
    async addNode({ host }) {
      asked.push({ name: host, atMs: performance.now() });
      if (host === state.unknown) throw new Error('no such name');
    },
  });
  return { state, asked, told, wayIn, timers, startMs: performance.now() };
}

describe('the way into the DHT', () => {
  it('is asked for at once, and ever more rarely while nobody answers', () => {
    const { asked, wayIn, startMs } = scene();
    wayIn.start(false);
    expect(asked.map(({ name }) => name)).toEqual(['a.example', 'b.example']);
    vi.advanceTimersByTime(60 * MINUTE);
    const times = asked.filter(({ name }) => name === 'a.example').map(({ atMs }) => atMs - startMs);
    const waits = times.slice(1).map((atMs, i) => atMs - times[i]);
    expect(waits[0]).toBeLessThanOrEqual(10_000);
    expect(Math.max(...waits)).toBeLessThanOrEqual(5 * MINUTE);
    expect(times.length).toBeLessThan(30);
  });

  it('is asked for when nodes of an earlier session do not answer in time', () => {
    const { asked, wayIn, startMs } = scene();
    wayIn.start(true);
    expect(asked).toEqual([]);
    vi.advanceTimersByTime(10_000);
    expect(asked[0].atMs - startMs).toBe(3000);
  });

  it('is not asked for while somebody answers, and again when nobody does any more', () => {
    const { state, asked, wayIn } = scene();
    state.answers = true;
    wayIn.start(true);
    vi.advanceTimersByTime(60 * MINUTE);
    expect(asked).toEqual([]);
    state.answers = false;
    vi.advanceTimersByTime(MINUTE);
    expect(asked.length).toBeGreaterThan(0);
  });

  it('complains once of a name that is not known', async () => {
    const { state, told, wayIn } = scene();
    state.unknown = 'b.example';
    wayIn.start(false);
    for (let i = 0; i < 10; i++) await vi.advanceTimersByTimeAsync(MINUTE);
    expect(told).toHaveLength(1);
    expect(told[0]).toContain('b.example:2');
  });

  it('is not asked for once it is stopped, and only once when it is started twice', () => {
    const { asked, wayIn, timers } = scene();
    wayIn.start(false);
    wayIn.start(false);
    expect(timers.size).toBe(1);
    wayIn.stop();
    const before = asked.length;
    vi.advanceTimersByTime(60 * MINUTE);
    expect(asked).toHaveLength(before);
  });
});
