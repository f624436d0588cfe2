import type { DhtAnswer } from '../protocol/dht/messages.js';
import type { PeerStore } from './peer-store.js';

/** Info-hashes in an answer: libtorrent's `dht_max_infohashes_sample_count`. */
const MAX_SAMPLES = 20;

/** How long a sample stays as it is, so that asking more often is of no use (BEP 51 allows up to 6 hours). */
const INTERVAL_MS = 10 * 60_000;

/** Which torrents were announced to this node (BEP 51). */
export class Samples {
  #sample: readonly Uint8Array[] = [];
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(readonly peers: PeerStore) {}

  answer(nowMs: number): Required<Pick<DhtAnswer, 'samples' | 'interval' | 'stored'>> {
    const stored = this.peers.torrents;
    // All of them fit: there is nothing to wait for.
    if (stored <= MAX_SAMPLES) return { samples: this.peers.sampleTorrents(stored), interval: 0, stored };
    if (nowMs >= this.#untilMs) {
      this.#sample = this.peers.sampleTorrents(MAX_SAMPLES);
      this.#untilMs = nowMs + INTERVAL_MS;
    }
    return { samples: this.#sample, interval: Math.ceil((this.#untilMs - nowMs) / 1000), stored };
  }
}
