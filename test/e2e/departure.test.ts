import { describe, expect, it } from 'vitest';
import type { OnComplete } from '../../dist/index.js';
import { createTracker } from '../../dist/tracker/index.js';
import { addressOf, MiB, makeSample, nextEvent, openSeed, openSession, openStage } from '../lib/e2e-stage.js';

async function scene(onComplete: OnComplete, paused = false) {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'film.bin': 2 * MiB });
  const seed = await openSeed(stage, sample);
  const session = await openSession(stage, { dir: stage.path('target') });
  const torrent = await session.add(sample.torrent, { peers: [addressOf(seed)], onComplete, paused });
  return { stage, sample, seed, session, torrent };
}

describe('when all has arrived', () => {
  it('leave: completes, then leaves, and takes nobody any more', async () => {
    const { stage, sample, session, torrent } = await scene({ kind: 'leave' });
    const order: string[] = [];
    torrent.on('complete', () => order.push('complete'));
    torrent.on('left', () => order.push('left'));
    await torrent.left();
    await torrent.completed();
    expect(order).toEqual(['complete', 'left']);
    expect(torrent.state).toBe('paused');

    const late = await openSession(stage, { dir: stage.path('late') });
    const refused = await late.add(sample.torrent, { peers: [addressOf(session)] });
    await refused.checked();
    const [link] = await Promise.race([
      nextEvent(refused, 'peer-closed').then(event => [event.type]),
      nextEvent(refused, 'peer').then(event => [event.type]),
      new Promise<string[]>(resolve => {
        // A refused handshake is no event of the torrent: the connection just goes.
        const look = () => (late.stats().connections === 0 ? resolve(['refused']) : setImmediate(look));
        setImmediate(look);
      }),
    ]);
    expect(link).toBe('refused');
  });

  it('leave: data that was there already counts', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': MiB });
    const session = await openSession(stage, { dir: sample.dir });
    const torrent = await session.add(sample.torrent, { onComplete: { kind: 'leave' } });
    const order: string[] = [];
    torrent.on('complete', () => order.push('complete'));
    torrent.on('left', () => order.push('left'));
    await torrent.left();
    expect(order).toEqual(['complete', 'left']);
  });

  it('linger for a time', async () => {
    const { torrent } = await scene({ kind: 'linger', forMs: 400 });
    await torrent.completed();
    const startMs = performance.now();
    expect(torrent.state).toBe('seeding');
    await torrent.left();
    const lingeredMs = performance.now() - startMs;
    expect(lingeredMs).toBeGreaterThan(350);
    expect(lingeredMs).toBeLessThan(3000);
  });

  it('linger until a ratio is reached', async () => {
    const { stage, sample, seed, session, torrent } = await scene({ kind: 'linger', ratio: 1 });
    await torrent.completed();
    await seed.close();
    expect(torrent.state).toBe('seeding');
    const taker = await openSession(stage, { dir: stage.path('taker') });
    const copy = await taker.add(sample.torrent, { peers: [addressOf(session)] });
    await copy.completed();
    await torrent.left();
    expect(torrent.stats().uploaded).toBeGreaterThanOrEqual(sample.metainfo.length);
  });

  it('the ratio is to what was wanted, not to files that were left out', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'box/a.bin': MiB / 4, 'box/b.bin': 2 * MiB });
    const seed = await openSeed(stage, sample);
    const session = await openSession(stage, { dir: stage.path('target') });
    const onComplete = { kind: 'linger', ratio: 1 } as const;
    const select = [0];
    const torrent = await session.add(sample.torrent, { peers: [addressOf(seed)], select, onComplete });
    await torrent.completed();
    await seed.close();
    expect(torrent.state).toBe('seeding');
    const taker = await openSession(stage, { dir: stage.path('taker') });
    const copy = await taker.add(sample.torrent, { peers: [addressOf(session)], select });
    await copy.completed();
    await torrent.left();
    expect(torrent.stats().uploaded).toBeLessThan(MiB);
  });

  it('a pause while it lingers only delays it', async () => {
    const { torrent } = await scene({ kind: 'linger', forMs: 50 });
    await torrent.completed();
    torrent.pause();
    // Longer than it would have lingered: nothing else tells that it did not leave.
    await new Promise(resolve => setTimeout(resolve, 120));
    torrent.resume();
    expect(torrent.state).toBe('seeding');
    await torrent.left();
  });

  it('resumed after it left, it stays', async () => {
    const { torrent } = await scene({ kind: 'leave' });
    await torrent.left();
    torrent.resume();
    await torrent.recheck();
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    expect(torrent.state).toBe('seeding');
  });

  it('stay: is there until it is closed, which also ends the wait for its leaving', async () => {
    const { stage, sample, seed, session, torrent } = await scene({ kind: 'stay' });
    await torrent.completed();
    await seed.close();
    const taker = await openSession(stage, { dir: stage.path('taker') });
    await (await taker.add(sample.torrent, { peers: [addressOf(session)] })).completed();
    expect(torrent.state).toBe('seeding');
    const left = torrent.left();
    await torrent.close();
    await left;
    expect(torrent.state).toBe('closed');
  });

  it.each([
    [{ kind: 'linger' } as const, /linger has no limit/],
    [{ kind: 'linger', forMs: -1 } as const, /forMs is -1, must be a number from 0/],
  ])('%j is refused, and leaves nothing behind', async (onComplete, message) => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': MiB });
    const session = await openSession(stage, { dir: stage.path('target') });
    const before = session.stats().memory.tableBytes;
    await expect(session.add(sample.torrent, { onComplete })).rejects.toMatchObject({
      code: 'ERR_OPTION',
      message: expect.stringMatching(message),
    });
    expect(session.torrents).toEqual([]);
    expect(session.stats().memory.tableBytes).toBe(before);
  });
});

describe('a tracker', () => {
  it('is told started, completed and stopped', async () => {
    const stage = await openStage();
    const tracker = await createTracker({ http: { port: 0, host: '127.0.0.1' } });
    stage.defer(() => tracker.close());
    const sample = await makeSample(stage, { 'film.bin': MiB });
    const trackers = [[tracker.http!.url]];
    const seed = await openSession(stage, { dir: sample.dir });
    const source = await seed.add(sample.torrent, { trackers });
    await nextEvent(source, 'tracker', ({ state }) => state === 'working');
    expect(tracker.stats()).toMatchObject({ torrents: 1, peers: 1 });

    const session = await openSession(stage, { dir: stage.path('target') });
    const torrent = await session.add(sample.torrent, { trackers, onComplete: { kind: 'leave' } });
    await torrent.left();
    expect(tracker.stats().peers).toBe(1);
    await seed.close();
    expect(tracker.stats().peers).toBe(0);
  });
});
