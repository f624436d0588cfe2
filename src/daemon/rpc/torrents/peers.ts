import type { PeerSource, PeerStats } from '../../../index.js';

/**
 * Transmission's letters: D and d we take from him or would, U and u he takes from us or would, K and ? the choke is
 * off without anybody asking, H he was found by the DHT, X by peer exchange, I he dialled.
 */
function flagsOf(peer: PeerStats): string {
  const { amInterested, amChoking, peerInterested, peerChoking, incoming } = peer;
  let flags = '';
  if (amInterested) flags += peer.downRate > 0 && !peerChoking ? 'D' : 'd';
  else if (!peerChoking) flags += 'K';
  if (peerInterested) flags += peer.upRate > 0 && !amChoking ? 'U' : 'u';
  else if (!amChoking) flags += '?';
  if (peer.source === 'dht') flags += 'H';
  if (peer.source === 'pex') flags += 'X';
  return incoming ? `${flags}I` : flags;
}

/** Keys as JSON-RPC spells them. */
export function describePeer(peer: PeerStats): object {
  const at = peer.address.lastIndexOf(':');
  return {
    address: peer.address.slice(0, at).replace(/^\[(.*)\]$/, '$1'),
    port: Number(peer.address.slice(at + 1)),
    client_name: peer.client,
    client_is_choked: peer.peerChoking,
    client_is_interested: peer.amInterested,
    flag_str: flagsOf(peer),
    is_downloading_from: peer.amInterested && !peer.peerChoking && peer.downRate > 0,
    is_encrypted: false,
    is_incoming: peer.incoming,
    is_uploading_to: peer.peerInterested && !peer.amChoking && peer.upRate > 0,
    is_utp: false,
    peer_is_choked: peer.amChoking,
    peer_is_interested: peer.peerInterested,
    progress: peer.progress,
    rate_to_client: Math.round(peer.downRate),
    rate_to_peer: Math.round(peer.upRate),
    bytes_to_client: peer.downloaded,
    bytes_to_peer: peer.uploaded,
  };
}

/** How many came from where first. Whoever is given by hand has no place of its own there. */
export function countSources(peers: readonly PeerStats[]): object {
  const from = (source: PeerSource) => peers.filter(peer => peer.source === source).length;
  return {
    from_cache: from('manual') + from('resume'),
    from_dht: from('dht'),
    from_incoming: from('incoming'),
    from_lpd: from('lsd'),
    from_ltep: 0,
    from_pex: from('pex'),
    from_tracker: from('tracker'),
  };
}
