import { isMillraceError } from '../errors.js';
import type { InfoHash } from '../ids.js';
import { Backoff } from '../policy/backoff.js';
import type { MagnetPointer } from '../protocol/magnet.js';
import type { DhtApi } from './dht-api.js';
import type { DhtService } from './dht-service.js';
import { aborted } from './waits.js';

/** Waits between two searches while nobody knows. */
const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 2 * 60_000;

/** What no later search would change. */
const FINAL: ReadonlySet<string> = new Set(['ERR_ABORTED', 'ERR_CLOSED']);

/**
 * The torrent that a publisher points to at present (BEP 46), as soon as the DHT tells.
 * @throws MillraceError ERR_ABORTED, ERR_CLOSED; nothing else ends the search
 */
export async function followPointer(
  pointer: MagnetPointer,
  dht: DhtApi,
  signal: AbortSignal | undefined,
): Promise<InfoHash> {
  const { service } = dht;
  const backoff = new Backoff({ firstMs: RETRY_FIRST_MS, maxMs: RETRY_MAX_MS }, service.options.rng);
  for (;;) {
    try {
      const infoHash = await dht.follow(pointer, { signal });
      if (infoHash !== undefined) return infoHash;
    } catch (error) {
      if (!isMillraceError(error) || FINAL.has(error.code)) throw error;
    }
    await pause(backoff.next(), service, signal);
  }
}

function pause(delayMs: number, service: DhtService, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (error?: unknown) => {
      cancel();
      stopListening();
      signal?.removeEventListener('abort', abort);
      if (error === undefined) resolve();
      else reject(error);
    };
    const abort = () => end(aborted(signal!));
    const cancel = service.options.timers.set(() => end(), delayMs);
    const stopListening = service.whenShut(error => {
      if (FINAL.has(error.code)) end(error);
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
