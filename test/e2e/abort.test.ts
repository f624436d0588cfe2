import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { createTorrent, type Torrent, verifyTorrent } from '../../dist/index.js';
import { addressOf, KiB, MiB, makeSample, openSeed, openSession, openStage } from '../lib/e2e-stage.js';
import { hashTree } from '../lib/sample-files.js';

/** A torrent that has no peers: whoever waits for it waits for ever. */
async function waiting() {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'film.bin': MiB });
  const session = await openSession(stage, { dir: stage.path('target') });
  const torrent = await session.add(sample.torrent);
  await torrent.checked();
  return { stage, sample, session, torrent };
}

const into = () => new Uint8Array(10);

const WAITS: Record<string, (torrent: Torrent, signal: AbortSignal) => Promise<unknown>> = {
  completed: (torrent, signal) => torrent.completed({ signal }),
  left: (torrent, signal) => torrent.left({ signal }),
  'file.read': (torrent, signal) => torrent.files[0].read(into(), { signal }),
  'file.stream': (torrent, signal) => torrent.files[0].stream({ signal }).getReader().read(),
  'file.stream, BYOB': (torrent, signal) =>
    torrent.files[0].stream({ signal }).getReader({ mode: 'byob' }).read(into()),
  'file.createReadStream': async (torrent, signal) => {
    const stream = torrent.files[0].createReadStream({ signal });
    stream.resume();
    await once(stream, 'end');
  },
};

describe('an aborted signal ends the wait and nothing else', () => {
  it.each(Object.keys(WAITS))('%s', async name => {
    const { torrent, sample, stage } = await waiting();
    const stop = new AbortController();
    const reason = new Error('enough');
    const wait = WAITS[name](torrent, stop.signal);
    setImmediate(() => stop.abort(reason));
    await expect(wait).rejects.toMatchObject({ code: 'ERR_ABORTED', cause: reason });
    await expect(WAITS[name](torrent, stop.signal)).rejects.toMatchObject({ code: 'ERR_ABORTED' });

    const seed = await openSeed(stage, sample);
    torrent.addPeer(addressOf(seed));
    await torrent.completed();
  });

  it('checked', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 8 * MiB });
    const session = await openSession(stage, { dir: sample.dir });
    const torrent = await session.add(sample.torrent, { check: 'full' });
    const stop = new AbortController();
    const wait = torrent.checked({ signal: stop.signal });
    stop.abort();
    await expect(wait).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await torrent.checked();
    expect(torrent.stats().piecesDone).toBe(128);
  });

  it('session.add: nothing is added', async () => {
    const { stage, sample } = await waiting();
    const session = await openSession(stage, { dir: stage.path('other') });
    const stop = new AbortController();
    const adding = session.add(sample.torrent, { signal: stop.signal });
    stop.abort();
    await expect(adding).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(session.torrents).toEqual([]);
    await session.add(sample.torrent);
  });

  it('recheck: stops, and the torrent goes on', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 32 * MiB }, { pieceLength: 256 * KiB });
    const seed = await openSeed(stage, sample);
    const session = await openSession(stage, { dir: stage.path('target') });
    const torrent = await session.add(sample.torrent, { peers: [addressOf(seed)] });
    await torrent.completed();
    const stop = new AbortController();
    const checking = torrent.recheck({ signal: stop.signal });
    expect(torrent.state).toBe('checking');
    setImmediate(() => stop.abort());
    await expect(checking).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    expect(torrent.state).toBe('seeding');
    expect(await hashTree(stage.path('target'))).toEqual(await hashTree(sample.dir));
  });

  it('createTorrent and verifyTorrent', async () => {
    const stage = await openStage();
    // More than the 32 MiB that are read at once.
    const sample = await makeSample(stage, { 'film.bin': 40 * MiB });
    const path = `${sample.dir}/film.bin`;
    const tries = [
      (signal: AbortSignal, onProgress: () => void) => createTorrent(path, { signal, onProgress }),
      (signal: AbortSignal, onProgress: () => void) =>
        verifyTorrent(sample.torrent, { dir: sample.dir, signal, onProgress }),
    ];
    for (const start of tries) {
      const stop = new AbortController();
      let calls = 0;
      const onProgress = () => {
        calls++;
        stop.abort();
      };
      await expect(start(stop.signal, onProgress)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
      expect(calls).toBeLessThan(640);
      await expect(start(AbortSignal.abort(), onProgress)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    }
  });

  it('events: the iterator ends', async () => {
    const { torrent } = await waiting();
    const stop = new AbortController();
    setImmediate(() => stop.abort());
    for await (const _ of torrent.events({ signal: stop.signal }));
    for await (const _ of torrent.events({ signal: stop.signal }));
  });
});

describe('events', () => {
  it('tell the whole story of a download, in order', async () => {
    const { stage, sample } = await waiting();
    const seed = await openSeed(stage, sample);
    const session = await openSession(stage, { dir: stage.path('story') });
    const torrent = await session.add(sample.torrent, { peers: [addressOf(seed)] });
    const types: string[] = [];
    for await (const event of torrent.events()) {
      types.push(event.type);
      if (event.type === 'complete') {
        expect(event.bytes).toBe(MiB);
        break;
      }
    }
    expect(types.slice(0, 2)).toEqual(['checked', 'peer']);
    expect(types.filter(type => type === 'piece')).toHaveLength(16);
    expect(types.at(-1)).toBe('complete');
  });

  it('wait in a bounded queue, and what is dropped is told', async () => {
    const { stage, sample, torrent } = await waiting();
    const events = torrent.events({ capacity: 4 });
    const seed = await openSeed(stage, sample);
    torrent.addPeer(addressOf(seed));
    await torrent.completed();
    await torrent.close();

    const types: string[] = [];
    let dropped = 0;
    for await (const event of events) {
      types.push(event.type);
      if (event.type === 'dropped-events') dropped += event.count;
    }
    expect(types).toHaveLength(5);
    expect(types.at(-1)).toBe('dropped-events');
    // A peer, 16 pieces and the completion at least.
    expect(dropped).toBeGreaterThanOrEqual(18 - 4);
  });

  it('go to listeners until they are taken off', async () => {
    const { stage, sample, torrent } = await waiting();
    let pieces = 0;
    const listener = () => {
      if (++pieces === 3) torrent.off('piece', listener);
    };
    torrent.on('piece', listener);
    const seed = await openSeed(stage, sample);
    torrent.addPeer(addressOf(seed));
    await torrent.completed();
    expect(pieces).toBe(3);
  });

  it('a listener that throws does not harm the transfer', async () => {
    const { stage, sample, torrent } = await waiting();
    const thrown: unknown[] = [];
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', error => thrown.push(error.message));
    stage.defer(() => {
      process.removeAllListeners('uncaughtException');
      for (const listener of listeners) process.on('uncaughtException', listener);
    });
    torrent.on('piece', ({ piece }) => {
      throw new Error(`no ${piece}`);
    });
    const seed = await openSeed(stage, sample);
    torrent.addPeer(addressOf(seed));
    await torrent.completed();
    await new Promise(setImmediate);
    expect(torrent.stats()).toMatchObject({ piecesDone: 16, downloaded: MiB });
    expect(thrown).toHaveLength(16);
  });
});
