import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { DaemonStage } from '../../../lib/daemon-stage.js';
import { turn } from '../../../lib/fake-torrent.js';

const MINUTE_MS = 60_000;
let stage: DaemonStage;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
});
afterEach(async () => {
  await stage.close();
  vi.useRealTimers();
});

const running = () =>
  stage.names(({ torrent }) => torrent!.state === 'downloading' || torrent!.state === 'seeding');
const status = async (hash: string) => {
  const answer = await stage.ask('torrent-get', { ids: hash, fields: ['status'] });
  return (answer.arguments as unknown as { torrents: { status: number }[] }).torrents[0].status;
};
const open = async (text: string, names: string[] = [], done: 'all' | 'nothing' = 'nothing') => {
  stage = await DaemonStage.open(text);
  const hashes: string[] = [];
  for (const name of names) hashes.push(await stage.add(name, {}, done));
  await turn();
  return hashes;
};

describe('without queues', () => {
  it('all run that are to run, at once', async () => {
    const [a] = await open('', ['a', 'b']);
    expect(running()).toBe('a b');
    await stage.ask('torrent-stop', { ids: [a] });
    expect([running(), await status(a)]).toEqual(['b', 0]);
    await stage.ask('torrent-start', { ids: [a] });
    expect([running(), await status(a)]).toEqual(['a b', 4]);
  });

  it('one that is stopped while it is checked, and one that is started then, is so after it', async () => {
    const [a] = await open('', ['a']);
    await stage.ask('torrent-verify', { ids: [a] });
    await stage.ask('torrent-stop', { ids: [a] });
    await stage.torrent(a).endRecheck(0);
    expect(await status(a)).toBe(0);
    await stage.ask('torrent-verify', { ids: [a] });
    await stage.ask('torrent-start', { ids: [a] });
    expect(await status(a)).toBe(2);
    await stage.torrent(a).endRecheck(0);
    expect([await status(a), running()]).toEqual([4, 'a']);
  });

  it('what was stopped stays so after a restart, and what ran runs', async () => {
    const [a] = await open('', ['a', 'b']);
    await stage.ask('torrent-stop', { ids: [a] });
    stage = await stage.again('kill');
    for (const torrent of stage.session.torrents.values()) await torrent.endCheck(0);
    expect(running()).toBe('b');
  });

  it('one that failed tries again when it is started', async () => {
    const [a] = await open('', ['a']);
    stage.torrent(a).fail();
    expect(stage.torrent(a).state).toBe('error');
    await stage.ask('torrent-start', { ids: [a] });
    expect(stage.torrent(a).state).toBe('downloading');
  });
});

describe('with queues', () => {
  const queues = 'download-queue = 1\nseed-queue = 1\n';

  it('the first of each kind run, the others wait, and a place that is left is taken', async () => {
    const [a, b] = await open(queues, ['a', 'b', 'c']);
    expect([running(), await status(b)]).toEqual(['a', 3]);
    stage.torrent(a).complete();
    await turn();
    expect(running()).toBe('a b');
    stage.torrent(b).complete();
    await turn();
    expect([running(), await status(b)]).toEqual(['a c', 5]);
    await stage.ask('torrent-remove', { ids: [a] });
    await turn();
    expect(running()).toBe('b c');
  });

  it('one that fails gives its place away', async () => {
    const [a] = await open(queues, ['a', 'b']);
    stage.torrent(a).fail();
    await turn();
    expect(running()).toBe('b');
  });

  it('one that is forced needs no place; started again by its place it waits again', async () => {
    const [, b] = await open(queues, ['a', 'b']);
    await stage.ask('torrent-start-now', { ids: [b] });
    await turn();
    expect(running()).toBe('a b');
    await stage.ask('torrent-start', { ids: [b] });
    await turn();
    expect([running(), await status(b)]).toEqual(['a', 3]);
  });

  it('a move to the front takes the place', async () => {
    const [, b] = await open(queues, ['a', 'b']);
    await stage.ask('queue-move-top', { ids: [b] });
    expect([running(), stage.names()]).toEqual(['b', 'b a']);
  });

  it('who has moved nothing for as long as is said holds no place, and who has just got one has not', async () => {
    const [a] = await open(queues, ['a', 'b', 'c']);
    stage.nowMs = 29 * MINUTE_MS;
    stage.torrent(a).complete(); // its payload comes late
    stage.torrent(a).state = 'downloading';
    stage.torrent(a).done = 0;
    stage.keepers.activity.look();
    stage.nowMs = 31 * MINUTE_MS;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(running()).toBe('a');
    stage.nowMs = 60 * MINUTE_MS;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(running()).toBe('a b');
    // b has waited for an hour, but not stood still in its place
    await vi.advanceTimersByTimeAsync(30_000);
    expect(running()).toBe('a b');
    stage.nowMs = 90 * MINUTE_MS;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(running()).toBe('a b c');
  });

  it('sizes may change at any time, and none are no queue', async () => {
    await open(queues, ['a', 'b', 'c']);
    stage.settings.set({ 'download-queue': 2 });
    expect(running()).toBe('a b');
    stage.settings.set({ 'download-queue': undefined, 'seed-queue': undefined });
    expect(running()).toBe('a b c');
    stage.settings.set({ 'download-queue': 1 });
    expect(running()).toBe('a');
  });

  it('after a restart nobody runs before his place is known', async () => {
    await open(queues, ['a', 'b']);
    stage = await stage.again('close');
    expect(stage.session.opened.map(({ options }) => options.paused)).toEqual([true, true]);
    for (const torrent of stage.session.opened) await torrent.endCheck(0);
    await turn();
    expect(running()).toBe('a');
  });

  it('one that waits is told to clients who ask for what has changed when it is let run', async () => {
    const [a, b] = await open(queues, ['a', 'b']);
    stage.nowMs = 5 * MINUTE_MS;
    await stage.ask('torrent-remove', { ids: [a] });
    await turn();
    expect(stage.state.catalog.recent()).toEqual([stage.entry(b)]);
  });
});

it('when it has ended nobody is told to do anything', async () => {
  const [a] = await open('download-queue = 1\n', ['a', 'b']);
  stage.keepers.runner.close();
  stage.torrent(a).complete();
  await turn();
  stage.keepers.runner.settle();
  expect(running()).toBe('a');
});
