import { nowMs } from './clock.js';
import type { PeerLink } from './link.js';

/** Silence after which a connection is given up whose peer seems to have come again from elsewhere. */
const SILENCE_MS = 10_000;

interface Doubt {
  /** Who has come with the same id. */
  newer: PeerLink;
  readonly sinceMs: number;
}

/**
 * Connections whose peer id somebody else has brought from another host. It may be the same peer after a change of its
 * address, whose old connection nobody will ever end; or a stranger who copied the id. Only silence tells: who says
 * anything within ten seconds stays, next to the newcomer, so nobody is pushed out who is at work. One who is, for
 * being quiet, can be back at once, and is the newcomer then. (Where ids alone decide, as in other engines, whoever
 * copies one ends the connection of its owner.)
 */
export class Doubts {
  readonly #doubts = new Map<PeerLink, Doubt>();

  /** The keep-alive makes the system notice a path that is gone. */
  add(link: PeerLink, newer: PeerLink): void {
    const doubt = this.#doubts.get(link);
    if (doubt !== undefined) doubt.newer = newer;
    else {
      this.#doubts.set(link, { newer, sinceMs: nowMs() });
      link.peer?.send({ type: 'keep-alive' });
    }
  }

  /** @returns connections to give up, each with the one that takes its place */
  settle(links: ReadonlyMap<number, PeerLink>): [link: PeerLink, newer: PeerLink][] {
    const now = nowMs();
    const over: [PeerLink, PeerLink][] = [];
    for (const [link, { newer, sinceMs }] of this.#doubts) {
      const stay = !links.has(link.key) || !links.has(newer.key) || link.peer!.lastInMs > sinceMs;
      if (!stay && (now - sinceMs < SILENCE_MS || newer.peer!.lastInMs === newer.peer!.connectedAtMs))
        continue;
      this.#doubts.delete(link);
      if (!stay) over.push([link, newer]);
    }
    return over;
  }
}
