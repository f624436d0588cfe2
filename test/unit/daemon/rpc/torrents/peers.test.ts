import { expect, it } from 'vitest';
import { countSources, describePeer } from '../../../../../src/daemon/rpc/torrents/peers.js';
import {
  describeTrackerStats,
  describeTrackers,
  scrapeUrl,
  siteName,
  trackerList,
} from '../../../../../src/daemon/rpc/torrents/trackers.js';
import type { Entry } from '../../../../../src/daemon/torrents/entry.js';
import { createRecord } from '../../../../../src/daemon/torrents/record.js';
import type { PeerStats, TrackerStats } from '../../../../../src/index.js';

const peer = (rest: Partial<PeerStats> = {}): PeerStats => ({
  ...{
    address: '192.0.2.1:6881',
    client: 'x 1',
    downRate: 0,
    upRate: 0,
    downloaded: 0,
    uploaded: 0,
    progress: 0.5,
  },
  ...{ amChoking: true, amInterested: false, peerChoking: true, peerInterested: false, snubbed: false },
  ...{ outstanding: 0, window: 0, incoming: false, source: 'tracker' as const, sources: [], ...rest },
});
const flags = (rest: Partial<PeerStats>) => (describePeer(peer(rest)) as { flag_str: string }).flag_str;

it('an address is split from its port, also of IPv6', () => {
  expect(describePeer(peer())).toMatchObject({ address: '192.0.2.1', port: 6881 });
  expect(describePeer(peer({ address: '[2001:db8::1]:80' }))).toMatchObject({
    address: '2001:db8::1',
    port: 80,
  });
});

it.each([
  [{}, ''],
  [{ amInterested: true }, 'd'],
  [{ amInterested: true, peerChoking: false }, 'd'],
  [{ amInterested: true, peerChoking: false, downRate: 1 }, 'D'],
  [{ amInterested: true, downRate: 1 }, 'd'],
  [{ peerChoking: false }, 'K'],
  [{ peerInterested: true }, 'u'],
  [{ peerInterested: true, amChoking: false, upRate: 1 }, 'U'],
  [{ amChoking: false }, '?'],
  [{ incoming: true, source: 'incoming' as const }, 'I'],
  [{ source: 'dht' as const }, 'H'],
  [{ source: 'pex' as const, incoming: true }, 'XI'],
  [{ amInterested: true, peerChoking: false, downRate: 1, amChoking: false, incoming: true }, 'D?I'],
])('%j: %j', (rest, expected) => expect(flags(rest)).toBe(expected));

it('who takes and who gives', () => {
  expect(describePeer(peer({ amInterested: true, peerChoking: false, downRate: 9.6 }))).toMatchObject({
    ...{ is_downloading_from: true, is_uploading_to: false, rate_to_client: 10, client_is_interested: true },
    ...{ client_is_choked: false, peer_is_choked: true },
  });
  const from = (source: PeerStats['source']) => peer({ source });
  const sources = ['tracker', 'incoming', 'manual', 'pex', 'pex', 'dht', 'lsd'] as const;
  expect(countSources(sources.map(from))).toMatchObject({
    ...{ from_tracker: 1, from_incoming: 1, from_cache: 1, from_dht: 1, from_pex: 2, from_lpd: 1 },
  });
});

it('a scrape is where the last part of the path is announce, a site the name that people know', () => {
  expect(['http://a/announce?k=1', 'http://a/announce/x', 'http://a/', 'udp://a:1'].map(scrapeUrl)).toEqual([
    ...['http://a/scrape?k=1', '', '', 'udp://a:1'],
  ]);
  expect(
    [
      'http://tracker.site.example/a',
      'http://site.example',
      'http://box/a',
      'udp://192.0.2.1:1',
      'http://[::1]:1/a',
    ].map(siteName),
  ).toEqual(['site', 'site', 'box', '192.0.2.1', '[::1]']);
});

const entry = (stats: readonly Partial<TrackerStats>[], state = 'downloading') =>
  ({
    record: createRecord({ infoHash: 'a'.repeat(40), name: 'x', length: 1, dir: '/dl' }),
    torrent: {
      ...{ state, trackers: [['http://a.example/announce', 'not a url'], ['udp://b.example:9']] },
      stats: () => ({ trackers: stats }),
    },
  }) as unknown as Entry;
/** That could not be opened, or is not known yet. */
const unopened = (record: object = {}) =>
  ({ ...entry([]), torrent: undefined, record: { ...entry([]).record, ...record } }) as Entry;
const described = (stats: readonly Partial<TrackerStats>[], state?: string) =>
  describeTrackerStats(entry(stats, state)) as Record<string, unknown>[];

it('a magnet link has the trackers that it names, before anything is known of its torrent', () => {
  const magnet = `magnet:?xt=urn:btih:${'a'.repeat(40)}&tr=udp%3A%2F%2Fb.example%3A9`;
  expect(trackerList(unopened({ magnet }))).toBe('udp://b.example:9');
  expect(trackerList(unopened({ magnet, trackers: [['udp://c.example:9']] }))).toBe('udp://c.example:9');
  expect(describeTrackerStats(unopened({ magnet }))).toMatchObject([{ announce_state: 0, seeder_count: -1 }]);
});

it('numbers of trackers are their places in the list; what is no URL is not shown', () => {
  const list = describeTrackers(entry([])) as { id: number; tier: number }[];
  expect(list.map(({ id, tier }) => [id, tier])).toEqual([
    [0, 0],
    [2, 1],
  ]);
  expect(trackerList(entry([]))).toBe('http://a.example/announce\nnot a url\n\nudp://b.example:9');
  expect([describeTrackers(unopened()), describeTrackerStats(unopened()), trackerList(unopened())]).toEqual([
    [],
    [],
    '',
  ]);
});

it('one that answered', () => {
  const [one, two] = described([
    {
      state: 'working',
      lastMs: 5_500,
      nextMs: 9_900,
      seeders: 3,
      leechers: 2,
      lastPeers: 4,
      warning: 'slow down',
    },
    {},
    { state: 'announcing' },
  ]);
  expect(one).toMatchObject({
    ...{
      announce_state: 1,
      has_announced: true,
      last_announce_succeeded: true,
      last_announce_result: 'slow down',
    },
    ...{
      last_announce_time: 5,
      next_announce_time: 9,
      seeder_count: 3,
      leecher_count: 2,
      download_count: -1,
    },
    ...{ is_backup: false, host: 'http://a.example:80', last_announce_peer_count: 4 },
  });
  expect(two).toMatchObject({
    announce_state: 3,
    host: 'udp://b.example:9',
    has_announced: false,
    seeder_count: -1,
  });
});

it('one that failed, one that nobody has asked, and all of them while the torrent stands still', () => {
  const [one, two] = described([
    { state: 'failed', lastMs: 5_000, error: 'no answer', errorCode: 'ERR_TRACKER_TIMEOUT' },
    {},
    { state: 'idle' },
  ]);
  expect(one).toMatchObject({
    ...{ last_announce_succeeded: false, last_announce_result: 'no answer', last_announce_timed_out: true },
    ...{ has_scraped: false, announce_state: 0 },
  });
  expect(two).toMatchObject({ is_backup: true, last_announce_result: '' });
  const [still] = described([{ state: 'working', lastMs: 5_000, nextMs: 9_000 }], 'paused');
  expect(still).toMatchObject({
    next_announce_time: 0,
    announce_state: 0,
    is_backup: false,
    last_announce_time: 5,
  });
});
