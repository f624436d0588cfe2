import type { MillraceError } from '../errors.js';
import type { Presence } from './presence.js';
import type { TorrentState, TorrentStats } from './types.js';
import type { Workings } from './workings.js';

/** A snapshot of a torrent, which may be at work or at rest. */
export function describeTorrent(
  state: TorrentState,
  error: MillraceError | undefined,
  workings: Workings,
  presence: Presence,
): TorrentStats {
  const { infoHash, name, length, pieceCount } = workings.metainfo;
  const peers = workings.working?.neighbours.peerStats() ?? [];
  return {
    infoHash,
    name,
    state,
    error,
    length,
    done: workings.doneBytes,
    wanted: workings.wantedBytes,
    pieces: pieceCount,
    piecesDone: workings.piecesDone,
    downRate: peers.reduce((sum, peer) => sum + peer.downRate, 0),
    upRate: peers.reduce((sum, peer) => sum + peer.upRate, 0),
    ...workings.tally,
    limitedBy: workings.limitedBy(),
    peers,
    knownPeers: presence.known,
    trackers: presence.trackers,
    copies: state === 'closed' ? 0 : workings.copies,
  };
}
