/** One artificial bottleneck at a time, an order of magnitude narrower than all else: `stats()` names it. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type AddOptions,
  createSession,
  type LimitedBy,
  type RateLimits,
  type SessionOptions,
} from '../../src/index.js';
import { type Content, makeContent } from '../hostile/world.js';
import { Peer } from '../lib/e2e-peer.js';
import { addressOf, KiB, MiB, makeSample, openSeed, openStage } from '../lib/e2e-stage.js';
import { openFakeSeed } from '../lib/fake-seed.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';

/** A worker thread may take seconds to start on a busy machine, and a piece would wait for it. */
const LIGHT = { workers: 0, kernels: 'native' } as const;

/** Milliseconds that each read and write of a torrent in memory takes, one after the other, and what is there. */
const disk = vi.hoisted(() => ({ readMs: 0, writeMs: 0, content: [] as Uint8Array[] }));

vi.mock('../../src/engine/storage/memory-store.js', async importOriginal => {
  const { createMemoryStore } =
    await importOriginal<typeof import('../../src/engine/storage/memory-store.js')>();
  return {
    createMemoryStore(options: Parameters<typeof createMemoryStore>[0]) {
      const inner = createMemoryStore({ ...options, content: disk.content });
      let busy: Promise<unknown> = Promise.resolve();
      const slowly = (ms: number, call: () => Promise<void>): Promise<void> => {
        if (ms === 0) return call();
        const done = busy.then(() => delay(ms)).then(call);
        busy = done;
        return done;
      };
      const { read, write } = inner;
      inner.read = (at, into) => slowly(disk.readMs, () => read.call(inner, at, into));
      inner.write = (at, from) => slowly(disk.writeMs, () => write.call(inner, at, from));
      return inner;
    },
  };
});

afterEach(() => {
  disk.readMs = disk.writeMs = 0;
  disk.content = [];
});

async function openTorrent(
  stage: Stage,
  content: Content,
  options: AddOptions,
  session: SessionOptions = {},
) {
  const opened = await createSession({ listen: false, ...LIGHT, ...session });
  stage.defer(() => opened.close());
  return opened.add(content.torrent, { storage: 'memory', ...options });
}

/** Of all that was measured, this had the largest part. */
function expectLargest(limitedBy: LimitedBy, cause: keyof LimitedBy): void {
  const shares = Object.entries(limitedBy).sort(([, a], [, b]) => b - a);
  expect(shares[0][0], JSON.stringify(Object.fromEntries(shares))).toBe(cause);
  expect(shares.reduce((sum, [, share]) => sum + share, 0)).toBe(1);
}

describe('a download is limited by', () => {
  it('localCap: its own rate limit', async () => {
    const stage = await openStage();
    const content = makeContent(512 * KiB);
    const peers = [await openFakeSeed(stage, content)];
    const torrent = await openTorrent(stage, content, { peers, limits: { down: 512 * KiB } });
    await torrent.completed();
    expectLargest(torrent.stats().limitedBy, 'localCap');
  });

  it('choke: a peer that never unchokes', async () => {
    const stage = await openStage();
    const content = makeContent(64 * KiB);
    const peers = [await openFakeSeed(stage, content, { unchokes: false })];
    const torrent = await openTorrent(stage, content, { peers });
    await until('a share for choke', () => torrent.stats().limitedBy.choke > 0.9);
    expectLargest(torrent.stats().limitedBy, 'choke');
  });

  it('remote: the limit of the other side, which is a local cap there', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 512 * KiB }, { pieceLength: 32 * KiB });
    const seed = await openSeed(stage, sample, { ...LIGHT, limits: { up: 512 * KiB } });
    const session = await createSession({ listen: false, ...LIGHT, dir: stage.path('target') });
    stage.defer(() => session.close());
    const torrent = await session.add(sample.torrent, { peers: [addressOf(seed)] });
    await torrent.completed();
    expectLargest(torrent.stats().limitedBy, 'remote');
    expectLargest(seed.stats().torrents[0].limitedBy, 'localCap');
  });

  it('window: a peer far away that takes one request at a time', async () => {
    const stage = await openStage();
    const content = makeContent(192 * KiB);
    const peers = [await openFakeSeed(stage, content, { reqq: 1, delayMs: 200 })];
    const torrent = await openTorrent(stage, content, { peers });
    await torrent.completed();
    expectLargest(torrent.stats().limitedBy, 'window');
  });

  it('memory: room for one piece, of which peers owe all that is missing, and more peers that could be asked', async () => {
    const stage = await openStage();
    const content = makeContent(8 * MiB, { pieceLength: 4 * MiB });
    // 256 blocks: 4 of each peer come and make its window 8, and 24 times 8 are more than what is left.
    const peers = await Promise.all(
      Array.from({ length: 24 }, () => openFakeSeed(stage, content, { answers: 4 })),
    );
    const torrent = await openTorrent(stage, content, { peers }, { memoryBytes: 8 * MiB });
    await until('a share for memory', () => torrent.stats().limitedBy.memory > 0.6);
    expectLargest(torrent.stats().limitedBy, 'memory');
  });

  it('disk: slow writes', async () => {
    const stage = await openStage();
    const content = makeContent(1 * MiB);
    disk.writeMs = 40;
    const peers = [await openFakeSeed(stage, content)];
    const torrent = await openTorrent(stage, content, { peers }, { workers: 1 });
    await torrent.completed();
    expectLargest(torrent.stats().limitedBy, 'disk');
  });

  it('hash: SHA-1 in an interpreter', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 4 * MiB });
    const seed = await openSeed(stage, sample, LIGHT);
    const peer = new Peer(stage, {
      flags: ['--jitless'],
      session: { dir: stage.path('target'), kernels: 'js' },
      torrent: sample.torrent,
      add: { peers: [addressOf(seed)], storage: 'memory' },
    });
    await peer.event('complete');
    expectLargest((await peer.stats()).torrents[0].limitedBy, 'hash');
  });

  it('cpu: an event loop that others keep busy', async () => {
    const stage = await openStage();
    const content = makeContent(1 * MiB);
    const peers = [await openFakeSeed(stage, content, { reqq: 4 })];
    const torrent = await openTorrent(stage, content, { peers });
    const stop = new AbortController();
    stage.defer(() => stop.abort());
    torrent.on('peer', function spin() {
      for (const endMs = performance.now() + 20; performance.now() < endMs; );
      if (!stop.signal.aborted) setImmediate(spin);
    });
    await torrent.completed();
    stop.abort();
    expectLargest(torrent.stats().limitedBy, 'cpu');
  });
});

it('time in which a torrent is paused does not count', async () => {
  const stage = await openStage();
  const content = makeContent(64 * KiB);
  const peers = [await openFakeSeed(stage, content, { unchokes: false })];
  const torrent = await openTorrent(stage, content, { peers });
  await until('a share for choke', () => torrent.stats().limitedBy.choke > 0.5);
  const closed = new Promise(resolve => torrent.on('peer-closed', resolve));
  torrent.pause();
  const before = torrent.stats().limitedBy;
  await closed;
  for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate);
  for (const endMs = performance.now() + 20; performance.now() < endMs; );
  expect(torrent.stats().limitedBy).toEqual(before);
});

describe('an upload is limited by', () => {
  /** A seed whose disk is in memory, and a downloader that has fetched all of it. */
  async function transfer(readMs: number, limits: RateLimits = {}) {
    const stage = await openStage();
    const content = makeContent(512 * KiB);
    disk.content = [content.bytes];
    disk.readMs = readMs;
    const session = await createSession({ listen: { host: '127.0.0.1' }, ...LIGHT });
    stage.defer(() => session.close());
    const seed = await session.add(content.torrent, { storage: 'memory', check: 'seed' });
    await seed.checked();
    disk.content = [];
    const torrent = await openTorrent(stage, content, { peers: [session.address!], limits });
    await torrent.completed();
    return { seed, torrent };
  }

  it('disk: slow reads, which is the remote side of a downloader', async () => {
    const { seed, torrent } = await transfer(150);
    expectLargest(seed.stats().limitedBy, 'disk');
    expectLargest(torrent.stats().limitedBy, 'remote');
  });

  it('remote: a limit of the downloader', async () => {
    const { seed, torrent } = await transfer(0, { down: 512 * KiB });
    expectLargest(seed.stats().limitedBy, 'remote');
    expectLargest(torrent.stats().limitedBy, 'localCap');
  });
});
