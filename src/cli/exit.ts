import { constants } from 'node:os';

/** What ends a command from outside: a signal, or the end of standard input when a parent supervises it. */
export type InterruptCause = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'parent';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A command has this long to save and say goodbye; then the process ends all the same. */
const GRACE_MS = 4500;

/** The first interrupt asks the command to end, a second one ends the process at once. */
export class Interrupt {
  readonly #controller = new AbortController();
  #cause: InterruptCause | undefined;
  #listener: NodeJS.SignalsListener | undefined;

  /** Aborts with the first interrupt. */
  readonly signal: AbortSignal = this.#controller.signal;

  get cause(): InterruptCause | undefined {
    return this.#cause;
  }

  /** Exit code of a command that was interrupted before its work was done: 128 + signal, as shells count. */
  get exitCode(): number {
    return (
      128 + constants.signals[this.#cause === undefined || this.#cause === 'parent' ? 'SIGTERM' : this.#cause]
    );
  }

  /** Resolves with the first interrupt. */
  raised(): Promise<void> {
    return new Promise(resolve => {
      if (this.signal.aborted) resolve();
      else this.signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  raise(cause: InterruptCause): void {
    if (this.#cause !== undefined) {
      if (cause !== 'parent') process.exit(this.exitCode);
      return;
    }
    this.#cause = cause;
    setTimeout(() => process.exit(this.exitCode), GRACE_MS).unref();
    this.#controller.abort();
  }

  /** A signal that the command gives a meaning of its own. */
  leave(signal: (typeof SIGNALS)[number]): void {
    if (this.#listener) process.off(signal, this.#listener);
  }

  watch(): void {
    this.#listener = signal => this.raise(signal as InterruptCause);
    for (const signal of SIGNALS) process.on(signal, this.#listener);
  }

  /** Lets signals end the process by themselves again. */
  unwatch(): void {
    if (this.#listener) for (const signal of SIGNALS) process.off(signal, this.#listener);
    this.#listener = undefined;
  }
}
