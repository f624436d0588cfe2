import { compareBytes } from '../../engine/bytes.js';
import { compareDistance, randomId } from '../../engine/dht/distance.js';
import { createRng, type Rng } from '../../engine/policy/rng.js';
import type { DhtContact } from '../../engine/protocol/dht/messages.js';
import { nodeIdFor } from '../../engine/protocol/dht/node-id.js';

export type Character = 'honest' | 'hostile' | 'dead';

/** Somebody whom tables know of. */
export interface Resident extends DhtContact {
  readonly index: number;
  readonly character: Character;
}

export interface PopulationOptions {
  readonly nodes: number;
  /** Of all, hostile ones that live. */
  readonly hostileShare?: number;
  /** Of all, those that have left since others learnt of them. */
  readonly deadShare?: number;
}

/** Nodes of a network with addresses of their own, and ids that fit them (BEP 42). */
export class Population {
  /** By index. */
  readonly residents: readonly Resident[];
  readonly living: readonly Resident[];
  /** By id. */
  readonly #sorted: readonly Resident[];

  constructor({ nodes, hostileShare = 0, deadShare = 0 }: PopulationOptions, rng: Rng) {
    this.residents = Array.from({ length: nodes }, (_, index) => {
      const host = publicAddress(index);
      const luck = rng.fraction();
      const character = luck < hostileShare ? 'hostile' : luck < hostileShare + deadShare ? 'dead' : 'honest';
      return { index, host, port: 6881, id: nodeIdFor(host, randomId(rng)), character };
    });
    this.living = this.residents.filter(({ character }) => character !== 'dead');
    this.#sorted = [...this.residents].sort((a, b) => compareBytes(a.id, b.id));
  }

  /** The closest first. */
  closest(target: Uint8Array, count: number): Resident[] {
    const found: Resident[] = [];
    for (const resident of this.living) {
      const last = found.at(-1);
      if (found.length >= count && compareDistance(target, resident.id, last!.id) >= 0) continue;
      let at = found.length;
      while (at > 0 && compareDistance(target, resident.id, found[at - 1].id) < 0) at--;
      found.splice(at, 0, resident);
      if (found.length > count) found.pop();
    }
    return found;
  }

  /**
   * Whom a node knows in a network that has grown: up to `k` by chance of those who share exactly 0, 1, 2 ... bits with
   * it, and everybody who is nearer than that.
   */
  acquaintances(self: Resident, k: number, seed: number): Resident[] {
    const rng = createRng(seed);
    const known: Resident[] = [];
    let [from, to] = [0, this.#sorted.length];
    for (let bit = 0; to - from > k + 1; bit++) {
      // Of those alike so far, in order of their ids, those with a 1 here come last.
      let [low, high] = [from, to];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (bitOf(this.#sorted[middle].id, bit) === 0) low = middle + 1;
        else high = middle;
      }
      const [near, far] =
        bitOf(self.id, bit) === 0
          ? [
              [from, low],
              [low, to],
            ]
          : [
              [low, to],
              [from, low],
            ];
      for (const at of distinct(far[0], far[1], k, rng)) known.push(this.#sorted[at]);
      [from, to] = near;
    }
    for (let at = from; at < to; at++) if (this.#sorted[at] !== self) known.push(this.#sorted[at]);
    return known;
  }
}

function bitOf(id: Uint8Array, bit: number): number {
  return (id[bit >>> 3] >>> (7 - (bit & 7))) & 1;
}

/** Up to `count` of the numbers from `from` to before `to`. */
function distinct(from: number, to: number, count: number, rng: Rng): Iterable<number> {
  if (to - from <= count) return Array.from({ length: to - from }, (_, i) => from + i);
  const picked = new Set<number>();
  while (picked.size < count) picked.add(from + rng.below(to - from));
  return picked;
}

/** One of a /24 each, from 11.0.0.0 to 26.255.255.255, of which none is local; neighbours in number are far apart. */
export function publicAddress(index: number): string {
  const network = Math.imul(index, 0x9e375) & 0xfffff; // odd, so nobody comes twice
  return `${11 + (network >>> 16)}.${(network >>> 8) & 255}.${network & 255}.${1 + (index % 250)}`;
}
