import { isMillraceError, type MillraceError } from '../errors.js';
import { aborted } from './tracker-error.js';

/** Requests at once to one tracker, little more than the six connections of a browser: trackers fear crowds. */
const MAX_PER_HOST = 8;

/** And to all of them; libtorrent's max_concurrent_http_announces. */
const MAX_IN_ALL = 50;

/** The host is not there, whatever is asked of it. */
const NOT_THERE: ReadonlySet<string> = new Set([
  'ERR_TRACKER_TIMEOUT',
  'ERR_TRACKER_UNREACHABLE',
  'ERR_PROXY_FAILED',
]);

export interface Turn {
  /** Before those that are not: what a user waits for, and what is said only once. */
  readonly urgent?: boolean;
  /** Gives the turn up with ERR_ABORTED. */
  readonly signal?: AbortSignal;
}

interface Waiter {
  enter(): void;
  refuse(error: MillraceError): void;
}

/** What goes on with one host. Sets keep their order. */
class Lane {
  inside = 0;
  /** Failures since the host last answered. */
  failures = 0;
  readonly urgent = new Set<Waiter>();
  readonly regular = new Set<Waiter>();

  get idle(): boolean {
    return this.inside + this.urgent.size + this.regular.size === 0;
  }
}

/**
 * Lets so many requests at once go to each tracker, and so many in all; the others wait, urgent ones in front, in the
 * order in which they came, and hosts take turns. When a host has not answered as often in a row as it is asked at once,
 * those who wait for it are told so instead of waiting for the same: with thousands of torrents the last would wait hours.
 */
export class AnnounceQueue {
  readonly #perHost: number;
  readonly #inAll: number;
  /** In the order in which they get places. */
  readonly #lanes = new Map<string, Lane>();
  #inside = 0;

  constructor({ perHost = MAX_PER_HOST, inAll = MAX_IN_ALL } = {}) {
    this.#perHost = perHost;
    this.#inAll = inAll;
  }

  /** @throws MillraceError ERR_ABORTED when the signal comes before the turn, or the host's own failure */
  async run<T>(host: string, work: () => Promise<T>, { urgent, signal }: Turn = {}): Promise<T> {
    if (signal?.aborted) throw aborted();
    const lane = this.#laneOf(host);
    if (lane.inside < this.#perHost && this.#inside < this.#inAll) this.#take(lane);
    else await this.#wait(lane, urgent ? lane.urgent : lane.regular, signal);
    try {
      const result = await work();
      lane.failures = 0;
      return result;
    } catch (error) {
      this.#failed(lane, error);
      throw error;
    } finally {
      lane.inside--;
      this.#inside--;
      if (lane.idle) this.#lanes.delete(host);
      this.#admit();
    }
  }

  #laneOf(host: string): Lane {
    const lane = this.#lanes.get(host) ?? new Lane();
    this.#lanes.set(host, lane);
    return lane;
  }

  #take(lane: Lane): void {
    lane.inside++;
    this.#inside++;
  }

  #wait(lane: Lane, waiters: Set<Waiter>, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiters.delete(waiter);
        signal?.removeEventListener('abort', abort);
      };
      const abort = () => waiter.refuse(aborted());
      const waiter: Waiter = {
        enter: () => {
          leave();
          this.#take(lane);
          resolve();
        },
        refuse: error => {
          leave();
          reject(error);
        },
      };
      waiters.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** The place is handed on at once, so that nobody slips in between. */
  #admit(): void {
    while (this.#inside < this.#inAll && (this.#admitOne('urgent') || this.#admitOne('regular')));
  }

  #admitOne(kind: 'urgent' | 'regular'): boolean {
    for (const [host, lane] of this.#lanes) {
      const [next] = lane[kind];
      if (next === undefined || lane.inside >= this.#perHost) continue;
      this.#lanes.delete(host);
      this.#lanes.set(host, lane);
      next.enter();
      return true;
    }
    return false;
  }

  #failed(lane: Lane, error: unknown): void {
    if (!isMillraceError(error) || !NOT_THERE.has(error.code)) {
      if (!isMillraceError(error, 'ERR_ABORTED')) lane.failures = 0;
      return;
    }
    lane.failures++;
    if (lane.failures < this.#perHost) return;
    for (const waiter of [...lane.urgent, ...lane.regular]) waiter.refuse(error);
  }
}
