import { MillraceError } from '../errors.js';

/** @throws MillraceError ERR_ABORTED when the signal is aborted. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw aborted(signal);
}

export function aborted(signal: AbortSignal): MillraceError {
  return new MillraceError('ERR_ABORTED', 'the wait was aborted', {}, signal.reason);
}

/** The promise, or ERR_ABORTED as soon as the signal says so. The work behind the promise goes on. */
export function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  if (signal.aborted) {
    promise.catch(() => {});
    return Promise.reject(aborted(signal));
  }
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(aborted(signal));
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** A promise whose end comes from outside, and that nobody has to watch. It is made when somebody asks for it. */
export class Deferred {
  settled: 'resolved' | 'rejected' | undefined;
  #error: unknown;
  #promise: Promise<void> | undefined;
  #end: (() => void) | undefined;

  get promise(): Promise<void> {
    if (this.#promise === undefined) {
      this.#promise = new Promise((resolve, reject) => {
        this.#end = () => (this.settled === 'resolved' ? resolve() : reject(this.#error));
      });
      this.#promise.catch(() => {});
      if (this.settled !== undefined) this.#end!();
    }
    return this.#promise;
  }

  resolve(): void {
    this.#settle('resolved');
  }

  reject(error: unknown): void {
    if (this.settled === undefined) this.#error = error;
    this.#settle('rejected');
  }

  #settle(how: 'resolved' | 'rejected'): void {
    if (this.settled !== undefined) return;
    this.settled = how;
    this.#end?.();
  }
}

/** The same while nobody has ended it, else a new one. */
export function pending(wait: Deferred): Deferred {
  return wait.settled === undefined ? wait : new Deferred();
}
