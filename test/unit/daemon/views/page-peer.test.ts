import { expect, it } from 'vitest';
import { describePagePeer } from '../../../../src/daemon/views/page-peer.js';
import type { PeerStats } from '../../../../src/index.js';

const peer = (rest: Partial<PeerStats>): PeerStats => ({
  ...{ address: '192.0.2.1:6881', client: 'libtorrent/2.0.8', progress: 0.5, downRate: 3, upRate: 4 },
  ...{
    downloaded: 0,
    uploaded: 0,
    outstanding: 0,
    window: 0,
    incoming: false,
    source: 'tracker',
    sources: [],
  },
  ...{ amChoking: true, amInterested: false, peerChoking: true, peerInterested: false, snubbed: false },
  ...rest,
});

it.each([
  [{}, 'from tracker, choked'],
  [{ source: 'dht' as const, amChoking: false, peerInterested: true }, 'from DHT, unchoked, interested'],
  [{ source: 'pex' as const, snubbed: true }, 'from a peer, choked, snubbed'],
  [{ source: 'lsd' as const }, 'on local network, choked'],
  [{ source: 'manual' as const }, 'given, choked'],
  [{ source: 'resume' as const }, 'known before, choked'],
  [{ source: 'incoming' as const, incoming: true }, 'incoming, choked'],
  // found by a tracker, and it dialled first
  [{ source: 'tracker' as const, incoming: true }, 'incoming, choked'],
])('%j: %s', (rest, flags) => {
  expect(describePagePeer(peer(rest))).toEqual({
    ...{ address: '192.0.2.1:6881', client: 'libtorrent/2.0.8', progress: 0.5, down: 3, up: 4, flags },
  });
});
