import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { fromHex } from '../../../../src/engine/bytes.js';
import { UdpTracker, type UdpTrackerOptions } from '../../../../src/engine/discovery/udp-tracker.js';
import {
  decodeUdpRequest,
  type UdpRequest,
  writeAnnounceReplyHead,
  writeConnectReply,
  writeErrorReply,
  writeScrapeReply,
} from '../../../../src/engine/protocol/tracker/udp.js';
import { createTracker } from '../../../../src/tracker/index.js';
import { fakeNames } from '../../../lib/fake-names.js';
import { readVectors } from '../../../lib/vectors.js';

const REQUEST = {
  infoHash: new Uint8Array(20).fill(1),
  peerId: new Uint8Array(20).fill(2),
  port: 1000,
  uploaded: 0,
  downloaded: 0,
  left: 1,
  key: 0,
};
const SCRAPE_ENTRY = { seeders: 1, completed: 2, leechers: 3 };

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

const createClient = (options: UdpTrackerOptions = {}) => {
  const client = new UdpTracker(options);
  cleanups.push(() => client.close());
  return client;
};

type Handler = (
  request: UdpRequest,
  reply: (packet: Uint8Array) => void,
  from: RemoteInfo,
  socket: Socket,
) => void;

/** A tracker that does what the test says; `well` answers as it should. */
async function fake(handle: Handler) {
  const socket = createSocket('udp4');
  socket.on('message', (packet, from) => {
    const request = decodeUdpRequest(packet)!;
    handle(request, bytes => socket.send(bytes, from.port, from.address), from, socket);
  });
  await new Promise<void>(resolve => socket.bind(0, '127.0.0.1', resolve));
  cleanups.push(() => socket.close());
  return `udp://127.0.0.1:${socket.address().port}`;
}

function well(request: UdpRequest): Uint8Array {
  const into = new Uint8Array(1000);
  const { transactionId } = request;
  if (request.action === 'connect')
    return into.subarray(0, writeConnectReply(into, transactionId, fromHex('1122334455667788')));
  if (request.action === 'announce')
    return into.subarray(0, writeAnnounceReplyHead(into, transactionId, 900, 3, 4));
  return into.subarray(
    0,
    writeScrapeReply(
      into,
      transactionId,
      request.infoHashes.map(() => SCRAPE_ENTRY),
    ),
  );
}

describe('against our own tracker', () => {
  it.each(['127.0.0.1', '::1'])('announces and scrapes at %s', async host => {
    const tracker = await createTracker({ udp: { port: 0, host } });
    cleanups.push(() => tracker.close());
    const client = createClient();
    const { url } = tracker.udp!;
    expect(await client.announce(url, REQUEST)).toEqual({
      intervalMs: 1_800_000,
      peers: [],
      seeders: 0,
      leechers: 1,
    });
    const second = await client.announce(url, { ...REQUEST, port: 2000, left: 0 });
    expect(second.peers).toEqual([{ host, port: 1000 }]);
    expect(await client.scrape(url, [REQUEST.infoHash])).toEqual([
      { infoHash: '01'.repeat(20), seeders: 1, completed: 0, leechers: 1 },
    ]);
    // One connection id for all.
    expect(tracker.stats().udp.connects).toBe(1);
  });

  it('a name with two families: whichever answers', async () => {
    const tracker = await createTracker({ udp: { port: 0, host: '127.0.0.1' } });
    cleanups.push(() => tracker.close());
    const reply = await createClient().announce(`udp://localhost:${tracker.udp!.port}`, REQUEST);
    expect(reply.leechers).toBe(1);
  });

  it('after a restart of the tracker, whose ids are new', async () => {
    let tracker = await createTracker({ udp: { port: 0, host: '127.0.0.1' } });
    const { port, url } = tracker.udp!;
    const client = createClient({ retransmitMs: 30, attempts: 8 }); // however slow the machine is
    await client.announce(url, REQUEST);
    await tracker.close();
    tracker = await createTracker({ udp: { port, host: '127.0.0.1' } });
    cleanups.push(() => tracker.close());
    expect(await client.announce(url, REQUEST)).toMatchObject({ leechers: 1 });
  });
});

describe('what a client does', () => {
  it('shares one connect among torrents, and sends path and query (BEP 41)', async () => {
    const seen: UdpRequest[] = [];
    const base = await fake((request, reply) => {
      seen.push(request);
      reply(well(request));
    });
    const client = createClient();
    await Promise.all([1, 2, 3].map(() => client.announce(`${base}/a?key=b`, REQUEST)));
    expect(seen.map(request => request.action)).toEqual(['connect', 'announce', 'announce', 'announce']);
    expect(seen[1]).toMatchObject({ urlData: '/a?key=b', port: 1000 });
  });

  it('retransmits as in the time-line of BEP 15', async () => {
    const { bep15_udp } = readVectors<{ bep15_udp: { retransmitSeconds: number[] } }>('tracker.json');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const seen: string[] = [];
    let heard = () => {};
    let answering = true;
    const startMs = performance.now();
    const base = await fake((request, reply) => {
      seen.push(`${request.action} at ${(performance.now() - startMs) / 1000}`);
      if (request.action === 'connect' && answering) reply(well(request));
      else heard();
    });
    const next = () =>
      new Promise<void>(resolve => {
        heard = resolve;
      });
    const client = createClient({ attempts: 5 });
    const arrived = next();
    const failing = client.announce(base, REQUEST).catch(error => error);
    await arrived;
    answering = false;
    for (const seconds of bep15_udp.retransmitSeconds.slice(0, 4)) {
      const again = next();
      vi.advanceTimersByTime(seconds * 1000);
      await again;
    }
    // The id from second 0 is older than a minute at 105, so a new one is asked for.
    expect(seen).toEqual([
      'connect at 0',
      'announce at 0',
      'announce at 15',
      'announce at 45',
      'connect at 105',
      'connect at 225',
    ]);
    vi.advanceTimersByTime(240_000);
    expect(await failing).toMatchObject({ code: 'ERR_TRACKER_TIMEOUT' });
  });

  it('gives up after two sendings', async () => {
    let packets = 0;
    const base = await fake(() => void packets++);
    await expect(createClient({ retransmitMs: 20 }).announce(base, REQUEST)).rejects.toMatchObject({
      code: 'ERR_TRACKER_TIMEOUT',
      facts: { timeoutMs: 60 },
    });
    await vi.waitFor(() => expect(packets).toBe(2)); // the last may arrive after its time
  });

  it('asks for a new connection id after a minute', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const seen: string[] = [];
    const base = await fake((request, reply) => {
      seen.push(request.action);
      reply(well(request));
    });
    const client = createClient();
    await client.announce(base, REQUEST);
    vi.advanceTimersByTime(59_000);
    await client.announce(base, REQUEST);
    vi.advanceTimersByTime(1_001);
    await client.announce(base, REQUEST);
    expect(seen).toEqual(['connect', 'announce', 'announce', 'connect', 'announce']);
  });

  it('an error is a failure, and the connection id is not used again', async () => {
    const seen: string[] = [];
    const base = await fake((request, reply) => {
      seen.push(request.action);
      const into = new Uint8Array(100);
      if (request.action === 'connect') reply(well(request));
      else reply(into.subarray(0, writeErrorReply(into, request.transactionId, 'go away')));
    });
    const client = createClient();
    for (let i = 0; i < 2; i++) {
      await expect(client.announce(base, REQUEST)).rejects.toMatchObject({
        code: 'ERR_TRACKER_FAILURE',
        message: 'tracker refused: go away',
      });
    }
    expect(seen).toEqual(['connect', 'announce', 'connect', 'announce']);
  });

  it('ignores what is not the answer, and who is not the tracker', async () => {
    const stranger = createSocket('udp4');
    cleanups.push(() => stranger.close());
    const { bep15_udp } = readVectors<{ bep15_udp: { mustIgnore: { hex: string }[] } }>('tracker.json');
    const base = await fake((request, reply, from) => {
      for (const { hex } of bep15_udp.mustIgnore) {
        const packet = fromHex(hex);
        reply(packet);
        // With the right transaction, where there is room for one, only the rest can tell.
        if (packet.length < 16) continue;
        new DataView(packet.buffer).setUint32(4, request.transactionId);
        packet[3] = 2;
        reply(packet);
      }
      const good = well(request);
      const foreign = good.slice();
      foreign[4] ^= 1;
      reply(foreign);
      const forged = good.slice();
      forged.fill(9, 8);
      stranger.send(forged, from.port, from.address, () => reply(good));
    });
    expect(await createClient().announce(base, REQUEST)).toMatchObject({
      intervalMs: 900_000,
      seeders: 4,
      leechers: 3,
    });
  });

  it('abort and close end what is under way', async () => {
    const cut = new AbortController();
    const base = await fake(request => {
      if (request.action === 'connect') cut.abort();
    });
    const client = createClient();
    await expect(client.announce(base, REQUEST, { signal: cut.signal })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
    const other = await fake((request, reply) => {
      if (request.action === 'connect') reply(well(request));
      else client.close();
    });
    await expect(client.announce(other, REQUEST)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await expect(client.announce(other, REQUEST)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('a local address that is not there, or of the other family', async () => {
    await expect(
      createClient({ localAddress: '192.0.2.1' }).announce('udp://127.0.0.1:9', REQUEST),
    ).rejects.toMatchObject({
      code: 'ERR_TRACKER_UNREACHABLE',
    });
    await expect(
      createClient({ localAddress: '::1' }).announce('udp://127.0.0.1:9', REQUEST),
    ).rejects.toMatchObject({
      code: 'ERR_TRACKER_UNREACHABLE',
    });
  });

  it('a name that is not there', async () => {
    fakeNames({}); // where there is no name server it takes long to hear so
    await expect(createClient().announce('udp://nowhere.invalid:9', REQUEST)).rejects.toMatchObject({
      code: 'ERR_TRACKER_UNREACHABLE',
    });
  });
});
