import { isMillraceError, MillraceError } from '../errors.js';
import type { PeerAddress } from '../ids.js';
import type { AnnounceEvent, AnnounceRequest, AnnounceResponse } from '../protocol/tracker/announce.js';
import { redactUrl } from '../protocol/tracker/url.js';
import type { TrackerClient } from './tracker-client.js';
import { TrackerTiers } from './tracker-tiers.js';

/** No regular announce comes sooner after another, whatever the tracker says. */
const MIN_INTERVAL_MS = 60_000;

/** A downloader that was told of nobody asks again after this time, unless the tracker sets a minimum: libtorrent's min_announce_interval. */
const LONELY_INTERVAL_MS = 5 * 60_000;

/** A leaving peer waits no longer for its trackers; libtorrent's stop_tracker_timeout. */
const STOP_TIMEOUT_MS = 5_000;

/** Calls back once after the time; the returned function calls it off. */
export type SetTimer = (callback: () => void, delayMs: number) => () => void;

/** What is known of one tracker after a change. */
export interface TrackerStatus {
  /** With passkeys blanked. */
  readonly url: string;
  readonly state: 'idle' | 'announcing' | 'working' | 'failed';
  readonly error?: MillraceError;
  readonly warning?: string;
  readonly seeders?: number;
  readonly leechers?: number;
  /** Time until the next announce of the torrent, when it is known. */
  readonly nextMs?: number;
}

export interface AnnouncerOptions {
  readonly tiers: readonly (readonly string[])[];
  readonly trackers: TrackerClient;
  /** The torrent's numbers now; asked before every announce. */
  readonly request: () => Omit<AnnounceRequest, 'event' | 'trackerId'>;
  readonly rng: { below(bound: number): number };
  /** Waits after all trackers have failed: `next` each time, `reset` when one has answered. */
  readonly backoff: { next(): number; reset(): void };
  /** Peers of one reply; not called without any. */
  readonly onPeers: (peers: readonly PeerAddress[]) => void;
  readonly onStatus?: (status: TrackerStatus) => void;
  /** Defaults to a timer that does not keep the process alive. */
  readonly setTimer?: SetTimer;
  /** Defaults to `performance.now`. */
  readonly now?: () => number;
  /** Longest wait of `stop`. Defaults to 5 s. */
  readonly stopTimeoutMs?: number;
}

/**
 * Announces one torrent: to the first tracker of its tiers that answers (BEP 12), with `started` at first, `completed`
 * once when told, `stopped` at the end.
 *
 * The next announce follows after the tracker's interval, never sooner than its minimum or 60 s. A downloader whose
 * reply named no peers asks after that minimum, or after 5 minutes when the tracker has none, if its interval is longer.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #tiers: TrackerTiers;
  readonly #setTimer: SetTimer;
  readonly #now: () => number;
  /** Trackers that have accepted an announce and so get a `stopped`. */
  readonly #accepted = new Set<string>();
  readonly #trackerIds = new Map<string, Uint8Array>();
  readonly #ending = new AbortController();
  #state: 'new' | 'waiting' | 'announcing' | 'stopped' = 'new';
  #completedIsDue = false;
  #moveIsDue = false;
  #cancelTimer: (() => void) | undefined;
  /** The next time at which an announce without an event is polite. */
  #politeAtMs = 0;
  #stopping: Promise<void> | undefined;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#tiers = new TrackerTiers(options.tiers, options.rng);
    this.#setTimer = options.setTimer ?? setUnrefTimer;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Announces `started`. Only the first call counts. */
  start(): void {
    const urls = this.#tiers.inOrder();
    if (this.#state !== 'new' || urls.length === 0) return;
    for (const url of urls) this.#report(url, { state: 'idle' });
    this.#wait(0);
  }

  /** The download is complete: says so at once, or when the tracker answers again. */
  completed(): void {
    this.#completedIsDue = true;
    if (this.#state === 'waiting') this.#wait(0);
  }

  /** The port at which peers reach us has changed: says so at once, whatever the intervals are. */
  moved(): void {
    this.#moveIsDue = true;
    if (this.#state === 'waiting') this.#wait(0);
  }

  /** Asks for peers as soon as the tracker's minimum interval allows. */
  announceNow(): void {
    if (this.#state === 'waiting') this.#wait(Math.max(0, this.#politeAtMs - this.#now()));
  }

  /**
   * Ends what is under way and tells the trackers that we leave: all at once, for at most 5 s. Never rejects. Further
   * calls give the promise of the first.
   */
  stop({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#stopping ??= this.#leave(signal);
    return this.#stopping;
  }

  #wait(delayMs: number): void {
    this.#cancelTimer?.();
    this.#state = 'waiting';
    this.#cancelTimer = this.#setTimer(() => void this.#announce(), delayMs);
  }

  async #announce(): Promise<void> {
    if (this.#state !== 'waiting') return;
    this.#cancelTimer?.();
    this.#state = 'announcing';
    const delayMs = await this.#tryAll();
    if (this.#state === 'announcing') this.#wait(delayMs);
  }

  /** Goes through the tiers until a tracker answers; gives the time until the next announce. */
  async #tryAll(): Promise<number> {
    let delayMs: number | undefined;
    for (const url of this.#tiers.inOrder()) {
      delayMs = await this.#tryOne(url);
      if (delayMs !== undefined || this.#state !== 'announcing') break;
    }
    if (delayMs === undefined) {
      this.#politeAtMs = 0;
      return this.#options.backoff.next();
    }
    // It became due while a regular announce was under way.
    return this.#completedIsDue || this.#moveIsDue ? 0 : delayMs;
  }

  /** Undefined when the tracker failed. */
  async #tryOne(url: string): Promise<number | undefined> {
    const { trackers, request, backoff, onPeers } = this.#options;
    const event = this.#eventFor(url);
    const numbers = request();
    this.#moveIsDue = false;
    this.#report(url, { state: 'announcing' });
    let response: AnnounceResponse;
    try {
      const full = { ...numbers, event, trackerId: this.#trackerIds.get(url) };
      response = await trackers.announce(url, full, { signal: this.#ending.signal });
    } catch (error) {
      if (this.#state === 'announcing') this.#report(url, { state: 'failed', error: asMillraceError(error) });
      return undefined;
    }
    this.#accepted.add(url);
    if (this.#state !== 'announcing') return undefined;
    backoff.reset();
    this.#tiers.promote(url);
    if (event === 'completed') this.#completedIsDue = false;
    if (response.trackerId !== undefined) this.#trackerIds.set(url, response.trackerId);
    const minimumMs = Math.max(MIN_INTERVAL_MS, response.minIntervalMs ?? 0);
    this.#politeAtMs = this.#now() + minimumMs;
    const nextMs = nextDelayMs(response, numbers.left, minimumMs);
    const { seeders, leechers, warning } = response;
    this.#report(url, { state: 'working', seeders, leechers, warning, nextMs });
    if (response.peers.length > 0) onPeers(response.peers);
    return nextMs;
  }

  #eventFor(url: string): AnnounceEvent | undefined {
    if (this.#completedIsDue) return 'completed';
    return this.#accepted.has(url) ? undefined : 'started';
  }

  async #leave(signal: AbortSignal | undefined): Promise<void> {
    this.#state = 'stopped';
    this.#cancelTimer?.();
    this.#ending.abort();
    const urls = [...this.#accepted];
    if (urls.length === 0 || signal?.aborted) return;
    const { trackers, request, stopTimeoutMs = STOP_TIMEOUT_MS } = this.#options;
    const cut = new AbortController();
    const numbers = request();
    const farewells = urls.map(url => {
      const full = {
        ...numbers,
        event: 'stopped' as const,
        numWant: 0,
        trackerId: this.#trackerIds.get(url),
      };
      return trackers.announce(url, full, { signal: cut.signal });
    });
    await new Promise<void>(resolve => {
      const cancelTimer = this.#setTimer(resolve, stopTimeoutMs);
      signal?.addEventListener('abort', () => resolve(), { once: true });
      Promise.allSettled(farewells).then(() => {
        cancelTimer();
        resolve();
      });
    });
    cut.abort();
    for (const url of urls) this.#report(url, { state: 'idle' });
  }

  #report(url: string, status: Omit<TrackerStatus, 'url'>): void {
    this.#options.onStatus?.({ url: redactUrl(url), ...status });
  }
}

function nextDelayMs(response: AnnounceResponse, left: number, minimumMs: number): number {
  const { intervalMs, minIntervalMs, peers } = response;
  if (left === 0 || peers.length > 0) return Math.max(minimumMs, intervalMs);
  return minIntervalMs === undefined
    ? Math.max(minimumMs, Math.min(intervalMs, LONELY_INTERVAL_MS))
    : minimumMs;
}

function asMillraceError(error: unknown): MillraceError {
  if (isMillraceError(error)) return error;
  return new MillraceError('ERR_TRACKER_UNREACHABLE', 'tracker request failed', {}, error);
}

function setUnrefTimer(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, delayMs).unref();
  return () => clearTimeout(timer);
}
