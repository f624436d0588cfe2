import { formatAddress } from '../ids.js';
import { Backoff } from '../policy/backoff.js';
import type { Rng } from '../policy/rng.js';
import type { TimerQueue } from './timer-queue.js';
import type { HostAndPort, LogSink } from './types.js';

/** Nodes that were saved have this long to answer before others are asked: a time-out and a half. */
const SAVED_NODES_MS = 3_000;

/** Waits before those who know the way in are asked again, while nobody answers. */
const RETRY_FIRST_MS = 10_000;
const RETRY_MAX_MS = 5 * 60_000;

/** Between two looks whether somebody still answers. */
const WATCH_MS = 60_000;

export interface DhtWayInOptions {
  readonly rng: Rng;
  readonly log: LogSink;
  readonly timers: Pick<TimerQueue, 'set'>;
  readonly bootstrap: readonly HostAndPort[];
  /** Whether somebody answers in every family. */
  readonly look: () => boolean;
  /** Rejects for a name that is not known. */
  readonly addNode: (node: HostAndPort) => Promise<void>;
}

/** Finds the first nodes, and new ones when none answers any more in some family: names are looked up each time. */
export class DhtWayIn {
  readonly #backoff: Backoff;
  readonly #unknown = new Set<string>();
  #cancel = () => {};

  constructor(readonly options: DhtWayInOptions) {
    this.#backoff = new Backoff({ firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS }, options.rng);
  }

  /** `hopeful`: nodes have just been asked that may well answer. */
  start(hopeful: boolean): void {
    this.stop();
    this.#backoff.reset();
    if (hopeful) this.#lookAfter(SAVED_NODES_MS);
    else this.#look();
  }

  stop(): void {
    this.#cancel();
  }

  #lookAfter(delayMs: number): void {
    this.#cancel = this.options.timers.set(() => this.#look(), delayMs);
  }

  #look(): void {
    if (this.options.look()) {
      this.#backoff.reset();
      this.#lookAfter(WATCH_MS);
      return;
    }
    for (const node of this.options.bootstrap) void this.#ask(node);
    this.#lookAfter(this.#backoff.next());
  }

  /** A name that is not known is complained of once. */
  async #ask(node: HostAndPort): Promise<void> {
    const name = formatAddress(node);
    try {
      await this.options.addNode(node);
      this.#unknown.delete(name);
    } catch (err) {
      if (!this.#unknown.has(name))
        this.options.log.info({ err, node: name }, 'a node to begin with cannot be found');
      this.#unknown.add(name);
    }
  }
}
