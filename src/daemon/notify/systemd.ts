import { execFile } from 'node:child_process';

const PROGRAM = 'systemd-notify';
/** It sends a datagram; one that takes longer is stuck. */
const TIMEOUT_MS = 5000;

export interface SystemdOptions {
  /** What systemd said is taken out of it, so that no program that is run later speaks for the daemon. */
  readonly env: NodeJS.ProcessEnv;
  readonly pid?: number;
  /** Nanoseconds of CLOCK_MONOTONIC. */
  readonly monotonicNs?: () => bigint;
  /** Told once, when systemd cannot be told. */
  readonly report?: (error: Error) => void;
}

/**
 * Tells systemd how the daemon is (sd_notify(3)), if it was started as a service that is to. The socket is one that Node
 * does not have, so the program `systemd-notify` does it. One message at a time, in order; nothing is thrown, and only
 * who wants to waits.
 */
export class Systemd {
  readonly #options: SystemdOptions;
  readonly #env: NodeJS.ProcessEnv;
  readonly #isService: boolean;
  #last: Promise<void> = Promise.resolve();
  /** The newest status that waits: it stands for those before it. */
  #status: string | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #reported = false;

  constructor(options: SystemdOptions) {
    const { env, pid = process.pid } = options;
    const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = env;
    this.#options = options;
    this.#isService = NOTIFY_SOCKET !== undefined;
    this.#env = { ...env };
    for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
    const watchdogMs = Number(WATCHDOG_USEC) / 1000;
    const isOurs = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === pid;
    if (this.#isService && watchdogMs > 0 && isOurs) {
      // twice as often as it must, as sd_watchdog_enabled(3) advises
      this.#watchdog = setInterval(() => void this.#send(['WATCHDOG=1']), watchdogMs / 2).unref();
    }
  }

  /** Started, or reloaded. */
  ready(): Promise<void> {
    return this.#send(['READY=1']);
  }

  reloading(): Promise<void> {
    const now = (this.#options.monotonicNs ?? process.hrtime.bigint)();
    return this.#send(['RELOADING=1', `MONOTONIC_USEC=${now / 1000n}`]);
  }

  /** `withinMs`: how long it may take from now on; may be said again. */
  stopping(withinMs: number): Promise<void> {
    return this.#send(['STOPPING=1', `EXTEND_TIMEOUT_USEC=${Math.ceil(withinMs) * 1000}`]);
  }

  /** What `systemctl status` shows, in one line. */
  status(text: string): void {
    const waits = this.#status !== undefined;
    this.#status = text;
    if (!waits) this.#then(() => this.#run([`STATUS=${this.#takeStatus()}`]));
  }

  /** No more signs of life. Resolves when all has been said. */
  close(): Promise<void> {
    clearInterval(this.#watchdog);
    return this.#last;
  }

  #takeStatus(): string {
    const text = this.#status ?? '';
    this.#status = undefined;
    return text.replace(/\s+/g, ' ');
  }

  #send(message: readonly string[]): Promise<void> {
    return this.#then(() => this.#run(message));
  }

  #then(run: () => Promise<void>): Promise<void> {
    if (this.#isService) this.#last = this.#last.then(run);
    return this.#last;
  }

  #run(message: readonly string[]): Promise<void> {
    return new Promise(resolve => {
      execFile(PROGRAM, message, { env: this.#env, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' }, error => {
        if (error !== null && !this.#reported) {
          this.#reported = true;
          this.#options.report?.(error);
        }
        resolve();
      });
    });
  }
}
