import { isMillraceError, MillraceError } from '../errors.js';
import type { PeerAddress } from '../ids.js';
import type { AnnounceEvent, AnnounceRequest, AnnounceResponse } from '../protocol/tracker/announce.js';
import { redactUrl } from '../protocol/tracker/url.js';
import { Farewells, type SetTimer } from './farewells.js';
import type { TrackerClient } from './tracker-client.js';
import { TrackerTiers } from './tracker-tiers.js';

/** No regular announce comes sooner after another, whatever the tracker says. */
const MIN_INTERVAL_MS = 60_000;

/** A downloader that was told of nobody asks again after this time, unless the tracker sets a minimum: libtorrent's min_announce_interval. */
const LONELY_INTERVAL_MS = 5 * 60_000;

/** What is known of one tracker after a change. */
export interface TrackerStatus {
  /** With passkeys blanked. */
  readonly url: string;
  readonly state: 'idle' | 'announcing' | 'working' | 'failed';
  readonly error?: MillraceError;
  readonly warning?: string;
  readonly seeders?: number;
  readonly leechers?: number;
  readonly downloads?: number;
  /** Peers in its answer. */
  readonly peers?: number;
  /** Time until the next announce of the torrent, when it is known. */
  readonly nextMs?: number;
}

export interface AnnouncerOptions {
  readonly tiers: readonly (readonly string[])[];
  readonly trackers: TrackerClient;
  /** The torrent's numbers now; asked before every announce. */
  readonly request: () => Omit<AnnounceRequest, 'event' | 'trackerId'>;
  readonly rng: { below(bound: number): number };
  /** What is added to an interval, so that many torrents do not announce in step. Defaults to nothing. */
  readonly jitterMs?: (intervalMs: number) => number;
  /** Waits after all trackers have failed: `next` each time, `reset` when one has answered. */
  readonly backoff: { next(): number; reset(): void };
  /** Peers of one reply; not called without any. */
  readonly onPeers: (peers: readonly PeerAddress[]) => void;
  readonly onStatus?: (status: TrackerStatus, url: string) => void;
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
 * Trackers that are new, or that failed when a user wants to try again, are asked out of turn, all at once.
 */
export class Announcer {
  readonly #options: AnnouncerOptions;
  #tiers: TrackerTiers;
  readonly #setTimer: SetTimer;
  readonly #now: () => number;
  /** Trackers that have accepted an announce and so get a `stopped`. */
  readonly #accepted = new Set<string>();
  #failed: readonly string[] = [];
  readonly #trackerIds = new Map<string, Uint8Array>();
  readonly #farewells: Farewells;
  readonly #ending = new AbortController();
  #state: 'new' | 'waiting' | 'announcing' | 'stopped' = 'new';
  #completedIsDue = false;
  #moveIsDue = false;
  /** Somebody waits for the next regular announce. */
  #urgent = false;
  #cancelTimer: (() => void) | undefined;
  /** Who answered the last regular announce. */
  #answered: string | undefined;
  #regularAtMs = 0;
  /** To be asked out of turn. */
  #extra: readonly string[] = [];
  #dueMs = Number.POSITIVE_INFINITY;
  /** The next time at which an announce without an event is polite. */
  #politeAtMs = 0;
  #stopping: Promise<void> | undefined;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
    this.#tiers = new TrackerTiers(options.tiers, options.rng);
    this.#setTimer = options.setTimer ?? setUnrefTimer;
    this.#now = options.now ?? (() => performance.now());
    this.#farewells = new Farewells(options.trackers, this.#setTimer, options.stopTimeoutMs);
  }

  /** Announces `started`, at once or after a delay. Only the first call counts. */
  start(delayMs = 0): void {
    if (this.#state !== 'new') return;
    for (const url of this.#tiers.inOrder()) this.#report(url, { state: 'idle' });
    this.#urgent = delayMs === 0;
    this.#regularAtMs = this.#now() + delayMs;
    this.#wait();
  }

  /** The download is complete: says so at once, or when the tracker answers again. */
  completed(): void {
    this.#completedIsDue = true;
    this.#regularAtMs = this.#now();
    if (this.#state === 'waiting') this.#wait();
  }

  /** The port at which peers reach us has changed: says so at once, whatever the intervals are. */
  moved(): void {
    this.#moveIsDue = true;
    this.#regularAtMs = this.#now();
    if (this.#state === 'waiting') this.#wait();
  }

  /** Asks for peers as soon as the tracker's minimum interval allows. */
  announceNow(): void {
    this.#urgent = true;
    this.#regularAtMs = Math.min(this.#regularAtMs, Math.max(this.#politeAtMs, this.#now()));
    if (this.#state === 'waiting') this.#wait();
  }

  /** The same, and trackers that failed are tried at once. */
  announceAgain(): void {
    if (this.#answered !== undefined) this.#extra = union(this.#extra, this.#failed);
    this.announceNow();
  }

  /** These trackers from now on: new ones are asked at once, and those that go are told `stopped`. */
  setTiers(tiers: readonly (readonly string[])[]): void {
    const before = this.#tiers;
    this.#tiers = new TrackerTiers(tiers, this.#options.rng);
    for (const url of this.#accepted) this.#tiers.promote(url);
    if (this.#state === 'new' || this.#state === 'stopped') return;
    for (const url of before.inOrder()) if (!this.#tiers.has(url)) this.#drop(url);
    const fresh = this.#tiers.inOrder().filter(url => !before.has(url));
    for (const url of fresh) this.#report(url, { state: 'idle' });
    this.#extra = union(this.#extra, fresh);
    if (this.#state === 'waiting') this.#wait();
  }

  /** Who is asked next, unless one of those before it answers, and in which time; undefined while none is due. */
  get upNext(): { readonly urls: readonly string[]; readonly inMs: number } | undefined {
    if (this.#dueMs === Number.POSITIVE_INFINITY) return undefined;
    const inMs = Math.max(0, this.#dueMs - this.#now());
    if (this.#extra.length > 0) return { urls: this.#extra, inMs };
    const urls = this.#tiers.inOrder();
    const last = this.#answered === undefined ? urls.length : urls.indexOf(this.#answered);
    return { urls: urls.slice(0, last + 1), inMs };
  }

  /**
   * Ends what is under way and tells the trackers that we leave: all at once, for at most 5 s. Never rejects. Further
   * calls give the promise of the first.
   */
  stop({ signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
    this.#stopping ??= this.#leave(signal);
    return this.#stopping;
  }

  #wait(): void {
    this.#stopWaiting();
    this.#state = 'waiting';
    if (this.#tiers.size === 0) return;
    const now = this.#now();
    this.#dueMs = this.#extra.length > 0 ? now : Math.max(now, this.#regularAtMs);
    this.#cancelTimer = this.#setTimer(() => void this.#announce(), this.#dueMs - now);
  }

  #stopWaiting(): void {
    this.#cancelTimer?.();
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  async #announce(): Promise<void> {
    if (this.#state !== 'waiting') return;
    this.#stopWaiting();
    this.#state = 'announcing';
    if (this.#extra.length > 0) await this.#tryExtra();
    if (this.#isAnnouncing && this.#regularAtMs <= this.#now()) await this.#tryAll();
    if (this.#isAnnouncing) this.#wait();
  }

  get #isAnnouncing(): boolean {
    return this.#state === 'announcing';
  }

  /** Asks those that are out of turn; while no tracker answers the regular announces, the first of them takes them on. */
  async #tryExtra(): Promise<void> {
    const urls = this.#extra;
    this.#extra = [];
    const ask = async (url: string) => {
      const answer = await this.#tryOne(url, this.#accepted.has(url) ? undefined : 'started', true);
      if (answer !== undefined && this.#answered === undefined) this.#follow(url, answer);
    };
    await Promise.all(urls.map(ask));
  }

  /** Goes through the tiers until a tracker answers. */
  async #tryAll(): Promise<void> {
    const urgent = this.#urgent || this.#completedIsDue;
    this.#urgent = false;
    for (const url of this.#tiers.inOrder()) {
      if (!this.#tiers.has(url)) continue; // it went meanwhile
      const answer = await this.#tryOne(url, this.#eventFor(url), urgent);
      if (!this.#isAnnouncing) return;
      if (answer !== undefined) return this.#follow(url, answer);
    }
    this.#answered = undefined;
    this.#politeAtMs = 0;
    this.#regularAtMs = this.#now() + this.#options.backoff.next();
  }

  /** The next announce is when this tracker wants it. */
  #follow(url: string, { nextMs, minimumMs }: Answer): void {
    this.#answered = url;
    this.#politeAtMs = this.#now() + minimumMs;
    // What became due while a regular announce was under way does not wait.
    this.#regularAtMs = this.#now() + (this.#completedIsDue || this.#moveIsDue ? 0 : nextMs);
  }

  /** Undefined when the tracker failed. */
  async #tryOne(url: string, event: AnnounceEvent | undefined, urgent: boolean): Promise<Answer | undefined> {
    const { trackers, request, backoff, onPeers, jitterMs } = this.#options;
    const numbers = request();
    this.#moveIsDue = false;
    this.#report(url, { state: 'announcing' });
    let response: AnnounceResponse;
    try {
      const full = { ...numbers, event, trackerId: this.#trackerIds.get(url) };
      const onMore = ({ peers }: AnnounceResponse) => {
        if (this.#state !== 'stopped' && this.#tiers.has(url) && peers.length > 0) onPeers(peers);
      };
      response = await trackers.announce(url, full, { signal: this.#ending.signal, urgent, onMore });
    } catch (error) {
      if (!this.#isAnnouncing || !this.#tiers.has(url)) return undefined;
      this.#failed = union(this.#failed, [url]);
      this.#report(url, { state: 'failed', error: asMillraceError(error) });
      return undefined;
    }
    this.#accepted.add(url);
    if (!this.#isAnnouncing) return undefined;
    if (!this.#tiers.has(url)) {
      this.#drop(url);
      return undefined;
    }
    backoff.reset();
    this.#failed = without(this.#failed, url);
    this.#tiers.promote(url);
    if (event === 'completed') this.#completedIsDue = false;
    if (response.trackerId !== undefined) this.#trackerIds.set(url, response.trackerId);
    const minimumMs = Math.max(MIN_INTERVAL_MS, response.minIntervalMs ?? 0);
    const intervalMs = nextDelayMs(response, numbers.left, minimumMs);
    const nextMs = intervalMs + (jitterMs?.(intervalMs) ?? 0);
    const { seeders, leechers, downloads, warning, peers } = response;
    this.#report(url, {
      state: 'working',
      seeders,
      leechers,
      downloads,
      warning,
      peers: peers.length,
      nextMs,
    });
    if (peers.length > 0) onPeers(peers);
    return { nextMs, minimumMs };
  }

  /** The tracker is none of the torrent's any more. */
  #drop(url: string): void {
    this.#extra = without(this.#extra, url);
    this.#failed = without(this.#failed, url);
    if (this.#accepted.delete(url)) this.#sayStopped(url);
    this.#trackerIds.delete(url);
    if (url !== this.#answered) return;
    this.#answered = undefined;
    this.#regularAtMs = this.#now();
  }

  #sayStopped(url: string): void {
    const trackerId = this.#trackerIds.get(url);
    this.#farewells.say(url, { ...this.#options.request(), event: 'stopped', numWant: 0, trackerId });
  }

  #eventFor(url: string): AnnounceEvent | undefined {
    if (this.#completedIsDue) return 'completed';
    return this.#accepted.has(url) ? undefined : 'started';
  }

  async #leave(signal: AbortSignal | undefined): Promise<void> {
    this.#state = 'stopped';
    this.#stopWaiting();
    this.#ending.abort();
    if (signal?.aborted) return;
    const urls = [...this.#accepted];
    for (const url of urls) this.#sayStopped(url);
    await this.#farewells.end(signal);
    for (const url of urls) this.#report(url, { state: 'idle' });
  }

  #report(url: string, status: Omit<TrackerStatus, 'url'>): void {
    this.#options.onStatus?.({ url: redactUrl(url), ...status }, url);
  }
}

/** What an answer says of the announces to come. */
interface Answer {
  readonly nextMs: number;
  readonly minimumMs: number;
}

function nextDelayMs(response: AnnounceResponse, left: number, minimumMs: number): number {
  const { intervalMs, minIntervalMs, peers } = response;
  if (left === 0 || peers.length > 0) return Math.max(minimumMs, intervalMs);
  return minIntervalMs === undefined
    ? Math.max(minimumMs, Math.min(intervalMs, LONELY_INTERVAL_MS))
    : minimumMs;
}

function union(some: readonly string[], others: readonly string[]): readonly string[] {
  return [...some, ...others.filter(url => !some.includes(url))];
}

function without(urls: readonly string[], url: string): readonly string[] {
  return urls.includes(url) ? urls.filter(other => other !== url) : urls;
}

function asMillraceError(error: unknown): MillraceError {
  if (isMillraceError(error)) return error;
  return new MillraceError('ERR_TRACKER_UNREACHABLE', 'tracker request failed', {}, error);
}

function setUnrefTimer(callback: () => void, delayMs: number): () => void {
  const timer = setTimeout(callback, delayMs).unref();
  return () => clearTimeout(timer);
}
