import { createHash } from 'node:crypto';
import type {
  PageDetail,
  PageSession,
  PageSource,
  PageStatus,
  PageTorrent,
} from '../../src/daemon/page/source.js';

const MB = 1e6;
const GB = 1e9;
/** Sunday, 22 November 2026, 12:00 UTC. */
const NOW_S = 1_795_348_800;
const DAY_S = 86_400;

type Given = Partial<PageTorrent> & Pick<PageTorrent, 'name'>;

/** A seed box with torrents such as people have. */
const REALISTIC: readonly Given[] = [
  {
    name: 'debian-13.2.0-amd64-DVD-1.iso',
    ...{ size: 3.98 * GB, up: 4.21 * MB, peers: 31, ratio: 12.4, copies: 42.1, limit: 'remote' },
    labels: ['linux'],
  },
  {
    name: 'ubuntu-26.04-desktop-amd64.iso',
    ...{ size: 6.31 * GB, up: 11.8 * MB, peers: 84, ratio: 27.91, copies: 96.3, limit: 'local cap' },
    labels: ['linux', 'keep'],
  },
  {
    name: 'Fedora-Workstation-Live-x86_64-44',
    ...{ size: 2.74 * GB, status: 'downloading', progress: 0.637, down: 38.6 * MB, up: 2.9 * MB },
    ...{ peers: 47, ratio: 0.11, copies: 18.4, etaSeconds: 26, limit: 'remote' },
    labels: ['linux'],
  },
  {
    name: 'archlinux-2026.11.01-x86_64.iso',
    addedAt: NOW_S - 19 * DAY_S,
    ...{ size: 1.36 * GB, up: 0.64 * MB, peers: 12, ratio: 41.02, copies: 28.7, limit: 'remote' },
    labels: ['linux'],
  },
  {
    name: 'Blender Open Movies, all in 4K',
    ...{ size: 112.6 * GB, status: 'downloading', progress: 0.218, down: 6.4 * MB, up: 1.2 * MB },
    ...{ peers: 9, ratio: 0.34, copies: 2.3, etaSeconds: 13_800, limit: 'choke' },
    labels: ['films', 'cc-by'],
  },
  {
    name: 'enwiki-20261101-pages-articles-multistream.xml.bz2',
    addedAt: NOW_S - 12 * DAY_S,
    ...{ size: 25.1 * GB, status: 'checking', progress: 0.482, peers: 0, ratio: 1.87 },
    labels: ['archive'],
  },
  {
    name: 'LibreOffice_26.2.1_Win_x86-64.msi',
    ...{ size: 0.36 * GB, up: 0.09 * MB, peers: 3, ratio: 5.6, copies: 7.2, limit: 'remote' },
    labels: [],
  },
  {
    name: 'NetBSD-11.0-amd64.iso',
    ...{ size: 0.62 * GB, peers: 0, ratio: 3.05 },
    labels: ['bsd'],
  },
  {
    name: 'FreeBSD-15.0-RELEASE-amd64-dvd1.iso',
    ...{ size: 4.87 * GB, status: 'download-wait', progress: 0, ratio: 0 },
    labels: ['bsd'],
  },
  {
    name: 'Planet OpenStreetMap 2026-11-16 (PBF)',
    addedAt: NOW_S - 4 * DAY_S,
    ...{ size: 88.3 * GB, status: 'downloading', progress: 0.951, down: 0.31 * MB },
    ...{ peers: 2, ratio: 0.72, copies: 0.8, etaSeconds: 15_400, limit: 'remote' },
    labels: ['maps'],
  },
  {
    name: 'raspios-trixie-arm64-lite.img.xz',
    ...{ size: 0.51 * GB, status: 'error', progress: 0.404, ratio: 0.02 },
    error: 'No space left on device',
    labels: [],
  },
  {
    name: 'Internet Archive: Prelinger collection, part 3',
    ...{ size: 214 * GB, status: 'stopped', progress: 0.331, ratio: 0.9 },
    labels: ['films', 'archive'],
  },
];

export function realisticTorrents(): PageTorrent[] {
  return REALISTIC.map((given, i) => torrent(i + 1, given));
}

/** Most of them at rest, as on a seed box. */
export function manyTorrents(count: number): PageTorrent[] {
  return Array.from({ length: count }, (_, i) =>
    torrent(i + 1, {
      name: `${REALISTIC[i % REALISTIC.length].name.replace(/\.iso$/, '')} (${i + 1})`,
      size: (1 + ((i * 7919) % 400)) * 50 * MB,
      ratio: ((i * 31) % 900) / 100,
      labels: i % 10 === 0 ? ['tenth'] : [],
      up: i % 100 === 0 ? 50_000 + i : 0,
      peers: i % 100 === 0 ? 2 : 0,
    }),
  );
}

export function torrent(id: number, given: Given): PageTorrent {
  const status: PageStatus = 'seeding';
  return {
    ...{ id, hash: sha1(given.name), status, progress: 1, size: GB, down: 0, up: 0 },
    ...{ peers: 0, ratio: 1, labels: [], addedAt: NOW_S - ((id * 37) % 90) * DAY_S, copies: 0 },
    ...given,
  };
}

/** A source whose torrents a test changes as it likes; counts how often it was asked. */
export class FakeSource implements PageSource {
  list: PageTorrent[];
  asked = 0;
  detailsAsked = 0;
  overrides: Partial<PageSession> = {};
  /** Pieces of every torrent. */
  pieceCount = 10_000;

  constructor(list: PageTorrent[]) {
    this.list = list;
  }

  change(id: number, change: Partial<PageTorrent>): void {
    this.list = this.list.map(item => (item.id === id ? { ...item, ...change } : item));
  }

  session(): PageSession {
    const sum = (key: 'down' | 'up' | 'peers') => this.list.reduce((total, item) => total + item[key], 0);
    return {
      version: '0.2.0',
      ...{ down: sum('down'), up: sum('up'), peers: sum('peers'), torrents: this.list.length },
      active: this.list.filter(({ down, up }) => down + up > 0).length,
      ...{ freeBytes: 1.27e12, uptimeSeconds: 12 * DAY_S + 4 * 3600, altSpeed: false },
      limits: { down: 0, up: 25 * MB },
      ...this.overrides,
    };
  }

  torrents(): Iterable<PageTorrent> {
    this.asked++;
    return this.list;
  }

  detail(hash: string): PageDetail | undefined {
    this.detailsAsked++;
    const found = this.list.find(item => item.hash === hash);
    return found && detailOf(found, this.pieceCount);
  }
}

const CLIENTS = [
  'qBittorrent 5.1.2',
  'Transmission 4.1.0',
  'libtorrent 2.0.11',
  'Deluge 2.2.0',
  'aria2 1.37.0',
];

function detailOf(item: PageTorrent, count: number): PageDetail {
  const have = new Uint8Array(Math.ceil(count / 8));
  const availability = new Uint16Array(count);
  // pieces come in runs, and a few are rare
  const waves = Array.from({ length: count }, (_, piece) => Math.sin(piece / 97) + Math.sin(piece / 31));
  const level = [...waves].sort((a, b) => a - b)[Math.floor(count * item.progress)] ?? 3;
  for (let piece = 0; piece < count; piece++) {
    if (waves[piece] < level) have[piece >> 3] |= 0x80 >> (piece & 7);
    availability[piece] = item.copies + Math.max(0, 2 * Math.sin(piece / 173));
  }
  const peers = Array.from({ length: Math.min(item.peers, 60) }, (_, i) => ({
    address:
      i % 4 === 3 ? `[2001:db8:${(i * 73).toString(16)}::${i + 1}]:51413` : `198.51.100.${i + 7}:${6881 + i}`,
    client: CLIENTS[i % CLIENTS.length],
    progress: i % 3 === 0 ? 1 : ((i * 37) % 100) / 100,
    down: item.down / 2 ** (i + 1),
    up: item.up / 2 ** (i + 1),
    flags: i % 2 === 0 ? 'from DHT, unchoked, interested' : '',
  }));
  return {
    torrent: item,
    dir: '/srv/torrents/complete',
    pieces: { count, have, availability },
    peers,
    trackers: [
      {
        ...{ url: 'https://torrent.example.org/announce', state: 'working', seeders: 312, leechers: 28 },
        nextAt: Date.now() / 1000 + 1200,
      },
      { url: 'udp://tracker.example.net:6969/announce', state: 'failed', error: 'no answer within 15 s' },
    ],
    files: [
      { path: item.name, length: item.size, done: item.size * item.progress, priority: 'normal' },
      { path: 'SHA256SUMS', length: 1_204, done: 1_204, priority: 'high' },
      { path: 'extras/readme.txt', length: 18_310, done: 0, priority: 'skip' },
    ],
    limitedBy:
      item.down > 0
        ? [
            { name: 'remote', share: 0.58 },
            { name: 'choke', share: 0.21 },
            { name: 'local cap', share: 0.12 },
            { name: 'disk', share: 0.06 },
            { name: 'cpu', share: 0.03 },
          ]
        : [
            { name: 'remote', share: 0.92 },
            { name: 'local cap', share: 0.08 },
          ],
  };
}

function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex');
}
