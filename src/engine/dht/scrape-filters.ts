import { addToBloomFilter, BLOOM_FILTER_BYTES } from '../protocol/dht/bloom-filter.js';

/** Over the addresses of a torrent's seeds and downloaders (BEP 33). */
export interface PeerFilters {
  readonly seeds: Uint8Array;
  readonly downloaders: Uint8Array;
}

/** Filters that grow with a swarm. Nothing can be taken out of them, so now and then they are made anew. */
export class SwarmFilters implements PeerFilters {
  readonly seeds = new Uint8Array(BLOOM_FILTER_BYTES);
  readonly downloaders = new Uint8Array(BLOOM_FILTER_BYTES);
  /** Somebody is in them who has left, or has become a seed. */
  outdated = false;

  constructor(
    readonly sha1: (bytes: Uint8Array) => Uint8Array,
    readonly madeMs: number,
  ) {}

  add(host: string, seed: boolean): void {
    addToBloomFilter(seed ? this.seeds : this.downloaders, host, this.sha1);
  }
}
