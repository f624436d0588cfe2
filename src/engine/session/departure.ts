import { checkDeparture, type DeparturePolicy, decideDeparture } from '../policy/departure.js';
import { Alarm, nowMs } from './clock.js';

/** How often the share ratio is looked at while a torrent lingers. */
const RATIO_CHECK_MS = 1_000;

/** Watches a completed torrent until its time to leave has come. */
export class Departure {
  readonly #alarm = new Alarm(() => this.#check());
  readonly #policy: DeparturePolicy;
  #completedAtMs: number | undefined;
  #uploaded: () => number = () => 0;

  /** @throws MillraceError ERR_OPTION for a linger without an end */
  constructor(
    policy: DeparturePolicy,
    readonly wantedBytes: () => number,
    readonly leave: () => void,
  ) {
    this.#policy = checkDeparture(policy);
  }

  start(uploaded: () => number): void {
    this.#uploaded = uploaded;
    this.#completedAtMs ??= nowMs();
    // In a turn of its own, so that whoever waits for completion is told before the torrent leaves.
    setImmediate(() => this.#check());
  }

  cancel(): void {
    this.#completedAtMs = undefined;
    this.#alarm.clear();
  }

  #check(): void {
    const now = nowMs();
    const wantedBytes = this.wantedBytes();
    const state = {
      completedAtMs: this.#completedAtMs,
      uploadedBytes: this.#uploaded(),
      downloadedBytes: wantedBytes,
      wantedBytes,
    };
    const { leave, askAgainAtMs } = decideDeparture(this.#policy, state, now);
    if (leave) {
      this.cancel();
      this.leave();
      return;
    }
    const byRatio =
      this.#policy.kind === 'linger' && this.#policy.ratio !== undefined && state.completedAtMs !== undefined;
    this.#alarm.set(byRatio ? Math.min(askAgainAtMs, now + RATIO_CHECK_MS) : askAgainAtMs);
  }
}
