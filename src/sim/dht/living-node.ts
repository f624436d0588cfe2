import { DhtNode, type DhtNodeOptions } from '../../engine/dht/node.js';
import type { PeerAddress } from '../../engine/ids.js';
import type { Datagrams } from './datagrams.js';

/** A node of production on virtual datagrams and virtual time. */
export class LivingNode {
  readonly node: DhtNode;
  readonly #net: Datagrams;
  /** When the clock will call; Infinity when it will not. */
  #wakeMs = Number.POSITIVE_INFINITY;
  #gone = false;

  /** @param idle only answers: what nodes do of their own accord is left out of a short experiment */
  constructor(
    readonly address: PeerAddress,
    options: DhtNodeOptions,
    net: Datagrams,
    public idle = false,
  ) {
    this.#net = net;
    this.node = new DhtNode(options, net.clock.nowMs);
    net.attach(address, (packet, from) => this.receive(packet, from));
  }

  receive(packet: Uint8Array, from: PeerAddress): void {
    this.node.handlePacket(packet, from, this.#net.clock.nowMs);
    this.pump();
  }

  /** After everything that was asked of the node. */
  pump(): void {
    for (let out = this.node.poll(); out !== undefined; out = this.node.poll())
      this.#net.send(out.packet, this.address, out.to);
    if (!this.idle && !this.#gone) this.#schedule();
  }

  /** Without a word to anybody. */
  leave(): void {
    this.#gone = true;
    this.#net.detach(this.address);
  }

  #schedule(): void {
    const { clock } = this.#net;
    const dueMs = Math.max(this.node.nextTimeout(), clock.nowMs);
    if (dueMs >= this.#wakeMs || dueMs === Number.POSITIVE_INFINITY) return;
    this.#wakeMs = dueMs;
    clock.at(dueMs, () => {
      if (this.#wakeMs !== dueMs) return; // an earlier one came between
      this.#wakeMs = Number.POSITIVE_INFINITY;
      if (this.#gone) return;
      this.node.handleTimeout(clock.nowMs);
      this.pump();
    });
  }
}
