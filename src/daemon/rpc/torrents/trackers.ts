import { parseMagnet, type TrackerStats } from '../../../index.js';
import type { Entry } from '../../torrents/entry.js';

/** Announce states: 0 inactive, 1 waiting, 2 queued, 3 active. */
const INACTIVE = 0;
const WAITING = 1;
const ACTIVE = 3;

/** `http://host/announce?key` is asked at `http://host/scrape?key` (BEP 48); others have no such place. */
export function scrapeUrl(announce: string): string {
  if (announce.startsWith('udp:')) return announce;
  return /\/announce([^/]*)$/.test(announce) ? announce.replace(/\/announce([^/]*)$/, '/scrape$1') : '';
}

/** `tracker.example.org` is `example`: the name that people know it by. */
export function siteName(announce: string): string {
  const { hostname } = new URL(announce);
  if (/^[\d.]+$|^\[/.test(hostname)) return hostname;
  return hostname.split('.').slice(-2, -1)[0] ?? hostname;
}

interface Listed {
  readonly id: number;
  readonly tier: number;
  readonly announce: string;
}

/** Of a magnet link whose torrent is not known yet, those that it names. */
export function tiersOf({ torrent, record }: Entry): readonly (readonly string[])[] {
  if (torrent !== undefined) return torrent.trackers;
  if (record.trackers !== undefined) return record.trackers;
  return record.magnet === undefined ? [] : parseMagnet(record.magnet).trackers.map(url => [url]);
}

/** A tracker's number is its place in the list. */
function listed(entry: Entry): Listed[] {
  return tiersOf(entry)
    .flatMap((urls, tier) => urls.map(announce => ({ tier, announce })))
    .map((tracker, id) => ({ id, ...tracker }))
    .filter(({ announce }) => URL.canParse(announce));
}

export function describeTrackers(entry: Entry): object[] {
  return listed(entry).map(({ id, tier, announce }) => ({
    id,
    tier,
    announce,
    scrape: scrapeUrl(announce),
    sitename: siteName(announce),
  }));
}

/** One tier a paragraph, as clients edit it. */
export function trackerList(entry: Entry): string {
  return tiersOf(entry)
    .map(tier => tier.join('\n'))
    .join('\n\n');
}

export function describeTrackerStats(entry: Entry): object[] {
  const { torrent } = entry;
  const stats = torrent?.stats().trackers ?? [];
  const online = torrent?.state === 'downloading' || torrent?.state === 'seeding';
  return listed(entry).map(tracker => describe(tracker, stats[tracker.id], online));
}

function describe({ id, tier, announce }: Listed, stats: TrackerStats | undefined, online: boolean): object {
  const { host, protocol, port } = new URL(announce);
  const state = stats?.state ?? 'idle';
  const asked = stats?.lastMs !== undefined;
  const last = Math.floor((stats?.lastMs ?? 0) / 1000);
  const next = online ? Math.floor((stats?.nextMs ?? 0) / 1000) : 0;
  const worked = asked && stats?.error === undefined;
  return {
    id,
    tier,
    announce,
    scrape: scrapeUrl(announce),
    host: `${protocol}//${port === '' ? `${host}:${defaultPort(protocol)}` : host}`,
    sitename: siteName(announce),
    is_backup: online && !asked && state === 'idle',
    announce_state: state === 'announcing' ? ACTIVE : next > 0 ? WAITING : INACTIVE,
    has_announced: asked,
    last_announce_peer_count: stats?.lastPeers ?? 0,
    last_announce_result: !asked ? '' : worked ? (stats?.warning ?? 'Success') : (stats?.error ?? ''),
    last_announce_start_time: last,
    last_announce_succeeded: worked,
    last_announce_time: last,
    last_announce_timed_out: stats?.errorCode === 'ERR_TRACKER_TIMEOUT',
    next_announce_time: next,
    // an announce tells the same numbers
    scrape_state: INACTIVE,
    has_scraped: worked && stats?.seeders !== undefined,
    last_scrape_result: '',
    last_scrape_start_time: worked ? last : 0,
    last_scrape_succeeded: worked && stats?.seeders !== undefined,
    last_scrape_time: worked ? last : 0,
    last_scrape_timed_out: false,
    next_scrape_time: 0,
    seeder_count: stats?.seeders ?? -1,
    leecher_count: stats?.leechers ?? -1,
    download_count: stats?.downloads ?? -1,
    downloader_count: -1,
  };
}

function defaultPort(protocol: string): number {
  return protocol === 'https:' ? 443 : 80;
}
