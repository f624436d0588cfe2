import type { PeerSource, PeerStats } from '../../index.js';
import type { PageDetail } from '../page/source.js';

/** How a peer was found that we dialled. */
const FOUND_WORDS: Readonly<Record<PeerSource, string>> = {
  tracker: 'from tracker',
  dht: 'from DHT',
  pex: 'from a peer',
  lsd: 'on local network',
  incoming: 'it had dialled us',
  manual: 'given',
  resume: 'known before',
};

/** A peer in words, for people. */
export function describePagePeer(peer: PeerStats): PageDetail['peers'][number] {
  const flags = [
    peer.incoming ? 'incoming' : FOUND_WORDS[peer.source],
    peer.amChoking ? 'choked' : 'unchoked',
    ...(peer.peerInterested ? ['interested'] : []),
    ...(peer.snubbed ? ['snubbed'] : []),
  ];
  const { address, client, progress, downRate: down, upRate: up } = peer;
  return { address, client, progress, down, up, flags: flags.join(', ') };
}
