import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { torrentGet } from '../../../../../src/daemon/rpc/torrents/get.js';
import { Slices } from '../../../../../src/daemon/slices.js';
import { DaemonStage } from '../../../../lib/daemon-stage.js';

let stage: DaemonStage;
let hash: string;
beforeEach(async () => {
  stage = await DaemonStage.open();
  hash = await stage.add('one', { labels: ['a'] });
});
afterEach(() => stage.close());

type Row = Record<string, unknown>;
const get = async (args: object) => {
  const { result, arguments: told } = await stage.ask('torrent-get', args);
  return { result, ...(told as unknown as { torrents: Row[]; removed?: number[] }) };
};
const row = async (...fields: string[]) => (await get({ ids: hash, fields })).torrents[0];

/** Asked by some client; none may be absent, and these are lists to them. */
const LISTS = [
  'labels',
  'trackers',
  'trackerStats',
  'files',
  'fileStats',
  'peers',
  'priorities',
  'wanted',
  'webseeds',
];

it('fields are named as they are asked for; unknown ones are left out, and none is a mistake', async () => {
  expect(
    await row('hashString', 'labels', 'download_dir', 'downloadDir', 'nothing', 'id', 'peer-limit'),
  ).toEqual({
    ...{ hashString: hash, labels: ['a'], id: 1, 'peer-limit': 200 },
    ...{ download_dir: `${stage.dir}/dl`, downloadDir: `${stage.dir}/dl` },
  });
  for (const fields of [undefined, [], ['nothing'], 'id', [5]])
    expect((await get({ ids: hash, fields })).result).toBe('no fields specified');
});

it('as a table: names first, then rows', async () => {
  await stage.add('two');
  const { torrents } = await get({ fields: ['name', 'nothing', 'id'], format: 'table' });
  expect(torrents).toEqual([
    ['name', 'id'],
    ['one', 1],
    ['two', 2],
  ]);
});

it('who asks for recent ones is told which are gone, also when none is', async () => {
  expect(await get({ ids: 'recently-active', fields: ['id'] })).toMatchObject({
    torrents: [{ id: 1 }],
    removed: [],
  });
  expect(await get({ ids: [1], fields: ['id'] })).not.toHaveProperty('removed');
  await stage.ask('torrent-remove', { ids: [1] });
  expect(await get({ ids: 'recently-active', fields: ['id'] })).toMatchObject({ torrents: [], removed: [1] });
});

it('lists are lists, dates numbers, and nothing is undefined, also of one that could not be opened', async () => {
  const all = [
    ...LISTS,
    'addedDate',
    'doneDate',
    'activityDate',
    'startDate',
    'editDate',
    'pieces',
    'trackerList',
  ];
  for (const opened of [true, false]) {
    if (!opened) stage.state.catalog.set(stage.entry(hash), { torrent: undefined });
    const told = await row(...all);
    expect(Object.entries(told).filter(([, value]) => value === undefined || value === null)).toEqual([]);
    expect(LISTS.filter(name => !Array.isArray(told[name]))).toEqual([]);
    expect((told.files as unknown[]).length).toBe((told.fileStats as unknown[]).length);
  }
});

it('keys inside are spelled as in the rest', async () => {
  const { files, fileStats, trackers } = await row('files', 'fileStats', 'trackers');
  expect((files as Row[])[0]).toEqual({
    name: 'one',
    length: 49_152,
    bytesCompleted: 0,
    beginPiece: 0,
    endPiece: 3,
  });
  expect((fileStats as Row[])[0]).toEqual({ bytesCompleted: 0, wanted: true, priority: 0 });
  expect((trackers as Row[])[0]).toMatchObject({
    ...{ id: 0, tier: 0, announce: 'http://tracker.example/announce', sitename: 'tracker' },
    scrape: 'http://tracker.example/scrape',
  });
});

describe('numbers of the protocol', () => {
  it('wanted is 0 and 1', async () => {
    expect(await row('wanted', 'priorities')).toEqual({ wanted: [1], priorities: [0] });
    await stage.ask('torrent-set', { ids: hash, 'files-unwanted': [0], 'priority-low': [0] });
    expect(await row('wanted', 'priorities')).toEqual({ wanted: [0], priorities: [-1] });
  });

  it('a failure is local, with its text, and is over when it is', async () => {
    expect(await row('error', 'errorString')).toEqual({ error: 0, errorString: '' });
    stage.torrent(hash).fail('the disk is gone');
    expect(await row('error', 'errorString', 'status')).toEqual({
      ...{ error: 3, errorString: 'the disk is gone', status: 0 },
    });
    await stage.ask('torrent-start', { ids: hash });
    expect(await row('error', 'status')).toEqual({ error: 0, status: 4 });
  });

  it('how long, how much, and how far', async () => {
    const torrent = stage.torrent(hash);
    expect(await row('eta', 'uploadRatio', 'percentDone', 'leftUntilDone')).toEqual({
      ...{ eta: -2, uploadRatio: -1, percentDone: 0, leftUntilDone: 49_152 },
    });
    torrent.done = 49_152 / 2;
    torrent.downRate = 1000;
    expect(await row('eta', 'percentDone', 'rateDownload', 'sizeWhenDone', 'haveValid')).toEqual({
      ...{ eta: 25, percentDone: 0.5, rateDownload: 1000, sizeWhenDone: 49_152, haveValid: 24_576 },
    });
    torrent.complete();
    torrent.upload(49_152);
    expect(await row('eta', 'uploadRatio', 'percentDone', 'isFinished', 'status')).toMatchObject({
      ...{ eta: -1, percentDone: 1, isFinished: false, status: 6 },
    });
    torrent.wanted = 0;
    torrent.everDownloaded = 0;
    expect(await row('uploadRatio')).toEqual({ uploadRatio: -2 });
    torrent.everUploaded = 0;
    expect(await row('uploadRatio', 'percentDone')).toEqual({ uploadRatio: -1, percentDone: 1 });
  });

  it('limits are in thousands, minutes and modes', async () => {
    await stage.ask('torrent-set', {
      ...{ ids: hash, uploadLimit: 7, seedRatioMode: 2, seedIdleLimit: 9, seedIdleMode: 1, labels: [] },
    });
    expect(
      await row(
        'uploadLimit',
        'uploadLimited',
        'seedRatioMode',
        'seedRatioLimit',
        'seedIdleLimit',
        'seedIdleMode',
      ),
    ).toEqual({
      ...{ uploadLimit: 7, uploadLimited: false, seedRatioMode: 2, seedRatioLimit: 2, seedIdleLimit: 9 },
      seedIdleMode: 1,
    });
  });
});

it('a torrent that is removed while others are described is left out', async () => {
  for (let i = 2; i <= 110; i++) await stage.add(`more ${i}`);
  let nowMs = 0;
  let rests = 0;
  const slices = new Slices(
    () => (nowMs += 20),
    async () => {
      rests++;
      await stage.ask('torrent-remove', { ids: [105] });
    },
  );
  const call = { method: 'torrent_get', params: { fields: ['id'] }, dialect: 'legacy' as const };
  const { value } = await torrentGet(stage.context, call, slices);
  const ids = (value as { torrents: Row[] }).torrents.map(({ id }) => id);
  expect(rests).toBe(1);
  expect(ids).toHaveLength(109);
  expect(ids).not.toContain(105);
});
