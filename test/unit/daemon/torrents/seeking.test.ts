import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MillraceError, parseMetainfo } from '../../../../src/index.js';
import { DaemonStage } from '../../../lib/daemon-stage.js';
import { torrentFile, turn } from '../../../lib/fake-torrent.js';

const bytes = torrentFile('one');
const { infoHash } = parseMetainfo(bytes);
const TRACKER = 'http://named.example/announce';
const magnet = `magnet:?xt=urn:btih:${infoHash}&dn=hint&tr=${encodeURIComponent(TRACKER)}`;

let stage: DaemonStage;
const open = async (text = '') => {
  stage = await DaemonStage.open(text);
  await stage.ask('torrent-add', { filename: magnet });
  await turn();
};
beforeEach(() => open());
afterEach(() => stage.close());

const entry = () => stage.entry(infoHash);
const sought = () => stage.session.sought;
/** Peers have told what is behind it. */
async function found(what = bytes): Promise<void> {
  sought().at(-1)!.found(what);
  await stage.state.catalog.flush();
  while (entry().record.magnet !== undefined) await turn();
  await turn();
}

it('becomes a torrent like others', async () => {
  await found();
  expect(entry().record).toMatchObject({ name: 'one', length: 3 * 16_384 });
  expect(existsSync(stage.state.folder.pathOf(infoHash))).toBe(true);
  expect([sought().length, stage.torrent(infoHash).options.dir]).toEqual([1, join(stage.dir, 'dl')]);
});

it('announces itself to the trackers of the settings unless it turns out to be private', async () => {
  const secret = Buffer.from(
    Buffer.from(torrentFile('secret')).toString('latin1').replace(/ee$/, '7:privatei1eee'),
    'latin1',
  );
  const more = 'udp://more.example:1';
  for (const [what, tiers] of [
    [bytes, [[TRACKER], [more]]],
    [secret, [[TRACKER]]],
  ] as const) {
    await stage.close();
    stage = await DaemonStage.open(`default-trackers = ["${more}", "${TRACKER}"]\n`);
    const hash = parseMetainfo(what).infoHash;
    await stage.ask('torrent-add', { filename: magnet.replace(infoHash, hash) });
    while (sought().length === 0) await turn();
    expect(sought()[0].options.trackers).toEqual([[TRACKER], [more], [TRACKER]]);
    sought()[0].found(what);
    while (stage.entry(hash).record.magnet !== undefined) await turn();
    const all = stage.torrent(hash).trackers.flat();
    expect([...new Set(all)]).toEqual(tiers.flat());
    expect(stage.entry(hash).record.trackers).toEqual(stage.torrent(hash).trackers);
  }
});

describe('what is said of it before its torrent is known', () => {
  const elsewhere = () => join(stage.dir, 'dl', 'x');

  it.each([
    ['a folder', 'torrent-set-location', () => ({ location: elsewhere() }), () => ({ dir: elsewhere() })],
    ['its peers', 'torrent-set', () => ({ 'peer-limit': 7 }), () => ({ maxPeers: 7 })],
    [
      'a limit',
      'torrent-set',
      () => ({ uploadLimit: 5, uploadLimited: true }),
      () => ({ limits: { down: 0, up: 5000 } }),
    ],
    [
      'a tracker more',
      'torrent-set',
      () => ({ trackerAdd: ['udp://more.example:1'] }),
      () => ({ trackers: [[TRACKER], ['udp://more.example:1']] }),
    ],
  ])('%s holds for it', async (_, method, args, options) => {
    for (const text of ['', 'download-queue = 1\n']) {
      await stage.close();
      await open(text);
      expect((await stage.ask(method, { ids: [infoHash], ...args() })).result).toBe('success');
      while (sought().length < 2) await turn();
      expect(sought()[0].options.signal?.aborted).toBe(true);
      expect(sought()[1].options).toMatchObject({ paused: false, ...options() });
      await found();
      expect(stage.torrent(infoHash).options).toMatchObject(options());
    }
  });

  it('holds at once: its torrent may be found before the queue is looked through', async () => {
    await stage.close();
    await open('download-queue = 1\n');
    stage.state.catalog.edit(entry(), { dir: elsewhere() });
    stage.keepers.runner.changed(entry());
    expect(sought()[0].options.signal?.aborted).toBe(true);
  });

  it('and is of no matter to the engine does not disturb the search', async () => {
    await stage.ask('torrent-set', { ids: [infoHash], labels: ['a'], seedRatioLimit: 2, seedRatioMode: 1 });
    await turn();
    expect([sought().length, entry().record.labels]).toEqual([1, ['a']]);
  });

  it('does not begin it again when it was stopped or removed at the same time', async () => {
    const set = (limit: number) => stage.ask('torrent-set', { ids: [infoHash], 'peer-limit': limit });
    await Promise.all([set(7), stage.ask('torrent-stop', { ids: [infoHash] })]);
    await turn();
    expect([sought().length, sought()[0].options.signal?.aborted]).toEqual([1, true]);
    await stage.ask('torrent-start', { ids: [infoHash] });
    expect(sought()).toHaveLength(2);
    await Promise.all([set(8), stage.ask('torrent-remove', { ids: [infoHash] })]);
    await turn();
    expect([sought().length, sought()[1].options.signal?.aborted]).toEqual([2, true]);
  });
});

it('one that is stopped and started at once is sought again', async () => {
  const [stopped, started] = ['torrent-stop', 'torrent-start'].map(method =>
    stage.ask(method, { ids: [infoHash] }),
  );
  await Promise.all([stopped, started]);
  await turn();
  expect([sought().length, sought()[1]?.options.signal?.aborted]).toEqual([2, false]);
});

it('one that failed is sought again when it is started', async () => {
  sought()[0].failed(new MillraceError('ERR_MEMORY_BUDGET', 'pieces too long'));
  await turn();
  expect(entry().failure?.code).toBe('ERR_MEMORY_BUDGET');
  await stage.ask('torrent-start', { ids: [infoHash] });
  expect([entry().failure, sought().length]).toEqual([undefined, 2]);
  await found();
  expect(entry().torrent?.infoHash).toBe(infoHash);
});

it('is removed with its data, of which there are none, without a complaint', async () => {
  await stage.ask('torrent-remove', { ids: [infoHash], 'delete-local-data': true });
  expect([stage.state.catalog.size, stage.logged.filter(line => /^(warn|error)/.test(line))]).toEqual([
    0,
    [],
  ]);
});
