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

/** A promise whose end comes from outside, and that nobody has to watch. */
export class Deferred<T = void> {
  resolve!: (value: T) => void;
  reject!: (error: unknown) => void;
  settled: 'resolved' | 'rejected' | undefined;
  readonly promise: Promise<T>;

  constructor() {
    this.promise = new Promise<T>((resolve, reject) => {
      this.resolve = value => {
        this.settled ??= 'resolved';
        resolve(value);
      };
      this.reject = error => {
        this.settled ??= 'rejected';
        reject(error);
      };
    });
    this.promise.catch(() => {});
  }
}

/** The same while nobody has ended it, else a new one. */
export function pending(wait: Deferred): Deferred {
  return wait.settled === undefined ? wait : new Deferred();
}
