import { readdir } from 'node:fs/promises';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { PeerAddress } from '../../dist/index.js';
import { KiB, makeSample, openSession, openStage } from '../lib/e2e-stage.js';

const SEED = fileURLToPath(new URL('../lib/few-descriptors-seed.mjs', import.meta.url));
const FILES = 400;
const STRANGERS = 300;

/** Connects and says nothing, whatever becomes of it. */
function stranger({ host, port }: PeerAddress): Promise<net.Socket> {
  return new Promise(resolve => {
    const socket = net.connect({ host, port });
    socket.on('error', () => {});
    socket.once('connect', () => resolve(socket));
  });
}

it.skipIf(process.platform !== 'linux')(
  'with 256 descriptors, 400 files and 300 strangers everything is delivered and saved',
  { timeout: 60_000 },
  async () => {
    const stage = await openStage();
    const files = Object.fromEntries(
      Array.from({ length: FILES }, (_, i) => [`box/${i}.bin`, 10 * KiB + i] as const),
    );
    const sample = await makeSample(stage, files, { pieceLength: 64 * KiB });
    const stateDir = stage.path('state');
    const spec = JSON.stringify({ dir: sample.dir, stateDir, torrent: sample.torrent });
    const command = 'ulimit -n 256; exec "$@"';
    const seed = stage.run('sh', ['-c', command, 'sh', process.execPath, SEED, spec]);
    const told = await seed.event('seed');
    const address = told.address as PeerAddress;
    expect(told.limit).toBe(256);

    const strangers = await Promise.all(Array.from({ length: STRANGERS }, () => stranger(address)));
    stage.defer(() => strangers.map(socket => socket.destroy()));
    const torrents = await Promise.all(
      ['one', 'two'].map(async name => {
        const session = await openSession(stage, { dir: stage.path(name) });
        return session.add(sample.torrent, { peers: [address] });
      }),
    );
    await Promise.all(torrents.map(torrent => torrent.completed()));

    seed.type('count');
    const open = await seed.event('open');
    expect(open.state).toBe('seeding');
    expect(open.connections).toBeLessThanOrEqual(told.connections as number);
    expect(open.files).toBeLessThan(256);
    seed.endInput();
    await seed.exits(0);
    expect(seed.json.filter(({ event }) => event === 'error')).toEqual([]);
    expect(await readdir(stateDir)).toContain(`${sample.metainfo.infoHash}.resume`);
  },
);
