import { expect } from 'vitest';
import { bytesEqual } from '../../src/engine/bytes.js';
import type { VirtualPeer } from '../../src/sim/block/virtual-peer.js';
import type { VirtualSwarm } from '../../src/sim/block/virtual-swarm.js';

/** Everybody (or those given) has every byte, and it is the right one. */
export function expectWhole(swarm: VirtualSwarm, peers: readonly VirtualPeer[] = swarm.peers): void {
  const wrong = peers.filter(peer => !peer.complete || !bytesEqual(peer.store, swarm.content.bytes));
  expect(wrong.map(peer => `${peer.name} of the swarm with seed ${swarm.seed}`)).toEqual([]);
}
