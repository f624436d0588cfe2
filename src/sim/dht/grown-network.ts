import type { DhtCrypto } from '../../engine/dht/ports.js';
import { createRng, type Rng } from '../../engine/policy/rng.js';
import { sha1 } from '../../engine/protocol/digest.js';
import { VirtualClock } from '../virtual-clock.js';
import { type DatagramOptions, Datagrams } from './datagrams.js';
import { Gang, HOSTILE_KINDS, type HostileKind, HostileNode } from './hostile-node.js';
import { introduce } from './introduce.js';
import { LivingNode } from './living-node.js';
import { Population, type PopulationOptions, type Resident } from './population.js';

/** Nobody signs in these networks. */
export const NO_SIGNATURES: DhtCrypto = { sha1, verify: () => false };

/** Nodes of a bucket (BEP 5). */
const K = 8;

export interface GrownNetworkOptions extends PopulationOptions, DatagramOptions {
  /** The same seed gives the same run, to the byte. */
  readonly seed: number;
  /** Of hostile nodes, in equal shares. Defaults to all kinds. */
  readonly kinds?: readonly HostileKind[];
}

/**
 * A network that has been there for long: everybody's table is full of nodes that lived when it met them. Nodes are made
 * when the first packet comes for them, so 10,000 cost what is asked of them.
 */
export class GrownNetwork {
  readonly clock = new VirtualClock();
  readonly rng: Rng;
  readonly population: Population;
  readonly net: Datagrams;
  readonly #nodes = new Map<number, LivingNode>();
  readonly #seed: number;

  constructor(options: GrownNetworkOptions) {
    const { seed, kinds = HOSTILE_KINDS } = options;
    this.#seed = seed;
    this.rng = createRng(seed);
    this.population = new Population(options, this.rng);
    this.net = new Datagrams(this.clock, this.rng, options);
    const hostile = this.population.living.filter(({ character }) => character === 'hostile');
    // A clique keeps to itself: accomplices that give themselves away would spoil it.
    const gangs = new Map(
      kinds.map((kind, i) => [kind, new Gang(hostile.filter((_, at) => at % kinds.length === i))]),
    );
    for (const [kind, gang] of gangs)
      for (const self of gang.members) new HostileNode(self, kind, gang, this.net, this.#seedOf(self));
    for (const self of this.population.living) {
      if (self.character !== 'honest') continue;
      this.net.attach(self, (packet, from) => this.at(self).receive(packet, from));
    }
  }

  /** Nodes that were made so far. */
  get made(): number {
    return this.#nodes.size;
  }

  /** The node of an honest resident. */
  at(self: Resident): LivingNode {
    let living = this.#nodes.get(self.index);
    if (living === undefined) {
      const rng = createRng(this.#seedOf(self));
      const options = { family: 4, rng, crypto: NO_SIGNATURES, id: self.id } as const;
      living = new LivingNode(self, options, this.net, true);
      this.#nodes.set(self.index, living);
      introduce(
        living.node,
        this.population.acquaintances(self, K, this.#seedOf(self) ^ 1),
        this.clock.nowMs,
      );
    }
    return living;
  }

  #seedOf({ index }: Resident): number {
    return Math.imul(this.#seed + 1, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35);
  }
}
