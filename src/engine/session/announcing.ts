import { fromHex } from '../bytes.js';
import { Announcer, type TrackerStatus } from '../discovery/announcer.js';
import type { StartSpread } from '../discovery/start-spread.js';
import type { TrackerClient } from '../discovery/tracker-client.js';
import { distinctTiers } from '../discovery/tracker-tiers.js';
import type { InfoHash, PeerAddress } from '../ids.js';
import { Backoff } from '../policy/backoff.js';
import { redactUrl } from '../protocol/tracker/url.js';
import { nowMs } from './clock.js';
import type { Engine } from './engine.js';
import type { TrackerComplaint, TrackerStats } from './types.js';

/** Waits after all trackers failed: a minute at first, as the UDP protocol's own retries take that long (BEP 15). */
const RETRY_FIRST_MS = 15_000;
const RETRY_MAX_MS = 30 * 60_000;

/** Told to trackers by a session that does not listen: port 0 is refused by most. libtorrent does the same. */
const NOT_LISTENING_PORT = 1;

/** `stopped` gets this long, so that all of closing takes less than the 5 s that a user waits after Ctrl-C. */
const STOP_TIMEOUT_MS = 4_000;

/** Share of an interval that is left to luck; trackers drop who is later than twice their interval. */
const JITTER = 0.05;

/** Most peers asked for in one announce: what opentracker and our own tracker give at most. */
const WANTED_PEERS = 200;

export interface AnnouncingHost {
  readonly trackers: TrackerClient;
  /** Undefined while nobody can dial us. */
  readonly listenPort: () => number | undefined;
  /** Many torrents that start together do not announce together. */
  readonly startSpread: StartSpread;
  /** Tells trackers that we are the same after a change of address (BEP 7, BEP 15 `key`). */
  readonly announceKey: number;
}

export interface AnnouncingOptions {
  readonly tiers: readonly (readonly string[])[];
  readonly infoHash: InfoHash;
  readonly host: AnnouncingHost;
  readonly engine: Engine;
  readonly progress: () => { uploaded: number; downloaded: number; left: number };
  readonly onPeers: (peers: readonly PeerAddress[]) => void;
  readonly onStatus: (status: TrackerStatus) => void;
}

/** What is remembered of a tracker while the torrent is on or off. */
type Known = Omit<TrackerStats, 'url' | 'tier' | 'nextMs'>;

const UNKNOWN: Known = { state: 'idle' };

/** A torrent's trackers while it is online; each time it goes online it announces itself anew. */
export class Announcing {
  #announcer: Announcer | undefined;
  #tiers: readonly (readonly string[])[];
  readonly #known = new Map<string, Known>();

  constructor(readonly options: AnnouncingOptions) {
    this.#tiers = options.tiers;
  }

  get tiers(): readonly (readonly string[])[] {
    return distinctTiers(this.#tiers);
  }

  setTiers(tiers: readonly (readonly string[])[]): void {
    this.#tiers = tiers;
    this.#announcer?.setTiers(tiers);
    const now = new Set(tiers.flat());
    for (const url of this.#known.keys()) if (!now.has(url)) this.#known.delete(url);
  }

  start(): void {
    const { infoHash, host, engine, progress, onPeers } = this.options;
    const hash = fromHex(infoHash);
    this.#announcer = new Announcer({
      tiers: this.#tiers,
      trackers: host.trackers,
      rng: engine.rng,
      jitterMs: intervalMs => intervalMs * JITTER * engine.rng.fraction(),
      backoff: new Backoff({ firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS }, engine.rng),
      request: () => ({
        infoHash: hash,
        peerId: engine.peerId,
        port: host.listenPort() ?? NOT_LISTENING_PORT,
        key: host.announceKey,
        numWant: WANTED_PEERS,
        ...progress(),
      }),
      stopTimeoutMs: STOP_TIMEOUT_MS,
      setTimer: (call, delayMs) => engine.timers.set(call, delayMs),
      onPeers,
      onStatus: (status, url) => this.#onStatus(status, url),
    });
    this.#announcer.start(this.#tiers.length === 0 ? 0 : host.startSpread.delayMs(nowMs()));
  }

  /** A user wants to be known, and peers, now. */
  again(): void {
    this.#announcer?.announceAgain();
  }

  /** All wanted bytes are here; only a download that happened is told as `completed` (BEP 3). */
  completed(downloaded: boolean): void {
    if (downloaded) this.#announcer?.completed();
  }

  /** Others reach us elsewhere now. */
  moved(): void {
    this.#announcer?.moved();
  }

  /** Tells `stopped`; resolves at the latest after 5 s and never rejects. */
  async stop(): Promise<void> {
    const announcer = this.#announcer;
    this.#announcer = undefined;
    await announcer?.stop();
  }

  /** Ends without a word: there is no network. */
  abandon(): void {
    void this.#announcer?.stop({ signal: AbortSignal.abort() });
    this.#announcer = undefined;
  }

  stats(): TrackerStats[] {
    const next = this.#announcer?.upNext;
    const dueMs = next && Date.now() + next.inMs;
    return this.tiers.flatMap((urls, tier) =>
      urls.map(url => ({
        url: redactUrl(url),
        tier,
        ...(this.#known.get(url) ?? UNKNOWN),
        nextMs: next?.urls.includes(url) ? dueMs : undefined,
      })),
    );
  }

  /** Of the trackers that have answered last; one that is not reached for now does not complain. */
  get complaint(): TrackerComplaint | undefined {
    for (const { errorCode, error = '', warning } of this.#known.values()) {
      if (errorCode === 'ERR_TRACKER_FAILURE') return { kind: 'failure', text: error };
      if (warning !== undefined) return { kind: 'warning', text: warning };
    }
    return undefined;
  }

  #onStatus(status: TrackerStatus, url: string): void {
    const before = this.#known.get(url) ?? UNKNOWN;
    this.#known.set(url, after(before, status, Date.now()));
    this.options.onStatus(status);
  }
}

/** Numbers of the last answer stay until the next. */
function after(before: Known, status: TrackerStatus, epochMs: number): Known {
  const { state, error, warning, seeders, leechers, downloads, peers: lastPeers } = status;
  if (state === 'working')
    return { state, warning, seeders, leechers, downloads, lastPeers, lastMs: epochMs };
  if (state === 'failed')
    return { ...before, state, error: error?.message, errorCode: error?.code, lastMs: epochMs };
  return { ...before, state, error: undefined, errorCode: undefined };
}
