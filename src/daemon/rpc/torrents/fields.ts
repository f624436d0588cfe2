import { hasBit } from '../../../engine/bits.js';
import { isMillraceError, type LimitedBy } from '../../../index.js';
import type { Entry } from '../../torrents/entry.js';
import { ratioOf, secondsLeft } from '../../torrents/progress.js';
import type { LimitMode } from '../../torrents/record.js';
import type { Status } from '../../torrents/status.js';
import { toSnake } from '../spelling.js';
import { filesOf, wishesOf } from './files.js';
import { magnetOf } from './magnet.js';
import { countSources, describePeer } from './peers.js';
import { describeTrackerStats, describeTrackers, trackerList } from './trackers.js';
import type { TorrentView } from './view.js';

/** Numbers of the protocol. */
const STATUS: Readonly<Record<Status, number>> = {
  stopped: 0,
  error: 0,
  'check-wait': 1,
  checking: 2,
  'download-wait': 3,
  downloading: 4,
  'seed-wait': 5,
  seeding: 6,
};
const LIMIT_MODE: Readonly<Record<LimitMode, number>> = { session: 0, own: 1, none: 2 };

const NOT_AVAILABLE = -1;
const UNKNOWN_TIME = -2;
const INFINITE_RATIO = -2;
/** Limits are told in these. */
const KB = 1000;
const MINUTE_MS = 60_000;

const NO_ERROR = 0;
const TRACKER_WARNING = 1;
const TRACKER_ERROR = 2;
const LOCAL_ERROR = 3;

type Getter = (view: TorrentView) => unknown;

/** Every field of `torrent_get` by our name. Of what lies in it the keys are as JSON-RPC spells them. */
export const TORRENT_FIELDS: ReadonlyMap<string, Getter> = new Map<string, Getter>(
  Object.entries({
    // what it is
    id: ({ entry }) => entry.id,
    hash_string: ({ entry }) => entry.infoHash,
    name: ({ entry }) => entry.record.name,
    total_size: view => view.size,
    comment: ({ metainfo }) => metainfo?.comment ?? '',
    creator: ({ metainfo }) => metainfo?.createdBy ?? '',
    date_created: ({ metainfo }) => metainfo?.creationDate ?? 0,
    is_private: ({ metainfo }) => metainfo?.private ?? false,
    piece_count: ({ metainfo }) => metainfo?.pieceCount ?? 0,
    piece_size: ({ metainfo }) => metainfo?.pieceLength ?? 0,
    torrent_file: ({ entry, context }) => context.folder.pathOf(entry.infoHash),
    magnet_link: ({ entry }) => magnetOf(entry),
    metadata_percent_complete: ({ entry }) => (entry.record.magnet === undefined ? 1 : 0),
    primary_mime_type: ({ metainfo }) => mimeTypeOf(metainfo?.files ?? []),
    webseeds: ({ metainfo }) => metainfo?.urlList ?? [],
    webseeds_sending_to_us: () => 0,

    // what its user wants
    download_dir: ({ entry }) => entry.record.dir,
    labels: ({ entry }) => entry.record.labels,
    group: ({ entry }) => entry.record.group,
    bandwidth_priority: ({ entry }) => entry.record.priority,
    queue_position: view => position(view),
    sequential_download: ({ entry }) => entry.record.sequential,
    honors_session_limits: ({ entry }) => entry.record.honorsSessionLimits,
    download_limit: ({ entry }) => Math.round(entry.record.down.value / KB),
    download_limited: ({ entry }) => entry.record.down.on,
    upload_limit: ({ entry }) => Math.round(entry.record.up.value / KB),
    upload_limited: ({ entry }) => entry.record.up.on,
    peer_limit: view => maxPeers(view),
    max_connected_peers: view => maxPeers(view),
    seed_ratio_limit: ({ entry }) => entry.record.seedRatio.value,
    seed_ratio_mode: ({ entry }) => LIMIT_MODE[entry.record.seedRatio.mode],
    seed_idle_limit: ({ entry }) => Math.round(entry.record.seedIdle.value / MINUTE_MS),
    seed_idle_mode: ({ entry }) => LIMIT_MODE[entry.record.seedIdle.mode],

    // what it does
    status: view => STATUS[view.status],
    error: view => errorOf(view).kind,
    error_string: view => errorOf(view).text,
    is_finished: ({ entry }) => entry.record.finished,
    is_stalled: view => isStalled(view),
    rate_download: ({ light }) => Math.round(light.downRate),
    rate_upload: ({ light }) => Math.round(light.upRate),
    downloaded_ever: ({ light }) => light.everDownloaded,
    uploaded_ever: ({ light }) => light.everUploaded,
    corrupt_ever: ({ light, entry }) => entry.record.corrupt + light.wasted,
    upload_ratio: view => uploadRatio(view),
    recheck_progress: ({ light, status }) => (status === 'checking' ? light.checkProgress : 0),
    eta: view => etaOf(view),
    eta_idle: () => NOT_AVAILABLE,

    // how far it is
    percent_done: view => percentDone(view),
    percent_complete: view => (view.size === 0 ? percentDone(view) : view.light.done / view.size),
    size_when_done: ({ light, size, entry }) => (entry.torrent === undefined ? size : light.wanted),
    left_until_done: view => view.left,
    have_valid: ({ light }) => light.done,
    have_unchecked: () => 0,
    desired_available: view => desiredAvailable(view),
    availability: view => availabilityOf(view),
    pieces: ({ entry }) => Buffer.from(entry.torrent?.haveBits() ?? []).toString('base64'),
    bytes_completed: ({ entry }) => filesOf(entry).map(({ index }) => entry.torrent!.fileDone(index)),

    // when
    added_date: ({ entry }) => entry.record.addedAt,
    done_date: ({ entry }) => entry.record.doneAt,
    start_date: ({ entry }) => entry.record.startedAt,
    edit_date: ({ entry }) => entry.record.editedAt,
    activity_date: view => activityOf(view),
    seconds_downloading: ({ entry, context }) => Math.floor(context.phases.seconds(entry.record).downloading),
    seconds_seeding: ({ entry, context }) => Math.floor(context.phases.seconds(entry.record).seeding),
    manual_announce_time: () => NOT_AVAILABLE,

    // its files
    file_count: ({ metainfo }) => metainfo?.files.length ?? 0,
    files: view => describeFiles(view),
    file_stats: ({ entry }) =>
      wishesOf(entry).map(({ wanted, priority }, index) => ({
        bytes_completed: entry.torrent!.fileDone(index),
        wanted,
        priority,
      })),
    priorities: ({ entry }) => wishesOf(entry).map(({ priority }) => priority),
    wanted: ({ entry, dialect }) =>
      wishesOf(entry).map(({ wanted }) => (dialect === 'legacy' ? Number(wanted) : wanted)),

    // who it knows
    peers: ({ stats }) => stats?.peers.map(describePeer) ?? [],
    peers_connected: ({ light }) => light.peers,
    peers_from: ({ stats }) => countSources(stats?.peers ?? []),
    peers_getting_from_us: ({ stats }) => stats?.peers.filter(({ upRate }) => upRate > 0).length ?? 0,
    peers_sending_to_us: ({ stats }) => stats?.peers.filter(({ downRate }) => downRate > 0).length ?? 0,
    trackers: ({ entry }) => describeTrackers(entry),
    tracker_list: ({ entry }) => trackerList(entry),
    tracker_stats: ({ entry }) => describeTrackerStats(entry),

    // no other daemon tells: what held it back, docs/limits.md
    move_progress: ({ entry }) => moveProgress(entry.moving),
    limited_by: ({ stats }) => describeLimits(stats?.limitedBy),
  } satisfies Record<string, Getter>),
);

function describeLimits(limitedBy: LimitedBy | undefined): Record<string, number> {
  return Object.fromEntries(Object.entries(limitedBy ?? {}).map(([cause, share]) => [toSnake(cause), share]));
}

/** Of a magnet link nothing is here, however little is known to be wanted. */
function percentDone({ light, left, entry }: TorrentView): number {
  if (entry.record.magnet !== undefined) return 0;
  return left === 0 ? 1 : light.done / Math.max(light.wanted, light.done, 1);
}

/** Of a copy to another file system; -1 while nothing is moved. */
function moveProgress(moving: Entry['moving']): number {
  if (moving === undefined) return NOT_AVAILABLE;
  return moving.total === 0 ? 1 : moving.done / moving.total;
}

function maxPeers({ entry, context }: TorrentView): number {
  return entry.record.maxPeers ?? context.settings.get('max-peers-per-torrent');
}

/** Positions are kept up to date with the order. */
function position({ entry, context }: TorrentView): number {
  context.catalog.inQueueOrder();
  return entry.position;
}

function errorOf({ entry, light, status }: TorrentView): { kind: number; text: string } {
  const { failure } = entry;
  if (failure !== undefined) return { kind: LOCAL_ERROR, text: failure.message };
  if (status === 'error')
    return {
      kind: LOCAL_ERROR,
      text: isMillraceError(light.error) ? light.error.message : 'the torrent failed',
    };
  const { trackerComplaint: complaint } = light;
  if (complaint === undefined || (status !== 'downloading' && status !== 'seeding'))
    return { kind: NO_ERROR, text: '' };
  return { kind: complaint.kind === 'failure' ? TRACKER_ERROR : TRACKER_WARNING, text: complaint.text };
}

function isStalled({ entry, context, status }: TorrentView): boolean {
  const stalledMs = context.settings.get('queue-stalled');
  if (stalledMs === undefined || (status !== 'downloading' && status !== 'seeding')) return false;
  return context.nowMs() - Math.max(entry.movedMs, entry.changedMs) >= stalledMs;
}

function uploadRatio({ light }: TorrentView): number {
  if (light.everUploaded === 0 && light.everDownloaded === 0 && light.done === 0) return NOT_AVAILABLE;
  const ratio = ratioOf(light);
  if (Number.isFinite(ratio)) return ratio;
  return light.everUploaded > 0 ? INFINITE_RATIO : NOT_AVAILABLE;
}

function etaOf({ light, status, context, entry }: TorrentView): number {
  const seconds = secondsLeft(light, status, context.seeds.limitsOf(entry));
  if (seconds === undefined) return NOT_AVAILABLE;
  return Number.isFinite(seconds) ? seconds : UNKNOWN_TIME;
}

function activityOf({ entry, context }: TorrentView): number {
  const { movedMs, record } = entry;
  if (movedMs === Number.NEGATIVE_INFINITY) return record.activeAt;
  return Math.floor(context.nowSeconds() - (context.nowMs() - movedMs) / 1000);
}

/** Wanted bytes that we lack and a connected peer has. */
function desiredAvailable({ entry, light, left }: TorrentView): number {
  const { torrent } = entry;
  if (torrent === undefined || left === 0 || light.peers === 0) return 0;
  const { pieceLength } = torrent.metainfo;
  const have = torrent.haveBits();
  let bytes = 0;
  torrent.availability().forEach((copies, piece) => {
    if (copies > 0 && !hasBit(have, piece)) bytes += pieceLength;
  });
  return Math.min(bytes, left);
}

/** Copies of each piece among the peers, -1 for those that are here. */
function availabilityOf({ entry: { torrent } }: TorrentView): number[] {
  if (torrent === undefined) return [];
  const have = torrent.haveBits();
  return Array.from(torrent.availability(), (copies, piece) => (hasBit(have, piece) ? -1 : copies));
}

function describeFiles({ entry }: TorrentView): object[] {
  const { torrent } = entry;
  if (torrent === undefined) return [];
  const { pieceLength } = torrent.metainfo;
  return filesOf(entry).map(({ index, name, length, offset }) => ({
    name,
    length,
    bytes_completed: torrent.fileDone(index),
    begin_piece: Math.floor(offset / pieceLength),
    end_piece: Math.floor(Math.max(offset, offset + length - 1) / pieceLength) + 1,
  }));
}

const MIME_TYPES: Readonly<Record<string, string>> = {
  mkv: 'video/x-matroska',
  mp4: 'video/mp4',
  avi: 'video/x-msvideo',
  mp3: 'audio/mpeg',
  flac: 'audio/flac',
  ogg: 'audio/ogg',
  epub: 'application/epub+zip',
  pdf: 'application/pdf',
  iso: 'application/x-iso9660-image',
  zip: 'application/zip',
  gz: 'application/gzip',
  xz: 'application/x-xz',
  jpg: 'image/jpeg',
  png: 'image/png',
  txt: 'text/plain',
};

/** Of the kind that most bytes are of. */
function mimeTypeOf(files: readonly { path: readonly string[]; length: number }[]): string {
  const bytes = new Map<string, number>();
  for (const { path, length } of files) {
    const extension = path.at(-1)?.split('.').pop()?.toLowerCase() ?? '';
    const type = MIME_TYPES[extension] ?? 'application/octet-stream';
    bytes.set(type, (bytes.get(type) ?? 0) + length);
  }
  return [...bytes].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 'application/octet-stream';
}
