import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRng } from '../../../../src/engine/policy/rng.js';
import { DhtAnnounces, MAX_LOOKUPS } from '../../../../src/engine/session/dht-announces.js';
import type { Seeker } from '../../../../src/engine/session/discovery.js';
import { TimerQueue } from '../../../../src/engine/session/timer-queue.js';

const MINUTE = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

interface Lookup {
  readonly seeker: Seeker;
  readonly atMs: number;
  readonly done: (found: number) => void;
  cancelled: boolean;
}

interface SceneOptions {
  /** Lookups last so long; without it until the test ends them. */
  readonly lookupMs?: number;
  readonly found?: number;
  /** Called as each begins. */
  readonly before?: () => void;
}

function scene({ lookupMs, found = 0, before = () => {} }: SceneOptions = {}) {
  const timers = new TimerQueue();
  const lookups: Lookup[] = [];
  let most = 0;
  const announces = new DhtAnnounces({
    rng: createRng(1),
    setTimer: (call, delayMs) => timers.set(call, delayMs),
    lookUp(seeker, done) {
      const lookup = { seeker, done, atMs: performance.now(), cancelled: false };
      lookups.push(lookup);
      most = Math.max(most, announces.running);
      before();
      const stop = lookupMs === undefined ? undefined : timers.set(() => done(found), lookupMs);
      return () => {
        lookup.cancelled = true;
        stop?.();
      };
    },
  });
  return { announces, lookups, most: () => most, timers };
}

function seeker(number: number, seeks = false): Seeker & { seeks: boolean } {
  const infoHash = number.toString(16).padStart(40, '0');
  return { infoHash, seeks, complete: !seeks, add: () => {} };
}

const gaps = (lookups: readonly Lookup[]) => lookups.slice(1).map(({ atMs }, i) => atMs - lookups[i].atMs);

describe('announces in the DHT', () => {
  it('wait for somebody to ask, and begin at once then', () => {
    const { announces, lookups } = scene();
    announces.join(seeker(1));
    vi.advanceTimersByTime(MINUTE);
    expect(lookups).toEqual([]);
    announces.setReady(true);
    expect(lookups).toHaveLength(1);
    announces.join(seeker(2));
    expect(lookups).toHaveLength(2);
  });

  it('are repeated before nodes forget, a little apart', () => {
    const { announces, lookups } = scene({ lookupMs: 2000 });
    announces.setReady(true);
    announces.join(seeker(1));
    vi.advanceTimersByTime(10 * 60 * MINUTE);
    for (const gap of gaps(lookups)) {
      expect(gap).toBeGreaterThan(13 * MINUTE);
      expect(gap).toBeLessThan(15 * MINUTE + 2001);
    }
    expect(new Set(gaps(lookups)).size).toBeGreaterThan(30);
  });

  it('come soon again while nobody is found, and then as rarely as those of a seed', () => {
    const lonely = scene({ lookupMs: 1000 });
    lonely.announces.setReady(true);
    lonely.announces.join(seeker(1, true));
    vi.advanceTimersByTime(60 * MINUTE);
    const waits = gaps(lonely.lookups);
    expect(waits[0]).toBeLessThan(2001);
    expect(waits[1]).toBeGreaterThan(waits[0]);
    expect(waits.length).toBeGreaterThan(28);
    for (const wait of waits) expect(wait).toBeLessThan(2 * MINUTE + 1001);

    const social = scene({ lookupMs: 1000, found: 50 });
    social.announces.setReady(true);
    social.announces.join(seeker(1, true));
    vi.advanceTimersByTime(60 * MINUTE);
    expect(gaps(social.lookups).at(-1)).toBeGreaterThan(13 * MINUTE);
  });

  it('are few at a time, those that seek first, and all in time for 10,000 torrents', () => {
    const { announces, lookups, most } = scene({ lookupMs: 2500 });
    for (let i = 0; i < 10_000; i++) announces.join(seeker(i));
    announces.setReady(true);
    const lacking = seeker(20_000, true);
    announces.join(lacking);
    vi.advanceTimersByTime(2500);
    expect(lookups[MAX_LOOKUPS].seeker).toBe(lacking);
    vi.advanceTimersByTime(30 * MINUTE);
    expect(new Set(lookups.map(lookup => lookup.seeker)).size).toBe(10_001);
    expect(most()).toBe(MAX_LOOKUPS);
  });

  it('end with the torrent, and others take the place', () => {
    const { announces, lookups, timers } = scene();
    announces.setReady(true);
    const seekers = Array.from({ length: MAX_LOOKUPS + 1 }, (_, i) => seeker(i));
    for (const one of seekers) announces.join(one);
    expect(lookups).toHaveLength(MAX_LOOKUPS);
    announces.leave(seekers[0]);
    expect(lookups[0].cancelled).toBe(true);
    expect(lookups.at(-1)!.seeker).toBe(seekers.at(-1));
    lookups[0].done(5); // too late
    expect(announces.running).toBe(MAX_LOOKUPS);
    for (const one of seekers) announces.leave(one);
    expect([announces.size, announces.running, timers.size]).toEqual([0, 0, 0]);
  });

  it('begin anew when nobody can be asked for a while, and when we are reached elsewhere', () => {
    const { announces, lookups } = scene();
    announces.setReady(true);
    announces.join(seeker(1));
    announces.setReady(false);
    expect(lookups[0].cancelled).toBe(true);
    announces.setReady(true);
    lookups[1].done(3);
    expect(lookups).toHaveLength(2);
    announces.again();
    expect(lookups).toHaveLength(3);
    expect(announces.running).toBe(1);
  });

  it('take lookups that end at once, however many they are', () => {
    let lookups = 0;
    const timers = new TimerQueue();
    const atOnce = new DhtAnnounces({
      rng: createRng(1),
      setTimer: (call, delayMs) => timers.set(call, delayMs),
      lookUp(_, done) {
        lookups++;
        done(0);
        return () => {};
      },
    });
    for (let i = 0; i < 20_000; i++) atOnce.join(seeker(i));
    atOnce.setReady(true);
    expect([lookups, atOnce.running, timers.size]).toEqual([20_000, 0, 20_000]);
  });

  it('wait on when the first of them finds out that there is nobody to ask', () => {
    const { announces, lookups, timers } = scene({
      before: () => announces.setReady(false),
    });
    announces.join(seeker(1));
    announces.join(seeker(2));
    announces.setReady(true);
    expect([lookups.length, announces.running, timers.size]).toEqual([1, 0, 0]);
    announces.setReady(true);
    expect(lookups).toHaveLength(2);
  });
});
