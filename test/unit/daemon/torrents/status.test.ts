import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../../src/daemon/torrents/entry.js';
import { ratioOf, secondsLeft } from '../../../../src/daemon/torrents/progress.js';
import { isComplete, statusOf } from '../../../../src/daemon/torrents/status.js';
import { MillraceError, type Torrent, type TorrentGlance } from '../../../../src/index.js';

const glance = (rest: Partial<TorrentGlance> = {}): TorrentGlance => ({
  ...{ state: 'downloading', done: 0, wanted: 100, downRate: 0, upRate: 0, downloaded: 0, uploaded: 0 },
  ...{ wasted: 0, failedPieces: 0, everDownloaded: 0, everUploaded: 0, peers: 0, checkProgress: 0 },
  ...{ working: true, ...rest },
});
const status = (state: Torrent['state'] | undefined, running: boolean, done = 0, failed = false) => {
  const torrent = state && { state, light: () => glance({ done }) };
  const failure = failed ? new MillraceError('ERR_STORAGE_IO', 'lost') : undefined;
  return statusOf({ torrent, failure, record: { running } } as unknown as Entry);
};

it.each([
  ['downloading', true, 0, 'downloading'],
  ['seeding', true, 100, 'seeding'],
  ['checking', true, 0, 'checking'],
  ['checking', false, 0, 'checking'],
  ['error', true, 0, 'error'],
  ['paused', false, 0, 'stopped'],
  ['paused', false, 100, 'stopped'],
  ['paused', true, 99, 'download-wait'],
  ['paused', true, 100, 'seed-wait'],
  [undefined, true, 0, 'check-wait'],
  [undefined, false, 0, 'stopped'],
] as const)('%s, to run: %s, %i done: %s', (state, running, done, expected) =>
  expect(status(state, running, done)).toBe(expected),
);

it('one that could not be opened has failed, whatever it is to do', () => {
  expect(status(undefined, false, 0, true)).toBe('error');
  expect(status('seeding', true, 0, true)).toBe('error');
});

it('complete is all that is wanted', () => {
  const complete = (done: number, wanted: number) =>
    isComplete({ light: () => glance({ done, wanted }) } as unknown as Torrent);
  expect([complete(99, 100), complete(100, 100), complete(110, 100), complete(0, 0)]).toEqual([
    ...[false, true, true, true],
  ]);
});

it('the ratio is of what was downloaded, else of what is wanted', () => {
  expect(ratioOf(glance({ everUploaded: 50, everDownloaded: 200 }))).toBe(0.25);
  expect(ratioOf(glance({ everUploaded: 50 }))).toBe(0.5);
  expect(ratioOf(glance({ everUploaded: 50, wanted: 0 }))).toBe(Number.POSITIVE_INFINITY);
});

describe('seconds left', () => {
  const left = (of: Partial<TorrentGlance>, at: Parameters<typeof secondsLeft>[1], ratio?: number) =>
    secondsLeft(glance(of), at, { ratio });

  it('of a download by its rate', () => {
    expect(left({ done: 40, downRate: 7 }, 'downloading')).toBe(9);
    expect(left({ done: 40 }, 'downloading')).toBe(Number.POSITIVE_INFINITY);
  });

  it('of a seed until its ratio, when it has one', () => {
    expect(left({ everUploaded: 50, upRate: 10 }, 'seeding', 2)).toBe(15);
    expect(left({ everUploaded: 50, everDownloaded: 40, upRate: 10 }, 'seeding', 2)).toBe(3);
    expect(left({ everUploaded: 500, upRate: 10 }, 'seeding', 2)).toBe(0);
    expect(left({ upRate: 10 }, 'seeding')).toBeUndefined();
  });

  it.each(['stopped', 'checking', 'download-wait', 'seed-wait', 'error'] as const)(
    'of one that is %s: nobody waits',
    at => expect(left({ downRate: 9, upRate: 9 }, at, 1)).toBeUndefined(),
  );
});
