import { Probe, type ProbeResult } from './probe.js';
import { tryToWrite } from './write-probe.js';

/** A folder is tried at most so often: each try touches the disk. */
const PROBE_EVERY_MS = 10_000;
/** Health checks of Docker and Kubernetes wait for some seconds. */
const PROBE_TIMEOUT_MS = 2000;
/** Clients that wait for longer think that nobody is there. */
const MAX_LOOP_DELAY_MS = 2000;

/** Strangers read it too: a word for each check, no path, nothing of torrents. */
export interface HealthCheck {
  readonly ok: boolean;
  /** `ENOSPC`, `timed out`. */
  readonly reason?: string;
  readonly delayMs?: number;
}

export interface HealthReply {
  readonly status: 200 | 503;
  readonly body: {
    readonly ok: boolean;
    readonly checks: Readonly<Record<'loop' | 'state' | 'downloads', HealthCheck>>;
  };
}

export interface HealthOptions {
  readonly stateDir: string;
  /** Asked each time, as a reload may change it. */
  readonly downloadDir: () => string;
  /** How late the event loop is, but for what is rare. */
  readonly loopDelayMs: () => number;
  readonly maxLoopDelayMs?: number;
  readonly nowMs?: () => number;
  /** Throws when the folder cannot be written; for tests. */
  readonly probe?: (folder: string) => Promise<void>;
  readonly probeTimeoutMs?: number;
}

/** `/healthz`: whether the daemon does its work, or had better be started anew. */
export class Health {
  readonly #options: HealthOptions;
  readonly #state: Probe<void>;
  readonly #downloads: Probe<void>;

  constructor(options: HealthOptions) {
    this.#options = options;
    const probe = options.probe ?? tryToWrite;
    const limits = {
      everyMs: PROBE_EVERY_MS,
      timeoutMs: options.probeTimeoutMs ?? PROBE_TIMEOUT_MS,
      nowMs: options.nowMs ?? (() => performance.now()),
    };
    this.#state = new Probe(() => probe(options.stateDir), limits);
    this.#downloads = new Probe(() => probe(options.downloadDir()), limits);
  }

  async check(): Promise<HealthReply> {
    const [state, downloads] = await Promise.all([this.#state.result(), this.#downloads.result()]);
    const checks = { loop: this.#loop(), state: folderCheck(state), downloads: folderCheck(downloads) };
    const ok = Object.values(checks).every(check => check.ok);
    return { status: ok ? 200 : 503, body: { ok, checks } };
  }

  #loop(): HealthCheck {
    const { loopDelayMs, maxLoopDelayMs = MAX_LOOP_DELAY_MS } = this.#options;
    const delayMs = Math.round(loopDelayMs());
    return { ok: delayMs < maxLoopDelayMs, delayMs };
  }
}

function folderCheck(result: ProbeResult<void>): HealthCheck {
  return result.ok ? { ok: true } : { ok: false, reason: result.reason };
}
