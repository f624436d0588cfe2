import { fromHex } from '../bytes.js';
import { Announcer, type TrackerStatus } from '../discovery/announcer.js';
import type { TrackerClient } from '../discovery/tracker-client.js';
import type { InfoHash, PeerAddress } from '../ids.js';
import { Backoff } from '../policy/backoff.js';
import type { Engine } from './engine.js';
import type { TrackerStats } from './types.js';

/** Waits after all trackers failed: a minute at first, as the UDP protocol's own retries take that long (BEP 15). */
const RETRY_FIRST_MS = 15_000;
const RETRY_MAX_MS = 30 * 60_000;

/** Told to trackers by a session that does not listen: port 0 is refused by most. libtorrent does the same. */
const NOT_LISTENING_PORT = 1;

/** `stopped` gets this long, so that all of closing takes less than the 5 s that a user waits after Ctrl-C. */
const STOP_TIMEOUT_MS = 4_000;

/** Most peers asked for in one announce: what opentracker and our own tracker give at most. */
const WANTED_PEERS = 200;

export interface AnnouncingHost {
  readonly trackers: TrackerClient;
  /** Undefined while nobody can dial us. */
  readonly listenPort: () => number | undefined;
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
  readonly onStatus: (status: TrackerStats) => void;
}

/** A torrent's trackers while it is online; each time it goes online it announces itself anew. */
export class Announcing {
  #announcer: Announcer | undefined;
  readonly #stats = new Map<string, TrackerStats>();

  constructor(readonly options: AnnouncingOptions) {}

  start(): void {
    const { tiers, infoHash, host, engine, progress, onPeers } = this.options;
    if (tiers.length === 0) return;
    const hash = fromHex(infoHash);
    this.#announcer = new Announcer({
      tiers,
      trackers: host.trackers,
      rng: engine.rng,
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
      onStatus: status => this.#onStatus(status),
    });
    this.#announcer.start();
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
    return [...this.#stats.values()];
  }

  #onStatus({ url, state, error, seeders, leechers }: TrackerStatus): void {
    const stats: TrackerStats = { url, state, error: error?.message, seeders, leechers };
    this.#stats.set(url, stats);
    this.options.onStatus(stats);
  }
}
