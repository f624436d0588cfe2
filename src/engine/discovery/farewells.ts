import type { AnnounceRequest } from '../protocol/tracker/announce.js';
import type { TrackerClient } from './tracker-client.js';

/** A leaving peer waits no longer for its trackers; libtorrent's stop_tracker_timeout. */
const STOP_TIMEOUT_MS = 5_000;

/** Calls back once after the time; the returned function calls it off. */
export type SetTimer = (callback: () => void, delayMs: number) => () => void;

/** Tells trackers `stopped`: those that a torrent no longer has, and all of them when it leaves. Nothing rejects. */
export class Farewells {
  /** Both are made when there is something to say: ten thousand torrents have nothing. */
  #cut: AbortController | undefined;
  #underWay: Promise<unknown>[] = [];

  constructor(
    readonly trackers: TrackerClient,
    readonly setTimer: SetTimer,
    readonly timeoutMs = STOP_TIMEOUT_MS,
  ) {}

  say(url: string, request: AnnounceRequest): void {
    this.#cut ??= new AbortController();
    const said = this.trackers
      .announce(url, request, { signal: this.#cut.signal, urgent: true })
      .catch(() => {})
      .finally(() => {
        this.#underWay = this.#underWay.filter(other => other !== said);
      });
    this.#underWay.push(said);
  }

  /** Resolves when all are told, when the time is up, or with the signal; what is under way then is ended. */
  async end(signal: AbortSignal | undefined): Promise<void> {
    if (this.#underWay.length === 0) return;
    await new Promise<void>(resolve => {
      const cancelTimer = this.setTimer(resolve, this.timeoutMs);
      signal?.addEventListener('abort', () => resolve(), { once: true });
      void Promise.all(this.#underWay).then(() => {
        cancelTimer();
        resolve();
      });
    });
    this.#cut?.abort();
  }
}
