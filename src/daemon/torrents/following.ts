import { type InfoHash, type MagnetPointer, MillraceError, type Session } from '../../index.js';
import type { LiveSettings } from '../config/live-settings.js';

/** A client waits meanwhile, transmission-remote and `ctl` for a minute. A lookup takes seconds, the way in up to 20. */
const LIMIT_MS = 30_000;

export interface FollowingOptions {
  readonly session: Pick<Session, 'dht'>;
  readonly settings: Pick<LiveSettings, 'get'>;
  readonly limitMs?: number;
}

/**
 * Asks the DHT which torrent a link is of that names a publisher alone (BEP 46). As torrents are told apart by their
 * info-hash, it can only be in the list when that is known: whoever adds it waits for so long, and no longer.
 */
export class Following {
  readonly #ending = new AbortController();

  constructor(readonly options: FollowingOptions) {}

  /** @throws MillraceError ERR_DHT_OFF, ERR_DHT_NO_NODES, ERR_NOT_FOUND, ERR_NET_SUSPENDED, ERR_ABORTED */
  async follow(pointer: MagnetPointer): Promise<InfoHash> {
    const { session, settings, limitMs = LIMIT_MS } = this.options;
    if (session.dht === undefined)
      throw new MillraceError(
        'ERR_DHT_OFF',
        'which torrent the magnet link is of is only known to the DHT, which is off',
        { reason: settings.get('proxy') === undefined ? 'option' : 'proxy' },
      );
    const late = AbortSignal.timeout(limitMs);
    const signal = AbortSignal.any([late, this.#ending.signal]);
    const infoHash = await session.dht.follow(pointer, { signal }).catch(error => {
      if (late.aborted && !this.#ending.signal.aborted) return undefined;
      throw error;
    });
    if (infoHash !== undefined) return infoHash;
    throw new MillraceError(
      'ERR_NOT_FOUND',
      'the DHT does not tell which torrent the magnet link is of at present',
    );
  }

  close(): void {
    this.#ending.abort();
  }
}
