import { readFile } from 'node:fs/promises';
import net from 'node:net';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  type AddOptions,
  createSession,
  createTorrent,
  isMillraceError,
  type SessionOptions,
} from '../../dist/index.js';
import {
  addressOf,
  KiB,
  MiB,
  makeSample,
  nextEvent,
  openSeed,
  openSession,
  openStage,
} from '../lib/e2e-stage.js';
import { until } from '../lib/until.js';

async function small() {
  const stage = await openStage();
  return { stage, sample: await makeSample(stage, { 'box/a.bin': 100 * KiB, 'box/b.bin': 1 }) };
}

describe('errors have codes, and messages that say what is wrong', () => {
  it.each<[SessionOptions, string, RegExp]>([
    [{ workers: -1 }, 'workers', /workers is -1, must be a whole number from 0 to 64/],
    [{ memoryBytes: 5 }, 'memoryBytes', /memoryBytes is 5, must be .* from 8388608 to 3221225472/],
    [{ slots: 0.5 }, 'slots', /slots is 0.5, must be a whole number from 1 to 1000/],
    [{ maxPeersPerTorrent: 0 }, 'maxPeersPerTorrent', /maxPeersPerTorrent is 0, must be .* 1 to 10000/],
    [{ limits: { up: -3 } }, 'limits', /limits is \{"up":-3\}, must be .* from 0/],
    [{ listen: { port: 70_000 } }, 'listen', /listen is \{"port":70000\}, must be .* port \(0 to 65535\)/],
    [{ kernels: 'gpu' as 'js' }, 'kernels', /kernels is gpu, must be auto, wasm, js, native/],
    [{ profile: 'fast' as 'classic' }, 'profile', /profile is fast, must be classic, seedbox, cluster/],
    [{ dir: '' }, 'dir', /dir is , must be a path/],
    [{ seed: -1 }, 'seed', /seed is -1, must be .* 0 to 4294967295/],
    [{ log: {} as never }, 'log', /must be an object with debug, info, warn and error/],
    [{ signal: {} as never }, 'signal', /signal is \{\}, must be an AbortSignal/],
    [{ slot: 4 } as SessionOptions, 'slot', /slot is 4, .* no such option/],
  ])('createSession(%j)', async (options, option, message) => {
    await expect(createSession(options)).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringMatching(message),
      facts: expect.objectContaining({ option }),
    });
  });

  it('session.add with options that are wrong', async () => {
    const { stage, sample } = await small();
    const session = await openSession(stage, { dir: stage.path('target') });
    const rows: [object, string, RegExp][] = [
      [{ select: [2] }, 'select', /select is \[2\], must be a list of indices of files, 0 to 1/],
      [{ check: 'never' }, 'check', /check is never, must be auto, full, seed/],
      [{ storage: 'tape' }, 'storage', /storage is tape, must be file, memory/],
      [{ preallocate: true }, 'preallocate', /preallocate is true, must be sparse, full/],
      [{ slots: 0 }, 'slots', /slots is 0, must be a whole number from 1 to 1000/],
      [{ paused: 'yes' }, 'paused', /paused is yes, must be true or false/],
      [{ peers: [{ host: 'a' }] }, 'peers', /peers is \[\{"host":"a"\}\], must be a list of/],
      [{ trackers: ['http://a'] }, 'trackers', /trackers is .*, must be a list of tiers/],
      [{ onComplete: 'leave' }, 'onComplete', /onComplete is leave, must be an object whose kind/],
      [{ limits: { down: Number.NaN } }, 'limits', /limits is .*, must be an object/],
      [{ dri: '/' }, 'dri', /dri is \/, .* no such option/],
    ];
    for (const [options, option, message] of rows)
      await expect(session.add(sample.torrent, options as AddOptions), option).rejects.toMatchObject({
        code: 'ERR_OPTION',
        message: expect.stringMatching(message),
        facts: expect.objectContaining({ option }),
      });
    expect(session.torrents).toEqual([]);
    expect(session.stats().memory).toMatchObject({ usedBytes: 0, tableBytes: 0 });
    await session.add(sample.torrent, { select: undefined, peers: [] });
  });

  it('the same torrent twice, until it is closed', async () => {
    const { stage, sample } = await small();
    const session = await openSession(stage, { dir: sample.dir });
    const first = await session.add(sample.torrent);
    await expect(session.add(sample.torrent)).rejects.toMatchObject({
      code: 'ERR_DUPLICATE_TORRENT',
      facts: { infoHash: sample.metainfo.infoHash },
    });
    // as metainfo: to read a file may take longer than to close
    const both = await Promise.allSettled([first.close(), session.add(sample.metainfo)]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await session.add(sample.torrent);
  });

  it('a port that is taken, an address that is not ours', async () => {
    const server = net.createServer();
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as net.AddressInfo;
    await expect(createSession({ listen: { host: '127.0.0.1', port } })).rejects.toMatchObject({
      code: 'ERR_NET_ADDRESS_IN_USE',
      message: expect.stringContaining(`127.0.0.1 port ${port}`),
    });
    await expect(createSession({ listen: { host: '192.0.2.1' } })).rejects.toMatchObject({
      code: 'ERR_NET_ADDRESS',
    });
    await new Promise(resolve => server.close(resolve));
  });

  it('pieces too large for the memory', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': MiB }, { pieceLength: 8 * MiB });
    const session = await openSession(stage, { dir: sample.dir, memoryBytes: 8 * MiB });
    await expect(session.add(sample.torrent)).rejects.toMatchObject({
      code: 'ERR_MEMORY_BUDGET',
      facts: { pieceLength: 8 * MiB, budgetBytes: 8 * MiB },
    });
    await expect(session.add('/no/such.torrent')).rejects.toMatchObject({ code: 'ERR_STORAGE_MISSING' });
    await expect(session.add(new Uint8Array([0x64]))).rejects.toSatisfy(error => isMillraceError(error));
    await expect(session.add(17 as never)).rejects.toThrow(TypeError);
    await expect(session.add('magnet:?xt=urn:btih:0')).rejects.toMatchObject({ code: 'ERR_MAGNET_INVALID' });
    await expect(session.add(`magnet:?xt=urn:btmh:1220${'00'.repeat(32)}`)).rejects.toMatchObject({
      code: 'ERR_METAINFO_UNSUPPORTED',
    });
    await expect(createTorrent(stage.path('nothing'))).rejects.toMatchObject({ code: 'ERR_STORAGE_MISSING' });
    await expect(createTorrent(sample.dir, { pieceLength: 3 })).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringMatching(/pieceLength is 3, must be a power of two from 16384 to 67108864/),
    });
  });
});

describe('a session', () => {
  it('takes a torrent as bytes, path, URL or metainfo', async () => {
    const { stage, sample } = await small();
    const session = await openSession(stage, { dir: sample.dir });
    const sources = [
      new Uint8Array(await readFile(sample.torrent)),
      sample.torrent,
      pathToFileURL(sample.torrent),
      sample.metainfo,
    ];
    for (const source of sources) {
      const torrent = await session.add(source);
      expect(torrent.infoHash).toBe(sample.metainfo.infoHash);
      expect(session.get(torrent.infoHash)).toBe(torrent);
      await torrent.completed();
      await torrent.close();
    }
  });

  it('stats() is plain data that does not change, and that JSON can carry', async () => {
    const { stage, sample } = await small();
    const seed = await openSeed(stage, sample);
    const session = await openSession(stage, { dir: stage.path('target'), workers: 1 });
    const torrent = await session.add(sample.torrent, { peers: [addressOf(seed)], paused: true });
    await torrent.checked();
    const before = session.stats();
    const copy = structuredClone(before);
    torrent.resume();
    await nextEvent(torrent, 'peer');
    const { peers } = torrent.stats();
    await torrent.completed();
    expect(before).toEqual(copy);

    expect(before).toEqual({
      torrents: [
        {
          infoHash: sample.metainfo.infoHash,
          name: 'box',
          state: 'paused',
          error: undefined,
          length: 100 * KiB + 1,
          done: 0,
          wanted: 100 * KiB + 1,
          pieces: 2,
          piecesDone: 0,
          downRate: 0,
          upRate: 0,
          downloaded: 0,
          uploaded: 0,
          everDownloaded: 0,
          everUploaded: 0,
          wasted: 0,
          failedPieces: 0,
          checkProgress: 1,
          limitedBy: {
            choke: 0,
            window: 0,
            remote: 0,
            localCap: 0,
            disk: 0,
            hash: 0,
            memory: 0,
            cpu: 0,
          },
          peers: [],
          knownPeers: 1,
          trackers: [],
          copies: 0,
        },
      ],
      downRate: 0,
      upRate: 0,
      kernels: {
        name: expect.any(String),
        sha1: expect.any(String),
        sha256: expect.any(String),
        sharedMemory: true,
        reason: undefined,
      },
      memory: { usedBytes: 0, budgetBytes: 128 * MiB, tableBytes: expect.any(Number) },
      workers: { threads: 1, queued: 0, running: 0, lost: 0 },
      connections: 0,
      blocked: 0,
      mapped: [],
      announces: { ok: 0, failed: 0 },
    });
    expect(peers).toHaveLength(1);
    expect(peers[0]).toMatchObject({
      address: `127.0.0.1:${addressOf(seed).port}`,
      client: expect.stringMatching(/millrace/i),
      incoming: false,
      snubbed: false,
    });
    const { torrents } = session.stats();
    expect(JSON.parse(JSON.stringify(torrents[0]))).toMatchObject({
      state: 'seeding',
      done: 100 * KiB + 1,
      copies: expect.any(Number),
    });
  });

  it('several torrents share it, and their numbers add up', async () => {
    const stage = await openStage();
    const samples = [];
    for (const seed of [1, 2, 3])
      samples.push(await makeSample(stage, { [`film${seed}.bin`]: MiB }, { name: `t${seed}`, seed }));
    const source = await openSession(stage);
    for (const { torrent, dir } of samples) await source.add(torrent, { dir, check: 'seed' });
    const session = await openSession(stage, { dir: stage.path('target') });
    const torrents = [];
    for (const { torrent } of samples)
      torrents.push(await session.add(torrent, { peers: [addressOf(source)] }));
    await Promise.all(torrents.map(torrent => torrent.completed()));
    const sent = source.stats().torrents.map(torrent => torrent.uploaded);
    expect(sent).toEqual([MiB, MiB, MiB]);
    await torrents[1].close();
    expect(session.torrents).toEqual([torrents[0], torrents[2]]);
  });

  it.each(['session', 'torrent'] as const)(
    'a limit of the %s that is lifted is lifted at once',
    async which => {
      const stage = await openStage();
      const sample = await makeSample(stage, { 'film.bin': 8 * MiB });
      const seed = await openSeed(stage, sample, { limits: { up: 4 * MiB } });
      const session = await openSession(stage, { dir: stage.path('target') });
      const torrent = await session.add(sample.torrent, { peers: [addressOf(seed)] });
      const limited = which === 'session' ? session : torrent;
      await nextEvent(torrent, 'piece');
      // What one more read takes in is a debt of minutes at this rate.
      limited.setLimits({ down: 100 });
      let before = -1;
      await until('a standstill', () => before === (before = torrent.stats().downloaded), { everyMs: 100 });
      expect(torrent.state).toBe('downloading');
      limited.setLimits({});
      await torrent.completed();
    },
  );

  it('does not connect to itself', async () => {
    const { stage, sample } = await small();
    const session = await openSession(stage, { dir: stage.path('target') });
    const torrent = await session.add(sample.torrent);
    await torrent.checked();
    torrent.addPeer(addressOf(session));
    while (session.stats().connections > 0 || torrent.stats().knownPeers > 0) await new Promise(setImmediate);
    expect(torrent.stats().peers).toEqual([]);
  });
});
