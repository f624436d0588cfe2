import { MillraceError } from '../errors.js';
import { hostKey } from '../policy/subnet.js';
import { nowMs } from './clock.js';
import type { PeerLink } from './link.js';

/** Connects under way: libtorrent keeps 30 connects a second, anacrolix 25 half-open. */
export const MAX_DIALLED = 50;
/** Those that dialled us and have not said who they are, so that idle connects cannot use all descriptors up. */
const MAX_INCOMING = 200;

const CROWDED = new MillraceError(
  'ERR_PEER_LIMIT',
  `more than ${MAX_INCOMING} connections have not said who they are`,
  { limit: MAX_INCOMING },
);

/** From connect to the end of the handshake: libtorrent connects within 15 s and greets within 10 s. */
const CONNECT_TIMEOUT_MS = 15_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;

/** How often the time-outs are looked at. */
const SWEEP_MS = 1_000;

/**
 * Connections whose handshake is not over. Those that dialled us are counted apart, so that strangers who say nothing do
 * not keep us from dialling. When they are too many, the host with most of them loses its oldest: a flood from one host
 * pushes itself out, and an honest peer needs a place for a round trip only.
 */
export class HalfOpen {
  readonly #dialled = new Set<PeerLink>();
  readonly #incoming = new Set<PeerLink>();
  /** Those who would dial and found no room, in the order in which they came. */
  readonly #waiting = new Set<() => void>();
  #turn: (() => void) | undefined;
  #waking = false;
  #sweeper: NodeJS.Timeout | undefined;

  /**
   * Whether one more may be dialled now. Else `onTurn` is called when there is room and whoever waited before has dialled:
   * a torrent with hundreds of dead addresses would have each place that its own dials leave, and others none.
   */
  mayDial(onTurn: () => void): boolean {
    const isNext = this.#waiting.size === 0 || this.#turn === onTurn;
    if (isNext && this.#dialled.size < MAX_DIALLED) {
      this.#turn = undefined; // one a turn
      return true;
    }
    this.#waiting.add(onTurn);
    return false;
  }

  add(link: PeerLink): void {
    if (link.incoming && this.#incoming.size >= MAX_INCOMING) this.evict(CROWDED);
    (link.incoming ? this.#incoming : this.#dialled).add(link);
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  delete(link: PeerLink): void {
    if (!this.#dialled.delete(link)) this.#incoming.delete(link);
    else if (this.#waiting.size > 0 && !this.#waking) {
      this.#waking = true;
      queueMicrotask(() => this.#wake()); // not in the middle of what has ended the link
    }
  }

  close(error: MillraceError): void {
    clearInterval(this.#sweeper);
    this.#waiting.clear();
    for (const link of [...this.#dialled, ...this.#incoming]) link.close(error);
  }

  /** Ends one that dialled us, where a limit leaves no room. @returns the link, undefined when there is none */
  evict(error: MillraceError): PeerLink | undefined {
    const ofHost = new Map<string, PeerLink[]>();
    for (const link of this.#incoming) {
      const host = hostKey(link.address.host);
      const links = ofHost.get(host);
      if (links === undefined) ofHost.set(host, [link]);
      else links.push(link);
    }
    let most: readonly PeerLink[] = [];
    for (const links of ofHost.values()) if (links.length > most.length) most = links;
    const [oldest] = most;
    if (oldest === undefined) return undefined;
    this.#incoming.delete(oldest);
    oldest.close(error);
    return oldest;
  }

  #wake(): void {
    this.#waking = false;
    for (const next of this.#waiting) {
      if (this.#dialled.size >= MAX_DIALLED) return;
      this.#waiting.delete(next);
      this.#turn = next;
      next(); // it comes back at the end if it has more to dial
      this.#turn = undefined;
    }
  }

  /** Ends handshakes that take too long, however busily the other side trickles its bytes. */
  #sweep(): void {
    const now = nowMs();
    for (const link of [...this.#dialled, ...this.#incoming]) {
      const limitMs = link.incoming ? HANDSHAKE_TIMEOUT_MS : CONNECT_TIMEOUT_MS;
      if (now - link.openedAtMs < limitMs) continue;
      link.close(
        new MillraceError('ERR_PEER_TIMEOUT', `no handshake within ${limitMs / 1000} s`, { limitMs }),
      );
    }
    if (this.#dialled.size + this.#incoming.size > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}
