import type { MillraceError } from '../errors.js';
import type { Presence } from './presence.js';
import type { TorrentGlance, TorrentState, TorrentStats, TrackerComplaint } from './types.js';
import type { Workings } from './workings.js';

/** Where a torrent is now. */
export interface StateNow {
  readonly state: TorrentState;
  readonly error: MillraceError | undefined;
  readonly checkProgress: number;
}

/** A snapshot of a torrent, which may be at work or at rest. */
export function describeTorrent(now: StateNow, workings: Workings, presence: Presence): TorrentStats {
  const { infoHash, length, pieceCount } = workings.metainfo;
  const { tally, ever } = workings.account;
  const peers = workings.working?.neighbours.peerStats() ?? [];
  return {
    infoHash,
    name: workings.place.name,
    ...now,
    length,
    done: workings.doneBytes,
    wanted: workings.wantedBytes,
    pieces: pieceCount,
    piecesDone: workings.piecesDone,
    downRate: peers.reduce((sum, peer) => sum + peer.downRate, 0),
    upRate: peers.reduce((sum, peer) => sum + peer.upRate, 0),
    ...tally,
    everDownloaded: ever.downloaded,
    everUploaded: ever.uploaded,
    limitedBy: workings.limitedBy(),
    peers,
    knownPeers: presence.known,
    trackers: presence.trackers,
    copies: now.state === 'closed' ? 0 : workings.copies,
  };
}

/** The numbers of it that cost next to nothing. */
export function glanceAt(
  { state, error, checkProgress }: StateNow,
  workings: Workings,
  trackerComplaint: TrackerComplaint | undefined,
): TorrentGlance {
  const { doneBytes: done, wantedBytes: wanted, working, account } = workings;
  const { uploaded, downloaded, wasted, failedPieces } = account.tally;
  // Written out: objects made by spreading cost 10,000 torrents at rest 2 % of a core (bench/daemon/idle.mjs).
  return {
    state,
    error,
    done,
    wanted,
    downRate: working?.neighbours.rate('down') ?? 0,
    upRate: working?.neighbours.rate('up') ?? 0,
    uploaded,
    downloaded,
    wasted,
    failedPieces,
    everDownloaded: account.earlier.downloaded + downloaded,
    everUploaded: account.earlier.uploaded + uploaded,
    peers: workings.links.size,
    checkProgress,
    trackerComplaint,
    working: working !== undefined,
  };
}
