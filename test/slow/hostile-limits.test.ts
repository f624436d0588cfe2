import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type net from 'node:net';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { RawPeer, repeat } from '../hostile/raw-peer.js';
import { BLOCK, type Content, KiB, MiB, makeContent } from '../hostile/world.js';
import { openStage } from '../lib/e2e-stage.js';
import type { Program } from '../lib/program.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';

const MAIN = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));

/** A seed of the content in a process of its own. */
async function startSeed(stage: Stage, { bytes, torrent, metainfo }: Content) {
  const dir = stage.path('seed');
  await mkdir(dir);
  await writeFile(`${dir}/${metainfo.name}`, bytes);
  const file = stage.path('content.torrent');
  await writeFile(file, torrent);
  const program = stage.run(process.execPath, [
    MAIN,
    'seed',
    file,
    '--dir',
    dir,
    '--host',
    '127.0.0.1',
    '--json',
    '--no-dht',
    '--no-lsd',
  ]);
  const { port } = await program.event('listening');
  const join = (): Promise<RawPeer> =>
    until('the seed to take a peer', async () => {
      const peer = await RawPeer.dial({ host: '127.0.0.1', port: port as number });
      stage.defer(() => peer.destroy());
      peer.expectPieces(metainfo.pieceCount).handshake(metainfo.infoHash);
      // While it checks its files it knows no torrent yet.
      const taken = peer.until('peer id', () => peer.count('peer-id') > 0);
      return taken.then(() => peer).catch(() => undefined);
    });
  return { program, join };
}

async function rssBytes({ pid }: Program): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) * KiB;
}

/** Resolves when a number has not changed for half a second. */
async function settled(what: string, read: () => number | Promise<number>): Promise<void> {
  let last = Number.NaN;
  let same = 0;
  await until(
    what,
    async () => {
      const now = await read();
      same = now === last ? same + 1 : 0;
      last = now;
      return same >= 10;
    },
    { everyMs: 50 },
  );
}

describe.runIf(process.platform === 'linux')('memory of a seed, peers that never read', () => {
  const content = makeContent(8 * MiB, { pieceLength: 256 * KiB });

  it('five of them ask for everything: at most a watermark each', async () => {
    const stage = await openStage();
    const { program, join } = await startSeed(stage, content);
    // One that reads, so that all is in the cache and counted before.
    const reader = await join();
    reader.send({ type: 'interested' });
    await reader.message('unchoke');
    const range = (i: number) => ({ piece: i >> 4, begin: (i & 15) * BLOCK, length: BLOCK });
    for (let i = 0; i < 512; i++) reader.send({ type: 'request', ...range(i) });
    await reader.blockCount(512);
    reader.destroy();
    const before = await rssBytes(program);
    for (let k = 0; k < 5; k++) {
      const peer = await join();
      peer.send({ type: 'interested' });
      await peer.message('unchoke');
      peer.socket.pause();
      for (let i = 0; i < 2000; i++) peer.send({ type: 'request', ...range(i % 512) });
      await settled('the requests to be taken', () => peer.unsent);
    }
    await settled('the seed', async () => Math.round((await rssBytes(program)) / MiB));
    expect((await rssBytes(program)) - before).toBeLessThan(20 * MiB);
  });

  it('one asks four million times for what it may not have', async () => {
    const stage = await openStage();
    const { program, join } = await startSeed(stage, content);
    const peer = await join();
    await peer.until('allowed-fast set', () => peer.count('allowed-fast') === 10);
    const allowed = new Set(peer.messages.map(m => (m.type === 'allowed-fast' ? m.piece : -1)));
    const piece = Array.from({ length: 32 }, (_, i) => i).find(i => !allowed.has(i))!;
    const before = await rssBytes(program);
    peer.socket.pause();
    peer.raw(repeat({ type: 'request', piece, begin: 0, length: BLOCK }, 4 * MiB));
    await settled('the requests to be taken', () => peer.unsent);
    await settled('the seed', async () => Math.round((await rssBytes(program)) / MiB));
    expect(peer.unsent, 'bytes that the seed did not take').toBeGreaterThan(0);
    expect((await rssBytes(program)) - before).toBeLessThan(20 * MiB);
  });
});

it('Ctrl-C with a tracker that answers `started` and never again: the end within 5 s', async () => {
  const stage = await openStage();
  const content = makeContent(64 * KiB);
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(/event=(\w+)/.exec(request.url ?? '')?.[1] ?? 'none');
    if (asked.length === 1) response.end('d8:intervali1800e5:peers0:e');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stage.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as net.AddressInfo;
  const dir = stage.path('seed');
  await mkdir(dir);
  await writeFile(`${dir}/content.bin`, content.bytes);
  const file = stage.path('content.torrent');
  const announce = `8:announce${`http://127.0.0.1:${port}/announce`.length}:http://127.0.0.1:${port}/announce`;
  await writeFile(file, Buffer.concat([Buffer.from(`d${announce}`), content.torrent.subarray(1)]));
  const program = stage.run(process.execPath, [
    MAIN,
    'seed',
    file,
    '--dir',
    dir,
    '--host',
    '127.0.0.1',
    '--json',
    '--no-dht',
    '--no-lsd',
  ]);
  await until('started', () => asked.length === 1);
  process.kill(program.pid, 'SIGINT');
  await program.exits(0); // after 5 s it would be ended with 130
  expect(asked).toEqual(['started', 'stopped']);
});
