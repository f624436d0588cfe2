import type { InfoHash, PeerAddress } from '../ids.js';

/** Peers remembered of all torrents together, the one that left first forgotten first; some 300 bytes each. */
export const MAX_REMEMBERED = 10_000;

/** What a choker and a request window should not forget because a peer has been away. */
export interface PeerStanding {
  readonly snubbed: boolean;
  readonly connectedAtMs: number;
  readonly unchokedAtMs: number;
}

/** What is known of a peer that has left. */
export interface PeerHistory {
  /** Where it could be dialled. */
  readonly dialAddress: PeerAddress | undefined;
  readonly downloaded: number;
  readonly uploaded: number;
  readonly standing: PeerStanding;
  /** Where it was when it gave us something. */
  readonly goodHost: string | undefined;
}

/**
 * Peers of a session by the id that they had, so that one that comes back from another address is known again. An id
 * proves nothing, as everybody whom a peer has spoken with can copy it. So nothing that is remembered is an advantage:
 * bytes are for show, a bad standing stays, and the ban of an id spares whoever has given us data from elsewhere.
 */
export class PeerMemory {
  readonly #histories = new Map<string, PeerHistory>();
  readonly #bans = new Map<string, string | undefined>();

  recall(infoHash: InfoHash, peerId: string): PeerHistory | undefined {
    return this.#histories.get(infoHash + peerId);
  }

  remember(infoHash: InfoHash, peerId: string, history: PeerHistory): void {
    remember(this.#histories, infoHash + peerId, history);
  }

  /** @param goodHost where somebody of this id has given us data */
  ban(infoHash: InfoHash, peerId: string, goodHost: string | undefined): void {
    remember(this.#bans, infoHash + peerId, goodHost);
  }

  isBanned(infoHash: InfoHash, peerId: string, host: string): boolean {
    const key = infoHash + peerId;
    return this.#bans.has(key) && this.#bans.get(key) !== host;
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  if (map.size > MAX_REMEMBERED) map.delete(map.keys().next().value!);
}
