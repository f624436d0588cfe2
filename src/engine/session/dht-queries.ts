import type { DhtNode } from '../dht/node.js';
import type { DhtLookup } from '../dht/node-types.js';
import { MillraceError } from '../errors.js';
import type { DhtService } from './dht-service.js';
import { aborted, throwIfAborted } from './waits.js';

/** So long somebody may take to answer after the session has begun; three rounds of those who know the way in. */
const READY_TIMEOUT_MS = 20_000;

/** Begins a search at a node; `done` gets what came of it. */
export type DhtQuestion<T> = (node: DhtNode, nowMs: number, done: (result: T) => void) => DhtLookup;

/** Resolves when some node answers. @throws MillraceError ERR_DHT_NO_NODES, ERR_ABORTED, ERR_CLOSED, ERR_NET_SUSPENDED */
export function whenReady(service: DhtService, signal?: AbortSignal): Promise<void> {
  return interruptible(service, signal, (resolve, reject) => {
    const stopWaiting = service.whenReady(resolve);
    const late = () =>
      reject(
        new MillraceError(
          'ERR_DHT_NO_NODES',
          `no node of the DHT has answered for ${READY_TIMEOUT_MS / 1000} s`,
          {
            waitedMs: READY_TIMEOUT_MS,
          },
        ),
      );
    const stopTimer = service.options.timers.set(late, READY_TIMEOUT_MS);
    return () => {
      stopWaiting();
      stopTimer();
    };
  });
}

/** Asks the nodes of all families that know anybody. @returns what came of it, a result for each family that is still there */
export async function ask<T>(
  service: DhtService,
  signal: AbortSignal | undefined,
  question: DhtQuestion<T>,
): Promise<T[]> {
  await whenReady(service, signal);
  return interruptible(service, signal, (resolve, reject) => {
    const endpoints = service.answering;
    const results: T[] = [];
    let open = endpoints.length;
    const settle = () => {
      if (open > 0) return;
      if (results.length > 0) resolve(results);
      else
        reject(new MillraceError('ERR_DHT_NO_NODES', 'no node of the DHT answers any more', { waitedMs: 0 }));
    };
    const ends = endpoints.map(endpoint => {
      let waiting = true;
      const over = (came: readonly T[]) => {
        if (!waiting) return;
        waiting = false;
        open--;
        results.push(...came);
        settle();
      };
      const stop = endpoint.search((node, now) => question(node, now, result => over([result])));
      const forget = endpoint.whenShut(() => over([]));
      return () => {
        forget();
        stop();
      };
    });
    settle();
    return () => {
      for (const end of ends) end();
    };
  });
}

/** A wait that the signal ends, and the end of the network. `begin` returns what calls off all it has begun. */
function interruptible<T>(
  service: DhtService,
  signal: AbortSignal | undefined,
  begin: (resolve: (value: T) => void, reject: (error: unknown) => void) => () => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    throwIfAborted(signal);
    const { unavailable } = service;
    if (unavailable !== undefined) throw unavailable;
    let over = false;
    let callOff = () => {};
    const end = (settle: () => void) => {
      if (over) return;
      over = true;
      callOff();
      stopListening();
      signal?.removeEventListener('abort', abort);
      settle();
    };
    const abort = () => end(() => reject(aborted(signal!)));
    const stopListening = service.whenShut(error => end(() => reject(error)));
    signal?.addEventListener('abort', abort, { once: true });
    callOff = begin(
      value => end(() => resolve(value)),
      error => end(() => reject(error)),
    );
    if (over) callOff();
  });
}
