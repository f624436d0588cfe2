import { clientName } from '../protocol/peer-id.js';
import type { PeerLink } from './link.js';
import type { PeerStats } from './types.js';

/** A snapshot of a neighbour; undefined before it is one. */
export function describePeer(link: PeerLink, pieceCount: number, nowMs: number): PeerStats | undefined {
  const { peer, before, sources } = link;
  if (peer === undefined) return undefined;
  return {
    address: link.name,
    client: peer.client || clientName(link.peerId!),
    downRate: peer.down.rate(nowMs),
    upRate: peer.up.rate(nowMs),
    downloaded: (before?.downloaded ?? 0) + peer.down.total,
    uploaded: (before?.uploaded ?? 0) + peer.up.total,
    progress: peer.haveCount / pieceCount,
    amChoking: peer.amChoking,
    amInterested: peer.amInterested,
    peerChoking: peer.peerChoking,
    peerInterested: peer.peerInterested,
    snubbed: peer.snubbed,
    outstanding: peer.outstanding.size,
    window: peer.window.size,
    incoming: link.incoming,
    source: sources[0],
    sources: [...sources],
  };
}
