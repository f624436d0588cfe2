import { expect, it } from 'vitest';
import type { PeerAddress } from '../../../../src/engine/ids.js';
import { decodeDhtMessage, encodeDhtMessage } from '../../../../src/engine/protocol/dht/krpc.js';
import type { DhtContact } from '../../../../src/engine/protocol/dht/messages.js';
import { nodeIdFor } from '../../../../src/engine/protocol/dht/node-id.js';
import { addNode, publicAddress, type Station, VirtualNetwork } from './virtual-network.js';

/** A node that answers whatever it is asked with the nodes that it knows. */
class Teller implements Station {
  known: DhtContact[] = [];
  readonly id: Uint8Array;
  readonly #packets: { to: PeerAddress; packet: Uint8Array }[] = [];

  constructor(readonly address: PeerAddress) {
    this.id = nodeIdFor(address.host, new Uint8Array(20));
  }

  handlePacket(packet: Uint8Array, from: PeerAddress): void {
    const message = decodeDhtMessage(packet);
    if (message?.type !== 'query') return;
    const { transaction } = message;
    const answer = { nodes: this.known };
    this.#packets.push({
      to: from,
      packet: encodeDhtMessage({ type: 'response', transaction, id: this.id, answer }),
    });
  }

  handleTimeout(): void {}

  nextTimeout(): number {
    return Number.POSITIVE_INFINITY;
  }

  poll() {
    return this.#packets.shift();
  }
}

it('asks again while it knows few, since others may come later', () => {
  const network = new VirtualNetwork(1);
  const teller = new Teller(publicAddress(0));
  network.join(teller.address, teller);
  const { node, address } = addNode(network, publicAddress(1));
  node.addNodes([teller.address], network.nowMs);
  network.flush(address);
  network.run(5000);
  expect(node.stats(network.nowMs).goodNodes).toBe(1);
  const others = Array.from({ length: 8 }, (_, i) => addNode(network, publicAddress(i + 2)));
  teller.known = others.map(other => ({ id: other.node.id, ...other.address }));
  network.run(60_000);
  expect(node.stats(network.nowMs).goodNodes).toBe(9);
});

it('asks less and less where nobody comes', () => {
  const network = new VirtualNetwork(1);
  const [a, b] = [addNode(network, publicAddress(0)), addNode(network, publicAddress(1))];
  a.node.addNodes([b.address], network.nowMs);
  network.flush(a.address);
  network.run(3600_000);
  // 8 rounds until the waits are as long as they get, and 4 in an hour from then on
  expect(a.node.stats(network.nowMs).queriesOut).toBeLessThan(60);
});
