import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import http from 'node:http';
import type net from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Torrent, TorrentEventOf } from '../../dist/index.js';
import { utf8 } from '../../src/engine/bytes.js';
import { sampleBytes } from '../lib/sample-files.js';
import { Stage } from '../lib/stage.js';
import { join, u32 } from './bytes.js';
import { KiB, MiB, makeContent, Target } from './world.js';

/** Trackers that do harm: the download from an honest peer goes on, and the end comes without delay. */

const content = makeContent(10 * 32 * KiB + 5000);
/** So slow that the tracker has its say while the download is under way. */
const SEED_RATE = 4 * MiB;

let stage: Stage;
let seed: Target;
let target: Target;
const servers: { close(): unknown }[] = [];
let status: TorrentEventOf<'tracker'>[];

beforeAll(async () => {
  stage = await Stage.open();
  seed = await Target.seed(stage, content, { limits: { up: SEED_RATE } });
  target = await Target.open(stage, content);
});
afterEach(async () => {
  await target.torrent?.close();
  for (const server of servers.splice(0)) await server.close();
});
afterAll(() => stage.close());

type Reply = (request: http.IncomingMessage, response: http.ServerResponse, base: string) => void;

async function httpTracker(reply: Reply): Promise<string> {
  const server = http.createServer((request, response) => {
    response.on('error', () => {});
    reply(request, response, base);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  servers.push({
    close() {
      server.closeAllConnections();
      server.close();
    },
  });
  const base = `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  return `${base}/announce`;
}

type Packet = (packet: Buffer, from: RemoteInfo, socket: Socket) => void;

async function udpTracker(reply: Packet): Promise<string> {
  const socket = createSocket('udp4');
  socket.on('message', (packet, from) => reply(packet, from, socket));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  servers.push(socket);
  return `udp://127.0.0.1:${socket.address().port}/announce`;
}

/** Fetches the content while the tracker does its worst. @returns the torrent, when both are through */
async function suffer(url: string, state: string): Promise<Torrent> {
  status = [];
  const torrent = await target.session.add(content.torrent, {
    storage: 'memory',
    trackers: [[url]],
    peers: [seed.session.address!],
    paused: true,
  });
  await torrent.checked();
  torrent.on('tracker', event => status.push(event));
  torrent.resume();
  await torrent.completed({ signal: AbortSignal.timeout(8_000) });
  await expect.poll(() => status.map(event => event.state), { timeout: 5_000, interval: 5 }).toContain(state);
  return torrent;
}

/** A tracker that is waited for takes 4 s. */
async function closes(torrent: Torrent): Promise<void> {
  const startedMs = performance.now();
  await torrent.close();
  expect(performance.now() - startedMs, 'time to close').toBeLessThan(3_000);
}

const failure = () => status.find(event => event.state === 'failed')?.error;

const bencoded = (text: string): Reply => {
  return (_, response) => void response.end(Buffer.from(text, 'latin1'));
};

describe('over HTTP', () => {
  it.each<[string, Reply, RegExp]>([
    ['garbage', (_, response) => void response.end(sampleBytes(5000, 2)), /cannot be read/],
    ['a web page', (_, response) => void response.end('<html>login</html>'), /cannot be read/],
    ['a reply cut in the middle', bencoded('d8:intervali1800e5:peers60:abc'), /cannot be read/],
    ['lists, 100,000 deep', bencoded('l'.repeat(100_000)), /levels, must be at most 8/],
    ['400,000 numbers', bencoded(`d5:peersl${'i0e'.repeat(300_000)}ee`), /values, must be at most 50000/],
    ['a length of 11 digits', bencoded('d5:peers99999999999:'), /longer than the input/],
    [
      'a body without end',
      (_, response) => {
        const chunk = new Uint8Array(64 * KiB);
        const more = () => {
          while (!response.destroyed && response.write(chunk));
        };
        response.on('drain', more);
        more();
      },
      /larger than 1048576 bytes/,
    ],
    [
      'a content-length of 2^53',
      (_, response) => {
        response.setHeader('Content-Length', '9007199254740992');
        response.write('d');
      },
      /larger than 1048576 bytes|unreachable|reach/,
    ],
    [
      'a gzip bomb',
      (_, response) => {
        response.setHeader('Content-Encoding', 'gzip');
        response.end(gzipSync(new Uint8Array(200 * MiB)));
      },
      /larger than 1048576 bytes/,
    ],
    [
      'redirects in a circle',
      (_, response, base) => void response.writeHead(302, { Location: `${base}/announce` }).end(),
      /more than 5 times/,
    ],
    [
      'a redirect to a file',
      (_, response) => void response.writeHead(301, { Location: 'file:///etc/passwd' }).end(),
      /scheme of an HTTP tracker is file, must be http or https/,
    ],
    [
      'a redirect to FTP',
      (_, response) => void response.writeHead(301, { Location: 'ftp://127.0.0.1/announce' }).end(),
      /scheme of an HTTP tracker is ftp/,
    ],
    [
      'a redirect to UDP',
      (_, response) => void response.writeHead(307, { Location: 'udp://127.0.0.1:1/' }).end(),
      /scheme of an HTTP tracker is udp/,
    ],
    ['a status of 500', (_, response) => void response.writeHead(500).end('d'), /status 500, must be 200/],
    [
      'a refusal with control characters',
      bencoded('d14:failure reason24:\x1b[2J\x00no\r\nX-Evil: 1\x07\x9b yese'),
      /^tracker refused: \[2J no X-Evil: 1/,
    ],
    [
      'a refusal of 100 kB',
      bencoded(`d14:failure reason100000:${'a'.repeat(100_000)}e`),
      /^tracker refused: a{200}$/,
    ],
    ['a hang-up', request => void request.socket.destroy(), /./],
    ['headers without end', (_, r) => void r.writeHead(200, { 'X-Large': 'x'.repeat(100_000) }).end(), /./],
    ['another protocol', request => void request.socket.end('SSH-2.0-OpenSSH_9.6\r\n'), /./],
  ])('%s', async (_, reply, says) => {
    const torrent = await suffer(await httpTracker(reply), 'failed');
    expect(failure()).toMatch(says);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(failure(), 'fit for a terminal').not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
    await closes(torrent);
  });

  it.each<[string, Reply]>([
    ['says nothing', () => {}],
    ['sends its headers and nothing more', (_, response) => void response.writeHead(200).write('d')],
  ])('a tracker that %s: the end waits for nobody who never knew us', async (_, reply) => {
    await closes(await suffer(await httpTracker(reply), 'announcing'));
  });

  it.each<[string, string]>([
    ['negative', 'd8:intervali-1e12:min intervali-99999e5:peers0:e'],
    ['zero', 'd8:intervali0e12:min intervali0e5:peers0:e'],
    ['2^53', 'd8:intervali9007199254740992e12:min intervali9007199254740992e5:peers0:e'],
    ['no number', 'd8:interval4:soon12:min intervalle5:peers0:e'],
  ])('an interval that is %s does not make us ask again at once', async (_, reply) => {
    let asked = 0;
    const url = await httpTracker((request, response, base) => {
      if (request.url?.includes('event=completed'))
        return bencoded('d8:intervali0ee')(request, response, base);
      asked++;
      bencoded(reply)(request, response, base);
    });
    const torrent = await suffer(url, 'working');
    expect(asked).toBe(1);
    await closes(torrent);
  });
});

describe('the peers it tells', () => {
  const compact = (addresses: readonly number[][]): string =>
    String.fromCharCode(...addresses.flat()).replace(
      /^/,
      `d8:intervali1800e5:peers${addresses.length * 6}:`,
    ) + 'e';

  it('5000 of them: 2000 are taken, 50 dialled at a time', async () => {
    // Nobody listens there: refused at once.
    const addresses = Array.from({ length: 5000 }, (_, i) => [127, 9, i >> 8, i & 255, 0, 1]);
    const torrent = await suffer(await httpTracker(bencoded(compact(addresses))), 'working');
    const { knownPeers } = torrent.stats();
    expect(knownPeers).toBeGreaterThan(1);
    expect(knownPeers).toBeLessThanOrEqual(2001);
    expect(target.session.stats().connections).toBeLessThanOrEqual(50 + 1);
    await closes(torrent);
  });

  it('one victim a thousand times: 16 ports of it at most', async () => {
    const addresses = Array.from({ length: 1000 }, (_, i) => [203, 0, 113, 7, i >> 8, i & 255]);
    const torrent = await suffer(await httpTracker(bencoded(compact(addresses))), 'working');
    expect(torrent.stats().knownPeers).toBeLessThanOrEqual(1 + 16);
    await closes(torrent);
  });

  it('port 0, multicast, broadcast and this network are left out', async () => {
    const reply = compact([
      [127, 0, 0, 1, 0, 0],
      [224, 0, 0, 1, 26, 225],
      [239, 255, 255, 250, 7, 108],
      [255, 255, 255, 255, 26, 225],
      [0, 0, 0, 0, 26, 225],
    ]);
    const torrent = await suffer(await httpTracker(bencoded(reply)), 'working');
    expect(torrent.stats().knownPeers).toBe(1);
    await closes(torrent);
  });

  it('ourselves: dialled once at most', async () => {
    const { port } = target.session.address!;
    const reply = compact([[127, 0, 0, 1, port >> 8, port & 255]]);
    const before = target.closings;
    const torrent = await suffer(await httpTracker(bencoded(reply)), 'working');
    await expect.poll(() => torrent.stats().knownPeers, { timeout: 5_000, interval: 5 }).toBe(1);
    expect(target.closings - before, 'both ends of one connection').toBeLessThanOrEqual(2 + 1);
    await closes(torrent);
  });

  it('as names and nonsense: left out', async () => {
    const reply =
      'd8:intervali1800e5:peersld2:ip9:localhost4:porti80eed2:ip11:example.com4:porti80eed2:ip7:1.2.3.44:porti70000eed2:ip3:0x74:porti1eei7e4:junkd4:porti1eeee';
    const torrent = await suffer(await httpTracker(bencoded(reply)), 'working');
    expect(torrent.stats().knownPeers).toBe(1);
    await closes(torrent);
  });
});

describe('over UDP', () => {
  const CONNECTION = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const isConnect = (packet: Buffer) => packet.length === 16;
  const transactionOf = (packet: Buffer) => packet.readUInt32BE(12);
  const connected = (packet: Buffer) => join(u32(0, transactionOf(packet)), CONNECTION);

  const answers = (announce: (packet: Buffer) => Uint8Array): Packet => {
    return (packet, from, socket) =>
      void socket.send(isConnect(packet) ? connected(packet) : announce(packet), from.port, from.address);
  };

  it.each<[string, Packet, RegExp]>([
    [
      'an error with control characters',
      answers(packet => join(u32(3, transactionOf(packet)), utf8('\x1b[2Jgo\r\naway\x00'))),
      /^tracker refused: \[2Jgo away$/,
    ],
    [
      'an error of 60 kB',
      answers(packet => join(u32(3, transactionOf(packet)), utf8('a'.repeat(60_000)))),
      /^tracker refused: a{1,200}$/,
    ],
  ])('%s', async (_, reply, says) => {
    const torrent = await suffer(await udpTracker(reply), 'failed');
    expect(failure()).toMatch(says);
    await closes(torrent);
  });

  it.each<[string, Packet]>([
    ['says nothing', () => {}],
    ['sends garbage', (_, from, socket) => void socket.send(sampleBytes(1400, 4), from.port, from.address)],
    [
      'answers another transaction',
      (packet, from, socket) =>
        void socket.send(join(u32(0, transactionOf(packet) ^ 1), CONNECTION), from.port, from.address),
    ],
    ['answers with half an announce', answers(packet => u32(1, transactionOf(packet)))],
    ['answers a connect for an announce', answers(connected)],
    [
      'floods us with 2000 answers to nothing',
      (_, from, socket) => {
        for (let i = 0; i < 2000; i++) socket.send(u32(1, i, 1, 0, 0), from.port, from.address);
      },
    ],
  ])('a tracker that %s: nothing happens, and the end waits for nobody', async (_, reply) => {
    const torrent = await suffer(await udpTracker(reply), 'announcing');
    expect(status.map(event => event.state)).not.toContain('working');
    await closes(torrent);
  });

  it('negative intervals and counts', async () => {
    let announces = 0;
    const reply = answers(packet => {
      announces++;
      return u32(1, transactionOf(packet), 0xffffffff, 0xffffffff, 0x80000000);
    });
    const torrent = await suffer(await udpTracker(reply), 'working');
    expect(announces).toBeLessThanOrEqual(2); // started, completed
    await closes(torrent);
  });
});

describe('URLs in a torrent', () => {
  it.each<[string, string, RegExp]>([
    ['file:///etc/passwd', 'file:///etc/passwd', /form scheme|scheme is file/],
    ['ftp://127.0.0.1/announce', 'ftp://127.0.0.1/announce', /scheme is ftp/],
    ['javascript:alert(1)', 'javascript:alert(1)', /form scheme/],
    ['http://127.0.0.1:99999/announce', 'http://127.0.0.1:99999/announce', /port is 99999/],
    ['a line break', 'http://127.0.0.1/a\r\nX-Evil: 1', /form scheme/],
    ['5000 characters', `http://127.0.0.1/${'a'.repeat(5000)}`, /characters, at most 4096/],
    ['udp://127.0.0.1/announce', 'udp://127.0.0.1/announce', /port is 0/],
    ['a space', ' ', /form scheme/],
    ['http://', 'http://', /form scheme/],
  ])('%s is refused', async (_, url, says) => {
    const torrent = await suffer(url, 'failed');
    expect(failure()).toMatch(says);
    await closes(torrent);
  });

  it('the passkey of one that fails is in no event, no statistics and no log', async () => {
    const secret = 'c0ffee00c0ffee00c0ffee00';
    const said: string[] = [];
    const keep = (facts: object, text: string) => {
      const { err } = facts as { err?: Error };
      said.push(JSON.stringify(facts), text, String(err?.stack), JSON.stringify(err));
    };
    const session = await Target.open(stage, content, {
      log: { debug: keep, info: keep, warn: keep, error: keep },
    });
    const base = await httpTracker((_, response, at) => {
      response.writeHead(302, { Location: `${at}/${secret}/announce?key=${secret}` }).end();
    });
    const torrent = await session.session.add(content.torrent, {
      storage: 'memory',
      trackers: [[`${base.replace('announce', '')}${secret}/announce?passkey=${secret}`]],
    });
    torrent.on('tracker', event => said.push(JSON.stringify(event)));
    await expect
      .poll(() => torrent.stats().trackers[0]?.state, { timeout: 5_000, interval: 5 })
      .toBe('failed');
    said.push(JSON.stringify(torrent.stats()));
    expect(said.join('\n')).not.toContain(secret);
    expect(said.join('\n')).toContain('***');
    await session.session.close();
  });
});
