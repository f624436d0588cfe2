import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Doubts } from '../../../../src/engine/session/doubts.js';
import type { PeerLink } from '../../../../src/engine/session/link.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

function scene() {
  const links = new Map<number, PeerLink>();
  let keys = 0;
  const connect = () => {
    const sent: string[] = [];
    const peer = {
      ...{ lastInMs: performance.now(), connectedAtMs: performance.now() },
      send: ({ type }: { type: string }) => void sent.push(type),
    };
    const link = { key: ++keys, peer } as unknown as PeerLink;
    links.set(link.key, link);
    return { link, sent, speak: () => void (peer.lastInMs = performance.now()) };
  };
  const doubts = new Doubts();
  /** Which connections are given up within so many seconds. */
  const pass = (seconds: number) => {
    const over: [PeerLink, PeerLink][] = [];
    for (let second = 0; second < seconds; second++) {
      vi.advanceTimersByTime(1000);
      over.push(...doubts.settle(links));
    }
    return over;
  };
  return { links, doubts, connect, pass };
}

it('a silent connection gives way to one of the same id that speaks', () => {
  const { doubts, connect, pass } = scene();
  const [old, newer] = [connect(), connect()];
  doubts.add(old.link, newer.link);
  expect(old.sent).toEqual(['keep-alive']);
  vi.advanceTimersByTime(1);
  newer.speak();
  expect(pass(9)).toEqual([]);
  expect(pass(2)).toEqual([[old.link, newer.link]]);
  expect(pass(60)).toEqual([]);
});

it('whoever says anything stays, however often its id is brought by others', () => {
  const { doubts, connect, pass } = scene();
  const old = connect();
  for (let thief = 0; thief < 5; thief++) {
    const newer = connect();
    doubts.add(old.link, newer.link);
    vi.advanceTimersByTime(1);
    newer.speak();
    expect(pass(5)).toEqual([]);
    old.speak();
    expect(pass(20)).toEqual([]);
  }
});

it('a newcomer that says nothing replaces nobody, nor does one that has left', () => {
  const { links, doubts, connect, pass } = scene();
  const [old, mute, gone] = [connect(), connect(), connect()];
  doubts.add(old.link, mute.link);
  expect(pass(30)).toEqual([]);
  doubts.add(old.link, gone.link);
  vi.advanceTimersByTime(1);
  gone.speak();
  links.delete(gone.link.key);
  expect(pass(30)).toEqual([]);
});

it('several newcomers do not put the end off', () => {
  const { doubts, connect, pass } = scene();
  const old = connect();
  let newer = connect();
  doubts.add(old.link, newer.link);
  for (let n = 0; n < 3; n++) {
    expect(pass(3)).toEqual([]);
    newer = connect();
    doubts.add(old.link, newer.link);
    vi.advanceTimersByTime(1);
    newer.speak();
  }
  expect(pass(2)).toEqual([[old.link, newer.link]]);
});
