import { createSocket, type Socket } from 'node:dgram';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  decodeUdpResponse,
  encodeAnnounce,
  encodeConnect,
  encodeScrape,
  type UdpResponse,
} from '../../../src/engine/protocol/tracker/udp.js';
import { createTracker, type Tracker, type TrackerOptions } from '../../../src/tracker/index.js';

const REQUEST = {
  infoHash: new Uint8Array(20).fill(1),
  peerId: new Uint8Array(20).fill(2),
  port: 1000,
  uploaded: 0,
  downloaded: 0,
  left: 1,
  key: 0,
};

describe.each([
  [4, '127.0.0.1'],
  [6, '::1'],
] as const)('UDP tracker over IPv%i', (family, host) => {
  let tracker: Tracker;
  let socket: Socket;
  let now = 0;

  const start = async (options: TrackerOptions = {}) => {
    now = 1_000_000;
    tracker = await createTracker({ udp: { port: 0, host }, now: () => now, ...options });
  };
  beforeEach(async () => {
    socket = createSocket(family === 4 ? 'udp4' : 'udp6');
    await new Promise<void>(resolve => socket.bind(0, host, resolve));
  });
  afterEach(async () => {
    socket.close();
    await tracker.close();
  });

  const send = (packet: Uint8Array) => socket.send(packet, tracker.udp!.port, host);
  const receive = () => new Promise<Buffer>(resolve => socket.once('message', resolve));
  const exchange = async (packet: Uint8Array): Promise<UdpResponse> => {
    const reply = receive();
    send(packet);
    return decodeUdpResponse(await reply, family)!;
  };
  const connect = async () => {
    const reply = await exchange(encodeConnect(1));
    if (reply.action !== 'connect') throw new Error(reply.action);
    return reply.connectionId;
  };
  /** Nothing came back: the next answer on the socket is the one to a connect that was sent later. */
  const expectSilence = async (...packets: Uint8Array[]) => {
    for (const packet of packets) send(packet);
    const reply = await exchange(encodeConnect(0x77777777));
    expect(reply).toMatchObject({ action: 'connect', transactionId: 0x77777777 });
  };

  it('connects, announces, tells peers', async () => {
    await start();
    const id = await connect();
    expect(await exchange(encodeAnnounce(id, 5, REQUEST))).toEqual({
      action: 'announce',
      transactionId: 5,
      intervalSeconds: 1800,
      leechers: 1,
      seeders: 0,
      peers: [],
    });
    expect(await exchange(encodeAnnounce(id, 6, { ...REQUEST, port: 2000, left: 0 }))).toMatchObject({
      seeders: 1,
      peers: [{ host, port: 1000 }],
    });
    expect(tracker.stats()).toMatchObject({ torrents: 1, peers: 2, udp: { connects: 1, announces: 2 } });
  });

  it('scrapes in order, zeros for the unknown', async () => {
    await start({ maxScrapeHashes: 3 });
    const id = await connect();
    await exchange(encodeAnnounce(id, 5, { ...REQUEST, left: 0, event: 'completed' }));
    const hashes = [new Uint8Array(20), REQUEST.infoHash, new Uint8Array(20), REQUEST.infoHash];
    expect(await exchange(encodeScrape(id, 6, hashes))).toEqual({
      action: 'scrape',
      transactionId: 6,
      entries: [
        { seeders: 0, completed: 0, leechers: 0 },
        { seeders: 1, completed: 1, leechers: 0 },
        { seeders: 0, completed: 0, leechers: 0 },
      ],
    });
  });

  it('a forged, foreign or old id gets not one byte', async () => {
    await start();
    const id = await connect();
    const forged = Uint8Array.from(id, (byte, i) => (i === 7 ? byte ^ 1 : byte));
    await expectSilence(
      encodeAnnounce(forged, 5, REQUEST),
      encodeScrape(forged, 5, [REQUEST.infoHash]),
      // The constant of trackers that do not check.
      encodeAnnounce(Uint8Array.of(0, 0, 4, 0x17, 0x27, 0x10, 0x19, 0x80), 5, REQUEST),
      encodeAnnounce(new Uint8Array(8), 5, REQUEST),
    );
    now += 119_000;
    expect(await exchange(encodeAnnounce(id, 5, REQUEST))).toMatchObject({ action: 'announce' });
    now += 1_000;
    await expectSilence(encodeAnnounce(id, 5, REQUEST));
    expect(tracker.stats().udp).toMatchObject({ announces: 1, scrapes: 0, ignored: 5 });
  });

  it('malformed packets get silence', async () => {
    await start();
    const id = await connect();
    const announce = encodeAnnounce(id, 5, REQUEST);
    const wrongAction = announce.slice();
    wrongAction[11] = 9;
    const wrongProtocol = encodeConnect(1);
    wrongProtocol[7]++;
    await expectSilence(
      new Uint8Array(0),
      new Uint8Array(15),
      announce.subarray(0, 97),
      wrongAction,
      wrongProtocol,
      encodeScrape(id, 5, [REQUEST.infoHash]).subarray(0, 35),
    );
  });

  it('refuses port 0', async () => {
    await start();
    const reply = await exchange(encodeAnnounce(await connect(), 5, { ...REQUEST, port: 0 }));
    expect(reply).toEqual({ action: 'error', transactionId: 5, message: 'port is 0, must be 1 to 65535' });
    expect(tracker.stats()).toMatchObject({ peers: 0, udp: { refused: 1 } });
  });

  it('keeps replies within 1200 bytes', async () => {
    await start({ maxPeersPerReply: 1000 });
    const id = await connect();
    for (let port = 1; port <= 250; port++)
      await exchange(encodeAnnounce(id, port, { ...REQUEST, port, numWant: 0 }));
    const reply = receive();
    send(encodeAnnounce(id, 5, { ...REQUEST, port: 9999, numWant: 1000 }));
    const packet = await reply;
    expect(packet.length).toBe(family === 4 ? 20 + 6 * 196 : 20 + 18 * 65);
  });

  it('says when it is full', async () => {
    await start({ maxTorrents: 1 });
    const id = await connect();
    await exchange(encodeAnnounce(id, 5, REQUEST));
    const other = { ...REQUEST, infoHash: new Uint8Array(20).fill(9) };
    expect(await exchange(encodeAnnounce(id, 5, other))).toMatchObject({
      action: 'error',
      message: 'tracker is full',
    });
  });
});
