import { MillraceError } from '../errors.js';

/** Codes of node and the system that mean: what came back is not HTTP. */
const NOT_HTTP = /^(HPE_|ERR_HTTP|ERR_STREAM|ERR_INVALID_HTTP|Z_)/;

/**
 * Failures of sockets, names and TLS as ours. `host` is all that is told of the URL, for path and query hold passkeys.
 * Tests: ECONNREFUSED, ENOTFOUND, self-signed certificate and garbage in test/unit/engine/discovery/http-tracker.test.ts.
 */
export function toTrackerError(error: unknown, host: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = code ?? String(message);
  if (code !== undefined && NOT_HTTP.test(code)) {
    return new MillraceError(
      'ERR_TRACKER_RESPONSE',
      `tracker ${host} did not answer in HTTP: ${reason}`,
      { host, reason },
      error,
    );
  }
  return new MillraceError(
    'ERR_TRACKER_UNREACHABLE',
    `tracker ${host} cannot be reached: ${reason}`,
    { host, reason },
    error,
  );
}

export function trackerTimeout(host: string, timeoutMs: number): MillraceError {
  const message = `tracker ${host} did not answer within ${timeoutMs} ms`;
  return new MillraceError('ERR_TRACKER_TIMEOUT', message, { host, timeoutMs });
}

export function aborted(): MillraceError {
  return new MillraceError('ERR_ABORTED', 'tracker request was aborted');
}

/** Settles as `work` does, or rejects with ERR_ABORTED as soon as the signal says so; `work` itself goes on. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(aborted());
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
