import { cp, truncate } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { SessionOptions, SessionStats } from '../../dist/index.js';
import { Peer, type PeerSpec } from '../lib/e2e-peer.js';
import { addressOf, KiB, MiB, makeSample, openSeed, openSession, openStage } from '../lib/e2e-stage.js';
import { hashTree } from '../lib/sample-files.js';

interface Row {
  readonly name: string;
  readonly session?: SessionOptions;
  readonly how?: Pick<PeerSpec, 'flags' | 'without'>;
  readonly kernels: Partial<SessionStats['kernels']>;
  readonly threads: number;
}

const ROWS: readonly Row[] = [
  {
    name: 'as it is',
    kernels: { name: 'wasm', sharedMemory: true },
    threads: 2,
  },
  {
    name: 'kernels: wasm',
    session: { kernels: 'wasm' },
    kernels: { name: 'wasm', sha1: 'wasm', sha256: 'wasm', sharedMemory: true },
    threads: 2,
  },
  {
    name: 'kernels: js',
    session: { kernels: 'js' },
    kernels: { name: 'js', sha1: 'js', sha256: 'js', sharedMemory: true, reason: 'the option kernels is js' },
    threads: 2,
  },
  {
    name: 'kernels: native',
    session: { kernels: 'native' },
    kernels: { name: 'wasm', sha1: 'native', sha256: 'native', sharedMemory: true },
    threads: 2,
  },
  {
    name: 'no workers',
    session: { workers: 0 },
    kernels: { name: 'wasm', sharedMemory: true },
    threads: 0,
  },
  {
    name: 'no WebAssembly (node --jitless)',
    how: { flags: ['--jitless'] },
    kernels: { name: 'js', sharedMemory: false, reason: 'WebAssembly has no SIMD here' },
    threads: 0,
  },
  {
    name: 'no shared memory',
    how: { without: ['SharedArrayBuffer'] },
    kernels: { name: 'js', sharedMemory: false, reason: 'WebAssembly cannot share memory here' },
    threads: 0,
  },
];

/** The last piece is short, and some pieces span files. */
const FILES = { 'box/a.bin': 2 * MiB + 333, 'box/b.bin': 100, 'box/c.bin': 3 * MiB };

describe('everything works without the fast ways', () => {
  it.each(ROWS)('$name: checks, downloads and seeds', async ({ session, how, kernels, threads }) => {
    const stage = await openStage();
    const sample = await makeSample(stage, FILES, { pieceLength: 64 * KiB });
    const { torrent, metainfo } = sample;
    const seed = await openSeed(stage, sample);
    const dir = stage.path('middle');
    // A third is there already, so the first check has something to hash.
    await cp(sample.dir, dir, { recursive: true });
    await truncate(`${dir}/box/c.bin`, 0);
    const peer = new Peer(stage, {
      ...how,
      session: { dir, workers: 2, ...session },
      torrent,
      add: { peers: [addressOf(seed)] },
    });
    expect(await peer.event('checked')).toMatchObject({ piecesDone: 32 });
    await peer.event('complete');
    await seed.close();
    const taker = await openSession(stage, { dir: stage.path('taker') });
    await (await taker.add(torrent, { peers: [await peer.address()] })).completed();
    expect(await hashTree(stage.path('taker'))).toEqual(await hashTree(sample.dir));

    const stats = await peer.stats();
    expect(stats.kernels).toMatchObject(kernels);
    expect(stats.kernels.reason).toBe(kernels.reason);
    expect(stats.workers).toMatchObject({ threads, lost: 0 });
    expect(stats.torrents[0]).toMatchObject({ done: metainfo.length, wasted: 0, failedPieces: 0 });
    expect(await peer.close()).toBe(0);
    expect(await hashTree(dir)).toEqual(await hashTree(sample.dir));
  });

  it('the environment can force a backend, and wasm that is not there is an error', async () => {
    const stage = await openStage();
    const { torrent } = await makeSample(stage, { 'film.bin': 64 * KiB });
    const refused = new Peer(stage, { session: { kernels: 'wasm' }, flags: ['--jitless'], torrent });
    expect(await refused.event('failed')).toMatchObject({ error: { code: 'ERR_KERNELS_UNAVAILABLE' } });
    expect(await refused.exited).toBe(1);
    process.env.MILLRACE_KERNELS = 'js';
    stage.defer(() => delete process.env.MILLRACE_KERNELS);
    const forced = new Peer(stage, { torrent, session: { dir: stage.path('x') } });
    await forced.event('checked');
    expect((await forced.stats()).kernels).toMatchObject({ name: 'js', sha1: 'js' });
  });
});
