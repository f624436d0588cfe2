import type { Waits } from '../policy/limiting.js';
import type { PeerCore } from './peer-core.js';

const NOBODY: Waits = { nobody: 1 };
const CHOKE: Waits = { choke: 1 };
const LOCAL_CAP: Waits = { localCap: 1 };
const MEMORY: Waits = { memory: 1 };
const WORKERS: Waits = { workers: 1 };
const PEERS: Waits = { peers: 1 };

/** What the session knows of a download besides its core. */
export interface Arriving {
  /** A rate limit keeps bytes from being read that are, or may be, there. */
  readonly held: boolean;
  /** Pieces that are being hashed or written. */
  readonly verifying: number;
}

/**
 * What a download waits for until its next turn. What all peers share (limit, memory, workers) counts whole as soon as
 * anybody waits for it; what each peer has of its own counts by heads.
 */
export function downloadWaits(
  peers: Iterable<PeerCore>,
  openPieces: number,
  { held, verifying }: Arriving,
  nowMs: number,
): Waits {
  let interesting = 0;
  let sources = 0;
  let outstanding = 0;
  let starved = false;
  let narrow = 0;
  for (const peer of peers) {
    if (!peer.amInterested) continue;
    interesting++;
    // A choked one may still give what is allowed fast (BEP 6); afterwards it is the choke that we wait for.
    if (!peer.mayRequest || (peer.peerChoking && peer.outstanding.size === 0)) continue;
    sources++;
    const free = peer.window.size - peer.outstanding.size;
    outstanding += peer.outstanding.size;
    if (free > 0) starved ||= peer.starved;
    else if (peer.window.isShort(nowMs - peer.lastBlockMs)) narrow++;
  }
  if (interesting === 0) return NOBODY;
  if (sources === 0) return CHOKE;
  if (held) return LOCAL_CAP;
  if (starved) return 2 * verifying >= openPieces && verifying > 0 ? WORKERS : MEMORY;
  if (outstanding === 0 && verifying > 0) return WORKERS; // all of it is here, but not yet hashed and written
  return narrow === 0 ? PEERS : { window: narrow / sources, peers: 1 - narrow / sources };
}

/** What the uploads of a torrent wait for until its next turn. Limit and memory count whole, the rest by heads. */
export function uploadWaits(peers: Iterable<PeerCore>): Waits {
  let interested = 0;
  let served = 0;
  let reading = 0;
  let short = false;
  for (const peer of peers) {
    if (!peer.peerInterested) continue;
    interested++;
    if (peer.amChoking) continue;
    served++;
    if (peer.uploads.length === 0) continue;
    if (peer.uploadWait === 'localCap') return LOCAL_CAP;
    if (peer.uploadWait === 'memory') short = true;
    if (peer.uploadWait === 'disk') reading++;
  }
  if (interested === 0) return NOBODY;
  if (served === 0) return CHOKE;
  if (short) return MEMORY;
  return reading === 0 ? PEERS : { disk: reading / served, peers: 1 - reading / served };
}
