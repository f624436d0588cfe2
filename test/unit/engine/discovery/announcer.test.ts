import { describe, expect, it } from 'vitest';
import { Announcer, type TrackerStatus } from '../../../../src/engine/discovery/announcer.js';
import type { TrackerClient } from '../../../../src/engine/discovery/tracker-client.js';
import { createTrackerClients } from '../../../../src/engine/discovery/tracker-clients.js';
import { MillraceError } from '../../../../src/engine/errors.js';
import type { PeerAddress } from '../../../../src/engine/ids.js';
import { Backoff } from '../../../../src/engine/policy/backoff.js';
import { createRng } from '../../../../src/engine/policy/rng.js';
import type { AnnounceRequest, AnnounceResponse } from '../../../../src/engine/protocol/tracker/announce.js';
import { createTracker } from '../../../../src/tracker/index.js';

const MINUTE = 60_000;
const PEER = { host: '192.0.2.1', port: 1 };
/** Dice that leave a tier in its order. */
const STILL = { below: (bound: number) => bound - 1 };
const NUMBERS = {
  infoHash: new Uint8Array(20).fill(1),
  peerId: new Uint8Array(20).fill(2),
  port: 1000,
  uploaded: 0,
  downloaded: 0,
  left: 1,
  key: 0,
};

const timeout = () => new MillraceError('ERR_TRACKER_TIMEOUT', 'silent');
const settled = () => new Promise<void>(resolve => setImmediate(resolve));

/** An announcer on a clock of its own, and trackers that answer as scripted: a response, an error, or never. */
function setUp(
  tiers: string[][],
  answer: (url: string, request: AnnounceRequest) => Partial<AnnounceResponse> | MillraceError | 'never',
  numbers: Partial<typeof NUMBERS> = {},
) {
  let nowMs = 0;
  let timers: { at: number; callback: () => void }[] = [];
  const asked: string[] = [];
  const requests: AnnounceRequest[] = [];
  const found: PeerAddress[] = [];
  const statuses: TrackerStatus[] = [];
  let aborts = 0;
  const trackers: TrackerClient = {
    announce: (url, request, { signal } = {}) => {
      asked.push(`${url} ${request.event ?? '-'} at ${nowMs / 1000}`);
      requests.push(request);
      const reply = answer(url, request);
      if (reply instanceof MillraceError) return Promise.reject(reply);
      if (reply !== 'never') return Promise.resolve({ intervalMs: 30 * MINUTE, peers: [PEER], ...reply });
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          aborts++;
          reject(new MillraceError('ERR_ABORTED', 'aborted'));
        });
      });
    },
    scrape: () => Promise.reject(new Error('not asked for')),
  };
  const announcer = new Announcer({
    tiers,
    trackers,
    request: () => ({ ...NUMBERS, ...numbers }),
    rng: STILL,
    backoff: new Backoff({ firstMs: 10_000, maxMs: 40_000, jitter: 0 }, createRng(1)),
    onPeers: peers => found.push(...peers),
    onStatus: status => statuses.push(status),
    now: () => nowMs,
    setTimer: (callback, delayMs) => {
      const timer = { at: nowMs + delayMs, callback };
      timers.push(timer);
      return () => {
        timers = timers.filter(one => one !== timer);
      };
    },
  });
  const advance = async (ms: number) => {
    const end = nowMs + ms;
    for (;;) {
      await settled();
      timers.sort((a, b) => a.at - b.at);
      if (timers.length === 0 || timers[0].at > end) break;
      const [next] = timers.splice(0, 1);
      nowMs = next.at;
      next.callback();
    }
    nowMs = end;
  };
  return {
    announcer,
    advance,
    asked,
    requests,
    found,
    statuses,
    timers: () => timers.length,
    aborts: () => aborts,
  };
}

describe('the order of trackers (BEP 12)', () => {
  it('tries tier by tier until one answers, which then leads its tier', async () => {
    const down = new Set(['a1', 'a2']);
    const { announcer, advance, asked } = setUp([['a1', 'a2', 'a3'], ['b1']], url =>
      down.has(url) ? timeout() : {},
    );
    announcer.start();
    await advance(0);
    expect(asked).toEqual(['a1 started at 0', 'a2 started at 0', 'a3 started at 0']);
    await advance(30 * MINUTE);
    expect(asked.slice(3)).toEqual(['a3 - at 1800']);
    down.add('a3');
    asked.length = 0;
    await advance(30 * MINUTE);
    // The second tier only when all of the first have failed; a tracker's first announce says started.
    expect(asked).toEqual(['a3 - at 3600', 'a1 started at 3600', 'a2 started at 3600', 'b1 started at 3600']);
  });

  it('a tracker that refuses is passed over too', async () => {
    const { announcer, advance, asked } = setUp([['a'], ['b']], url =>
      url === 'a' ? new MillraceError('ERR_TRACKER_FAILURE', 'no') : {},
    );
    announcer.start();
    await advance(0);
    expect(asked).toEqual(['a started at 0', 'b started at 0']);
  });

  it('backs off while all are down, and starts anew after a success', async () => {
    let up = false;
    const { announcer, advance, asked } = setUp([['a']], () => (up ? {} : timeout()));
    announcer.start();
    await advance(120_000);
    expect(asked.map(line => Number(line.split(' ')[3]))).toEqual([0, 10, 30, 70, 110]);
    up = true;
    await advance(30_000);
    up = false;
    asked.length = 0;
    await advance(30 * MINUTE + 10_000);
    expect(asked).toEqual(['a - at 1950', 'a - at 1960']);
  });

  it('without trackers it does nothing', async () => {
    const { announcer, timers } = setUp([[], []], () => ({}));
    announcer.start();
    announcer.announceNow();
    announcer.completed();
    expect(timers()).toBe(0);
    await announcer.stop();
  });
});

describe('intervals', () => {
  const delays = async (reply: Partial<AnnounceResponse>, left = 1) => {
    const { announcer, advance, asked } = setUp([['a']], () => reply, { left });
    announcer.start();
    await advance(60 * MINUTE);
    return Number(asked[1].split(' ')[3]);
  };

  it('the interval, but no less than the minimum and 60 s', async () => {
    expect(await delays({ intervalMs: 20 * MINUTE })).toBe(1200);
    expect(await delays({ intervalMs: 1 })).toBe(60);
    expect(await delays({ intervalMs: 1, minIntervalMs: 2 * MINUTE })).toBe(120);
  });

  it('a downloader without peers asks sooner, a seed does not', async () => {
    expect(await delays({ peers: [] })).toBe(300);
    expect(await delays({ peers: [], minIntervalMs: 3 * MINUTE })).toBe(180);
    expect(await delays({ peers: [], intervalMs: 2 * MINUTE })).toBe(120);
    expect(await delays({ peers: [] }, 0)).toBe(1800);
  });

  it('announceNow waits for the minimum', async () => {
    const { announcer, advance, asked } = setUp([['a']], () => ({ minIntervalMs: 5 * MINUTE }));
    announcer.start();
    await advance(MINUTE);
    announcer.announceNow();
    announcer.announceNow();
    await advance(10 * MINUTE);
    announcer.announceNow();
    await advance(0);
    expect(asked).toEqual(['a started at 0', 'a - at 300', 'a - at 660']);
  });
});

describe('events', () => {
  it('completed once, at once', async () => {
    const { announcer, advance, asked } = setUp([['a']], () => ({}));
    announcer.start();
    await advance(10_000);
    announcer.completed();
    await advance(30 * MINUTE);
    expect(asked).toEqual(['a started at 0', 'a completed at 10', 'a - at 1810']);
  });

  it('completed again and again until somebody hears it', async () => {
    let up = false;
    const { announcer, advance, asked } = setUp([['a']], () => (up ? {} : timeout()));
    announcer.start();
    announcer.completed();
    await advance(0);
    up = true;
    await advance(10_000);
    expect(asked).toEqual(['a completed at 0', 'a completed at 10']);
  });

  it('completed during an announce follows it', async () => {
    const set = setUp([['a']], () => {
      if (set.asked.length === 1) set.announcer.completed();
      return {};
    });
    set.announcer.start();
    await set.advance(0);
    expect(set.asked).toEqual(['a started at 0', 'a completed at 0']);
  });

  it('the tracker id comes back to its tracker', async () => {
    const trackerId = Uint8Array.of(7);
    const { announcer, advance, requests } = setUp([['a']], () => ({ trackerId }));
    announcer.start();
    await advance(30 * MINUTE);
    expect(requests.map(request => request.trackerId)).toEqual([undefined, trackerId]);
  });
});

describe('stop', () => {
  it('says stopped to those who know of us, and leaves no timer', async () => {
    let up = 'a';
    const { announcer, advance, asked, timers, requests } = setUp([['a', 'b', 'c']], url =>
      url === up ? {} : timeout(),
    );
    announcer.start();
    await advance(0);
    up = 'b';
    await advance(30 * MINUTE);
    asked.length = 0;
    const stopped = announcer.stop();
    expect(announcer.stop()).toBe(stopped);
    await stopped;
    expect(asked).toEqual(['a stopped at 1800', 'b stopped at 1800']);
    expect(requests.at(-1)).toMatchObject({ numWant: 0 });
    announcer.announceNow();
    announcer.completed();
    announcer.start();
    expect(timers()).toBe(0);
  });

  it('waits 5 s for a tracker that never answers', async () => {
    const { announcer, advance, aborts, timers } = setUp([['a']], (_url, { event }) =>
      event === 'stopped' ? 'never' : {},
    );
    announcer.start();
    await advance(0);
    let done = false;
    const stopped = announcer.stop().then(() => {
      done = true;
    });
    await advance(4_999);
    expect(done).toBe(false);
    await advance(1);
    await stopped;
    expect([aborts(), timers()]).toEqual([1, 0]);
  });

  it('a signal ends the wait', async () => {
    const { announcer, advance } = setUp([['a']], (_url, { event }) => (event === 'stopped' ? 'never' : {}));
    announcer.start();
    await advance(0);
    const cut = new AbortController();
    const stopped = announcer.stop({ signal: cut.signal });
    cut.abort();
    await stopped;
  });

  it('ends an announce under way; nobody heard of us, so nobody is told', async () => {
    const { announcer, advance, aborts, asked, statuses } = setUp([['a'], ['b']], () => 'never');
    announcer.start();
    await advance(0);
    await announcer.stop();
    await settled();
    expect(aborts()).toBe(1);
    expect(asked).toHaveLength(1);
    expect(statuses.at(-1)?.state).toBe('announcing');
  });
});

describe('trackers that change', () => {
  it('new ones are asked at once, beside the regular announces', async () => {
    const { announcer, advance, asked } = setUp([['a']], () => ({}));
    announcer.start();
    await advance(10_000);
    announcer.setTiers([['a', 'b'], ['c']]);
    await advance(0);
    expect(asked.splice(0)).toEqual(['a started at 0', 'b started at 10', 'c started at 10']);
    await advance(30 * MINUTE);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/^[ab] - at 1800$/);
  });

  it('those that go are told stopped if they knew of us; a successor takes over at once', async () => {
    const down = new Set(['b']);
    const { announcer, advance, asked, timers } = setUp([['b'], ['a'], ['c']], url =>
      down.has(url) ? timeout() : {},
    );
    announcer.start();
    await advance(10_000);
    asked.length = 0;
    announcer.setTiers([['c']]);
    await advance(0);
    expect(asked.splice(0)).toEqual(['a stopped at 10', 'c started at 10']);
    announcer.setTiers([]);
    await advance(0);
    expect(asked.splice(0)).toEqual(['c stopped at 10']);
    expect(timers()).toBe(0);
    announcer.setTiers([['a']]);
    await advance(0);
    expect(asked.splice(0)).toEqual(['a started at 10']);
    await announcer.stop();
    expect(asked).toEqual(['a stopped at 10']);
  });

  it('one that goes while it is asked is told so when it has answered', async () => {
    const set = setUp([['a'], ['b']], url => {
      if (url === 'a' && set.asked.length === 1) set.announcer.setTiers([['b']]);
      return {};
    });
    set.announcer.start();
    await set.advance(0);
    expect(set.asked).toEqual(['a started at 0', 'a stopped at 0', 'b started at 0']);
  });

  it('a new one that answers takes on the announces of those that do not', async () => {
    const { announcer, advance, asked } = setUp([['a']], url => (url === 'a' ? timeout() : {}));
    announcer.start();
    await advance(1000);
    announcer.setTiers([['a'], ['b']]);
    await advance(20 * MINUTE);
    expect(asked).toEqual(['a started at 0', 'b started at 1']);
  });

  it('before the start and after the stop nothing is asked', async () => {
    const { announcer, advance, asked } = setUp([['a']], () => ({}));
    announcer.setTiers([['b']]);
    await advance(1000);
    expect(asked).toEqual([]);
    announcer.start();
    await advance(0);
    await announcer.stop();
    announcer.setTiers([['c']]);
    await advance(MINUTE);
    expect(asked).toEqual(['b started at 1', 'b stopped at 1']);
  });
});

it('a user who wants to announce again waits for the minimum only where somebody answered', async () => {
  const down = new Set(['a']);
  const { announcer, advance, asked } = setUp([['a'], ['b']], url => (down.has(url) ? timeout() : {}));
  announcer.start();
  await advance(10_000);
  announcer.announceAgain();
  await advance(0);
  expect(asked.splice(0)).toEqual(['a started at 0', 'b started at 0', 'a started at 10']);
  down.clear();
  announcer.announceAgain();
  await advance(49_999);
  expect(asked.splice(0)).toEqual(['a started at 10']);
  await advance(1);
  expect(asked).toEqual(['a - at 60']);
});

it('tells who is next, and when', async () => {
  const down = new Set(['a']);
  const { announcer, advance } = setUp([['a'], ['b'], ['c']], url => (down.has(url) ? timeout() : {}));
  expect(announcer.upNext).toBeUndefined();
  announcer.start();
  expect(announcer.upNext).toEqual({ urls: ['a', 'b', 'c'], inMs: 0 });
  await advance(MINUTE);
  expect(announcer.upNext).toEqual({ urls: ['a', 'b'], inMs: 29 * MINUTE });
  await announcer.stop();
  expect(announcer.upNext).toBeUndefined();
});

it('reports states with redacted URLs', async () => {
  const url = (name: string) => `http://${name}/secret/announce`;
  const { announcer, advance, statuses, found } = setUp([[url('a')], [url('b')]], asked =>
    asked === url('a') ? timeout() : { seeders: 3, leechers: 4, warning: 'w' },
  );
  announcer.start();
  await advance(0);
  expect(statuses.map(({ url, state }) => `${url} ${state}`)).toEqual([
    'http://a/***/announce idle',
    'http://b/***/announce idle',
    'http://a/***/announce announcing',
    'http://a/***/announce failed',
    'http://b/***/announce announcing',
    'http://b/***/announce working',
  ]);
  expect(statuses[3].error?.code).toBe('ERR_TRACKER_TIMEOUT');
  expect(statuses[5]).toMatchObject({ seeders: 3, leechers: 4, warning: 'w', nextMs: 30 * MINUTE });
  expect(found).toEqual([PEER]);
});

describe.each(['http', 'udp'] as const)('over %s to our own tracker', scheme => {
  it('two peers meet, one leaves', async () => {
    await using tracker = await createTracker({ [scheme]: { port: 0, host: '127.0.0.1' } });
    const clients = createTrackerClients();
    const join = (port: number, left: number) =>
      new Promise<{ announcer: Announcer; peers: PeerAddress[] }>((resolve, reject) => {
        const peers: PeerAddress[] = [];
        const announcer = new Announcer({
          tiers: [[tracker[scheme]!.url]],
          trackers: clients,
          request: () => ({ ...NUMBERS, port, left }),
          rng: createRng(port),
          backoff: new Backoff({ firstMs: 1000, maxMs: 1000 }, createRng(1)),
          onPeers: found => peers.push(...found),
          onStatus: ({ state, error }) => {
            if (state === 'failed') reject(error);
            // After the peers.
            if (state === 'working') setImmediate(() => resolve({ announcer, peers }));
          },
        });
        announcer.start();
      });
    const seed = await join(1001, 0);
    const first = await join(1002, 1);
    const second = await join(1003, 1);
    expect(seed.peers).toEqual([]);
    expect(first.peers.map(peer => peer.port)).toEqual([1001]);
    expect(second.peers.map(peer => peer.port).sort()).toEqual([1001, 1002]);
    await first.announcer.stop();
    expect(tracker.stats().peers).toBe(2);
    await Promise.all([seed.announcer.stop(), second.announcer.stop()]);
    expect(tracker.stats()).toMatchObject({ torrents: 0, peers: 0 });
    clients.close();
    await expect(clients.announce(tracker[scheme]!.url, NUMBERS)).rejects.toMatchObject({
      code: 'ERR_CLOSED',
    });
  });
});

it('clients refuse other schemes', async () => {
  const clients = createTrackerClients();
  await expect(clients.announce('wss://t/', NUMBERS)).rejects.toMatchObject({ code: 'ERR_TRACKER_URL' });
  clients.close();
});
