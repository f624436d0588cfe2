import { createSocket } from 'node:dgram';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { isMillraceError } from '../../../src/engine/errors.js';
import { createTracker, type Tracker } from '../../../src/tracker/index.js';
import { freePort } from '../../lib/free-port.js';

const open: Tracker[] = [];
const start = async (...args: Parameters<typeof createTracker>) => {
  const tracker = await createTracker(...args);
  open.push(tracker);
  return tracker;
};
afterEach(() => Promise.all(open.splice(0).map(tracker => tracker.close())));

const announceUrl = (tracker: Tracker, host: string) =>
  `http://${host}:${tracker.http!.port}/announce?info_hash=${'a'.repeat(20)}&peer_id=${'p'.repeat(20)}&port=1&left=1`;

it('without a host it serves both families, and keeps them apart', async () => {
  const tracker = await start({ http: { port: 0 }, udp: { port: 0 } });
  expect(tracker.udp!.url).toBe(`udp://127.0.0.1:${tracker.udp!.port}/announce`);
  for (const host of ['127.0.0.1', '[::1]'])
    expect((await fetch(announceUrl(tracker, host))).status).toBe(200);
  expect(tracker.stats()).toMatchObject({ torrents: 2, peers: 2 });
  for (const [type, host] of [
    ['udp4', '127.0.0.1'],
    ['udp6', '::1'],
  ] as const) {
    const socket = createSocket(type);
    const reply = new Promise<Buffer>(resolve => socket.once('message', resolve));
    socket.send(Buffer.from('00000417271019800000000000000001', 'hex'), tracker.udp!.port, host);
    expect(await reply).toHaveLength(16);
    socket.close();
  }
});

it('names are resolved', async () => {
  const tracker = await start({ udp: { port: 0, host: 'localhost' } });
  expect(tracker.http).toBeUndefined();
  expect(tracker.udp!.port).toBeGreaterThan(0);
});

it('forgets silent peers as the clock goes', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  try {
    let now = 0;
    const tracker = await start({
      http: { port: 0, host: '127.0.0.1' },
      intervalSeconds: 100,
      now: () => now,
    });
    await fetch(announceUrl(tracker, '127.0.0.1'));
    now = 150_999;
    vi.advanceTimersByTime(2000);
    expect(tracker.stats().peers).toBe(1);
    now = 151_000;
    vi.advanceTimersByTime(2000);
    expect(tracker.stats()).toMatchObject({ torrents: 0, peers: 0 });
  } finally {
    vi.useRealTimers();
  }
});

describe('failures are coded', () => {
  const codeOf = (promise: Promise<unknown>) =>
    promise.then(
      () => 'none',
      error => (isMillraceError(error) ? error.code : error),
    );

  it('port taken, HTTP and UDP; what was opened before is closed again', async () => {
    // of another range than the system's own, or an old connection of somebody may still have it over TCP
    const port = await freePort();
    const first = await start({ http: { port: 0, host: '127.0.0.1' }, udp: { port, host: '127.0.0.1' } });
    expect(await codeOf(start({ http: { port: first.http!.port, host: '127.0.0.1' } }))).toBe(
      'ERR_NET_ADDRESS_IN_USE',
    );
    expect(await codeOf(start({ http: { port, host: '127.0.0.1' }, udp: { port, host: '127.0.0.1' } }))).toBe(
      'ERR_NET_ADDRESS_IN_USE',
    );
    await start({ http: { port, host: '127.0.0.1' } });
  });

  it('an address that is not ours', async () => {
    expect(await codeOf(start({ http: { port: 0, host: '192.0.2.1' } }))).toBe('ERR_NET_ADDRESS');
    expect(await codeOf(start({ udp: { port: 0, host: '192.0.2.1' } }))).toBe('ERR_NET_ADDRESS');
  });

  it.each([
    { http: { port: 65536 } },
    { udp: { port: -1 } },
    { intervalSeconds: 0 },
    { intervalSeconds: 1.5 },
    { minIntervalSeconds: 1801 },
    { peerTtlSeconds: Number.NaN },
    { maxScrapeHashes: 75 },
    { maxTorrents: 0 },
    { maxPeers: 1e9 },
  ])('option %j', async options => {
    expect(await codeOf(start(options))).toBe('ERR_OPTION');
  });
});

it('close twice is once', async () => {
  const tracker = await start({ udp: { port: 0, host: '127.0.0.1' } });
  await tracker.close();
  await tracker[Symbol.asyncDispose]();
});
