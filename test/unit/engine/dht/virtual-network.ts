import { createHash } from 'node:crypto';
import { compareDistance } from '../../../../src/engine/dht/distance.js';
import { DhtNode, type DhtNodeOptions } from '../../../../src/engine/dht/node.js';
import type { DhtCrypto } from '../../../../src/engine/dht/ports.js';
import { formatAddress, type PeerAddress } from '../../../../src/engine/ids.js';
import { createRng, type Rng } from '../../../../src/engine/policy/rng.js';
import { nodeIdFor } from '../../../../src/engine/protocol/dht/node-id.js';

/** What is at an address: a node of ours, or one that a test plays. */
export interface Station {
  handlePacket(packet: Uint8Array, from: PeerAddress, nowMs: number): void;
  handleTimeout(nowMs: number): void;
  nextTimeout(): number;
  poll(): { readonly to: PeerAddress; readonly packet: Uint8Array } | undefined;
}

interface Delivery {
  readonly atMs: number;
  readonly order: number;
  readonly run: () => void;
}

export const crypto: DhtCrypto = {
  sha1: bytes => new Uint8Array(createHash('sha1').update(bytes).digest()),
  verify: () => true,
};

/** Nodes in one process on virtual time: packets take a while, and some are lost. */
export class VirtualNetwork {
  readonly rng: Rng;
  nowMs = 1_000_000;
  /** Share of packets that get lost. */
  loss = 0;
  latencyMs = { least: 20, most: 150 };
  /** Packets that were sent. */
  sent = 0;
  readonly #stations = new Map<string, { station: Station; address: PeerAddress; wakeMs: number }>();
  readonly #queue: Delivery[] = [];
  #order = 0;

  constructor(seed: number) {
    this.rng = createRng(seed);
  }

  join(address: PeerAddress, station: Station): void {
    this.#stations.set(formatAddress(address), { station, address, wakeMs: Number.POSITIVE_INFINITY });
    this.flush(address);
  }

  leave(address: PeerAddress): void {
    this.#stations.delete(formatAddress(address));
  }

  /** Sends what the station wants sent, and sets its alarm. To be called after each call of one of its methods. */
  flush(address: PeerAddress): void {
    const place = this.#stations.get(formatAddress(address));
    if (place === undefined) return;
    for (let out = place.station.poll(); out !== undefined; out = place.station.poll())
      this.send(address, out.to, out.packet);
    const wakeMs = place.station.nextTimeout();
    if (wakeMs === place.wakeMs || wakeMs === Number.POSITIVE_INFINITY) {
      place.wakeMs = wakeMs;
      return;
    }
    place.wakeMs = wakeMs;
    this.#at(Math.max(wakeMs, this.nowMs), () => {
      if (place.wakeMs !== wakeMs || this.#stations.get(formatAddress(address)) !== place) return;
      place.wakeMs = Number.POSITIVE_INFINITY;
      place.station.handleTimeout(this.nowMs);
      this.flush(address);
    });
  }

  send(from: PeerAddress, to: PeerAddress, packet: Uint8Array): void {
    this.sent++;
    if (this.rng.fraction() < this.loss) return;
    const { least, most } = this.latencyMs;
    this.#at(this.nowMs + least + this.rng.below(most - least + 1), () => {
      const place = this.#stations.get(formatAddress(to));
      if (place === undefined) return;
      place.station.handlePacket(packet, from, this.nowMs);
      this.flush(to);
    });
  }

  /** Runs until `done` holds, or so much virtual time has passed. */
  run(ms: number, done: () => boolean = () => false): void {
    const endMs = this.nowMs + ms;
    while (this.#queue.length > 0 && this.#queue[0].atMs <= endMs && !done()) {
      const { atMs, run } = this.#pop();
      this.nowMs = atMs;
      run();
    }
    if (!done()) this.nowMs = endMs;
  }

  // a binary heap by time, then by order of entry
  #at(atMs: number, run: () => void): void {
    const queue = this.#queue;
    const entry = { atMs, run, order: this.#order++ };
    let at = queue.push(entry) - 1;
    while (at > 0) {
      const up = (at - 1) >>> 1;
      if (!before(entry, queue[up])) break;
      queue[at] = queue[up];
      at = up;
    }
    queue[at] = entry;
  }

  #pop(): Delivery {
    const queue = this.#queue;
    const top = queue[0];
    const last = queue.pop()!;
    if (queue.length === 0) return top;
    let at = 0;
    for (;;) {
      let down = 2 * at + 1;
      if (down >= queue.length) break;
      if (down + 1 < queue.length && before(queue[down + 1], queue[down])) down++;
      if (!before(queue[down], last)) break;
      queue[at] = queue[down];
      at = down;
    }
    queue[at] = last;
    return top;
  }
}

function before(a: Delivery, b: Delivery): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

export interface Member {
  readonly node: DhtNode;
  readonly address: PeerAddress;
}

/** An address in a /24 of its own. */
export function publicAddress(i: number): PeerAddress {
  return { host: `${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.${1 + (i % 250)}`, port: 6881 };
}

export function addNode(
  network: VirtualNetwork,
  address: PeerAddress,
  options: Partial<DhtNodeOptions> = {},
): Member {
  const rng = createRng(network.rng.u32());
  const random = Uint8Array.from({ length: 20 }, () => rng.below(256));
  const id = nodeIdFor(address.host, random);
  const family = address.host.includes(':') ? 6 : 4;
  const node = new DhtNode({ family, rng, crypto, id, ...options }, network.nowMs);
  network.join(address, node);
  return { node, address };
}

/** Members that came one after the other, each knowing one who was there. */
export function grow(network: VirtualNetwork, count: number, address = publicAddress): Member[] {
  const members: Member[] = [];
  for (let i = 0; i < count; i++) {
    const member = addNode(network, address(i));
    members.push(member);
    if (i === 0) continue;
    const way = members[network.rng.below(i)].address;
    member.node.addNodes([way], network.nowMs);
    network.flush(member.address);
    network.run(200);
  }
  network.run(60_000);
  return members;
}

/** Those whose ids are closest to the target, closest first. */
export function closestOf(members: readonly Member[], target: Uint8Array, count = 8): Member[] {
  return [...members].sort((a, b) => compareDistance(target, a.node.id, b.node.id)).slice(0, count);
}
