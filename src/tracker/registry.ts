import type { ResolvedTrackerOptions } from './options.js';
import { SwarmStore } from './swarm-store.js';

/** Peers and swarms looked at in one go: well below a millisecond, so that no packet waits for the sweep. */
const SWEEP_BUDGET = 5000;

/** Time between two slices of the sweep. */
const SWEEP_EVERY_MS = 500;

/** The swarms of both families, which HTTP and UDP share, and the clock that ages them. IPv4 and IPv6 peers never mix (BEP 15). */
export class Registry {
  readonly ip4: SwarmStore;
  readonly ip6: SwarmStore;
  readonly #timer: NodeJS.Timeout;

  constructor(readonly options: ResolvedTrackerOptions) {
    this.ip4 = new SwarmStore(6, options, options.below);
    this.ip6 = new SwarmStore(18, options, options.below);
    this.#timer = setInterval(() => this.sweep(), SWEEP_EVERY_MS).unref();
  }

  nowSeconds(): number {
    return Math.floor(this.options.now() / 1000);
  }

  /** Forgets silent peers, one slice of each family. */
  sweep(): void {
    const oldestSeconds = this.nowSeconds() - this.options.peerTtlSeconds;
    this.ip4.sweep(oldestSeconds, SWEEP_BUDGET);
    this.ip6.sweep(oldestSeconds, SWEEP_BUDGET);
  }

  /** Peers to put into a reply to somebody who asked for `numWant`. */
  peersFor(numWant: number | undefined): number {
    return Math.min(numWant ?? this.options.defaultPeers, this.options.maxPeersPerReply);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
