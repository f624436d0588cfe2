import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { fromUtf8 } from '../../../src/engine/bytes.js';
import { decodeDict } from '../../../src/engine/protocol/bencode.js';
import { createTracker, type Tracker, type TrackerOptions } from '../../../src/tracker/index.js';

let tracker: Tracker;
afterEach(() => tracker.close());

const start = async (options: TrackerOptions = {}, host = '127.0.0.1') => {
  tracker = await createTracker({ http: { port: 0, host }, ...options });
  return tracker.http!.url.replace('/announce', '');
};
const HASH = 'a'.repeat(20);
const announce = (port: number, more = '') =>
  `/announce?info_hash=${HASH}&peer_id=${'p'.repeat(20)}&port=${port}&left=1${more}`;
const get = async (url: string) => {
  const response = await fetch(url);
  return { status: response.status, reply: decodeDict(new Uint8Array(await response.arrayBuffer())) };
};

describe('announce', () => {
  it('is compact unless asked otherwise', async () => {
    const base = await start();
    await get(base + announce(1001));
    const { reply } = await get(base + announce(1002));
    expect(reply.bytes('peers')).toEqual(Uint8Array.of(127, 0, 0, 1, 1001 >> 8, 1001 & 255));
    expect(reply.bytes('external ip')).toEqual(Uint8Array.of(127, 0, 0, 1));
    expect([reply.int('interval'), reply.int('min interval')]).toEqual([1800, 180]);
    expect([reply.int('complete'), reply.int('incomplete')]).toEqual([0, 2]);
  });

  it('lists peers with and without ids', async () => {
    const base = await start();
    await get(base + announce(1001));
    const list = async (more: string) => {
      const { reply } = await get(base + announce(1002, more));
      return [...(reply.list('peers')![0] as ReturnType<typeof decodeDict>)].map(([key, value]) =>
        value instanceof Uint8Array ? [key, fromUtf8(value)] : [key, value],
      );
    };
    const id = ['peer id', 'p'.repeat(20)];
    expect(await list('&compact=0')).toEqual([['ip', '127.0.0.1'], id, ['port', 1001]]);
    expect(await list('&compact=0&no_peer_id=1')).toEqual([
      ['ip', '127.0.0.1'],
      ['port', 1001],
    ]);
  });

  it('ignores the address that a client claims', async () => {
    const base = await start();
    await get(base + announce(1001, '&ip=8.8.8.8&ipv6=%3A%3A1'));
    const { reply } = await get(base + announce(1002));
    expect(reply.bytes('peers')?.subarray(0, 4)).toEqual(Uint8Array.of(127, 0, 0, 1));
  });

  it('gives the default number of peers, the wanted, or the limit', async () => {
    const base = await start({ defaultPeers: 3, maxPeersPerReply: 5 });
    for (let port = 1; port <= 9; port++) await get(base + announce(port));
    const count = async (more: string) =>
      (await get(base + announce(99, more))).reply.bytes('peers')!.length / 6;
    expect(await count('')).toBe(3);
    expect(await count('&numwant=-1')).toBe(3);
    expect(await count('&numwant=0')).toBe(0);
    expect(await count('&numwant=4')).toBe(4);
    expect(await count('&numwant=1000')).toBe(5);
  });

  it('refuses when full, with a reason', async () => {
    const base = await start({ maxPeers: 1 });
    await get(base + announce(1));
    const { status, reply } = await get(base + announce(2));
    expect([status, reply.text('failure reason')]).toEqual([200, 'tracker is full']);
  });

  it.each([
    ['no hash', `/announce?peer_id=${HASH}&port=1`, 'info_hash is missing'],
    ['a short hash', `/announce?info_hash=abc&peer_id=${HASH}&port=1`, 'info_hash is not 20 bytes'],
    [
      'a broken escape',
      `/announce?info_hash=%zz${HASH.slice(1)}&peer_id=${HASH}&port=1`,
      'info_hash is not 20 bytes',
    ],
    ['a long peer id', `/announce?info_hash=${HASH}&peer_id=${HASH}a&port=1`, 'peer_id is not 20 bytes'],
    ['port 0', announce(0), 'port must be 1 to 65535'],
    ['port 65536', announce(65536), 'port must be 1 to 65535'],
    ['a port in hex', `/announce?info_hash=${HASH}&peer_id=${HASH}&port=0x50`, 'port must be 1 to 65535'],
    ['left of text', `${announce(1).replace('left=1', 'left=x')}`, 'left must be 0 to'],
    ['129 parameters', `/announce?${'a&'.repeat(128)}b`, 'more than 128 parameters'],
    ['no scrape hash', '/scrape', 'info_hash is missing'],
  ])('%s is a 400 that says why', async (_name, path, reason) => {
    const { status, reply } = await get((await start()) + path);
    expect(status).toBe(400);
    expect(reply.text('failure reason')).toContain(reason);
    expect(tracker.stats()).toMatchObject({ torrents: 0, http: { malformed: 1 } });
  });

  it('other paths, other methods, long URLs', async () => {
    const base = await start();
    expect((await get(`${base}/`)).status).toBe(404);
    expect((await get(`${base}/announcex?info_hash=`)).status).toBe(404);
    expect((await fetch(base + announce(1), { method: 'POST', body: 'x' })).status).toBe(405);
    expect((await get(`${base}/announce?${'a'.repeat(8192)}`)).status).toBe(414);
    // Past the header limit of the HTTP parser.
    expect(
      await fetch(`${base}/announce?${'a'.repeat(40_000)}`).then(
        r => r.status,
        () => 400,
      ),
    ).toBe(400);
  });
});

it('IPv6 clients get IPv6 peers, in peers6', async () => {
  const base = await start({}, '::1');
  await get(base + announce(1001));
  const { reply } = await get(base + announce(1002));
  expect(reply.bytes('peers')).toHaveLength(0);
  expect(reply.bytes('peers6')).toEqual(
    Uint8Array.from([...new Array(15).fill(0), 1, 1001 >> 8, 1001 & 255]),
  );
});

it('scrape tells of what it knows, each once, up to the limit', async () => {
  const base = await start({ maxScrapeHashes: 2 });
  await get(base + announce(1));
  await get(base + announce(2).replace('left=1', 'left=0&event=completed'));
  const { reply } = await get(
    `${base}/scrape?info_hash=${HASH}&info_hash=${HASH}&info_hash=${'b'.repeat(20)}`,
  );
  const files = reply.dict('files')!;
  expect([...files.keys()]).toEqual([HASH]);
  expect([...files.dict(HASH)!]).toEqual([
    ['complete', 1],
    ['downloaded', 1],
    ['incomplete', 1],
  ]);
});

it('garbage on the socket gets a 400 and the door', async () => {
  await start();
  const socket = connect(tracker.http!.port, '127.0.0.1');
  socket.write('\u0013BitTorrent protocol\r\n\r\n');
  let answer = '';
  for await (const chunk of socket) answer += chunk;
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
});

it('a client that says nothing does not hold up close', async () => {
  await start();
  const socket = connect(tracker.http!.port, '127.0.0.1');
  await new Promise(resolve => socket.once('connect', resolve));
  const gone = new Promise(resolve => socket.once('close', resolve));
  socket.on('error', () => {});
  await tracker.close();
  await gone;
});
