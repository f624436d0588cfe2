import { toHex } from '../../engine/bytes.js';
import { randomId, randomIdSharing } from '../../engine/dht/distance.js';
import type { PeerAddress } from '../../engine/ids.js';
import { createRng, type Rng } from '../../engine/policy/rng.js';
import { decodeDhtMessage, encodeDhtMessage } from '../../engine/protocol/dht/krpc.js';
import type { DhtAnswer, DhtContact, DhtQueryMessage } from '../../engine/protocol/dht/messages.js';
import type { Datagrams } from './datagrams.js';
import type { Resident } from './population.js';

/**
 * What a hostile node does with a question:
 * - `inventor` tells of nodes near the target that do not exist;
 * - `clique` tells of its accomplices alone, by ids near the target, and each answers by the id it was told of by;
 * - `turncoat` answers by another id each time;
 * - `flooder` tells of as many nodes as a packet holds, and of more than any may hold;
 * - `babbler` sends what is no message, or half of one.
 */
export const HOSTILE_KINDS = ['inventor', 'clique', 'turncoat', 'flooder', 'babbler'] as const;
export type HostileKind = (typeof HOSTILE_KINDS)[number];

/** Bits that invented ids share with what is looked for: closer than any of a million honest nodes. */
const NEAR_BITS = 24;

/** Bits that the ids of a clique share with what is looked for: some closer than the closest of 10,000 honest nodes. */
const ALIAS_BITS = 15;

/** Hostile nodes that act together. */
export class Gang {
  /** Who was told of whom by an alias for which target. */
  readonly #told = new Set<string>();

  constructor(readonly members: readonly Resident[]) {}

  /** The id by which a member is known to who looks for the target. */
  aliasFor(asker: PeerAddress, target: Uint8Array, { index, id }: Resident): Uint8Array {
    return this.#told.has(key(asker, target, index)) ? alias(index, target) : id;
  }

  tell(asker: PeerAddress, target: Uint8Array, member: Resident): DhtContact {
    this.#told.add(key(asker, target, member.index));
    return { id: alias(member.index, target), host: member.host, port: member.port };
  }
}

/** As near as no honest node is, and not so near that it looks odd. */
function alias(index: number, target: Uint8Array): Uint8Array {
  return randomIdSharing(target, ALIAS_BITS + (index & 3), createRng(index));
}

function key(asker: PeerAddress, target: Uint8Array, index: number): string {
  return `${asker.host} ${index} ${toHex(target)}`;
}

/** An attack on lookups. */
export class HostileNode {
  readonly #rng: Rng;

  constructor(
    readonly self: Resident,
    readonly kind: HostileKind,
    readonly gang: Gang,
    readonly net: Datagrams,
    seed: number,
  ) {
    this.#rng = createRng(seed);
    net.attach(self, (packet, from) => {
      const message = decodeDhtMessage(packet);
      if (message?.type !== 'query') return;
      const reply = this.#reply(message, from);
      if (reply !== undefined) net.send(reply, self, from);
    });
  }

  #reply(message: DhtQueryMessage, from: PeerAddress): Uint8Array | undefined {
    const target = targetOf(message);
    switch (this.kind) {
      case 'inventor':
        return this.#answer(message, this.self.id, this.#invented(target, 8));
      case 'clique':
        return this.#answer(message, this.gang.aliasFor(from, target, this.self), this.#clique(from, target));
      case 'turncoat':
        return this.#answer(message, randomId(this.#rng), this.#invented(target, 8));
      case 'flooder': {
        const many = this.#answer(message, this.self.id, this.#invented(target, 50));
        if (this.#rng.below(2) === 0) return many;
        const tooMany = new Uint8Array(10_000);
        tooMany.set(many);
        return tooMany;
      }
      case 'babbler': {
        const answer = this.#answer(message, this.self.id, []);
        return this.#rng.below(2) === 0 ? answer.subarray(0, 40) : randomId(this.#rng);
      }
    }
  }

  #answer(message: DhtQueryMessage, id: Uint8Array, nodes: readonly DhtContact[]): Uint8Array {
    const answer: DhtAnswer = { nodes, token: this.self.id.subarray(0, 4) };
    return encodeDhtMessage({ type: 'response', transaction: message.transaction, id, answer });
  }

  #invented(target: Uint8Array, count: number): DhtContact[] {
    const byte = () => 1 + this.#rng.below(250);
    return Array.from({ length: count }, () => ({
      id: randomIdSharing(target, NEAR_BITS + this.#rng.below(16), this.#rng),
      host: `${30 + this.#rng.below(60)}.${byte()}.${byte()}.${byte()}`,
      port: 6881,
    }));
  }

  #clique(asker: PeerAddress, target: Uint8Array): DhtContact[] {
    const { members } = this.gang;
    const some = Array.from({ length: 16 }, () => members[this.#rng.below(members.length)]);
    const different = [...new Set(some)].filter(member => member !== this.self);
    return different.slice(0, 8).map(member => this.gang.tell(asker, target, member));
  }
}

function targetOf({ id, query }: DhtQueryMessage): Uint8Array {
  if ('target' in query) return query.target;
  return 'infoHash' in query ? query.infoHash : id;
}
