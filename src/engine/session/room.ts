import type { PeerAddress } from '../ids.js';
import type { PeerLink } from './link.js';

/** A connection may take so long to become of use before it can be asked to give way. */
const GRACE_MS = 60_000;

/** In a torrent that is full, so often somebody may have to give way: as many as come cannot turn it over. */
const TURNOVER_MS = 10_000;

/**
 * Who gives way in a torrent that is full when somebody else comes: of those who move nothing, the one with the lowest
 * priority (BEP 40), if the newcomer's is higher. As both ends reckon the same priority, and nobody gives way to a lower
 * one, it goes in one direction only and does not flap.
 */
export class Room {
  #nextMs = Number.NEGATIVE_INFINITY;

  constructor(readonly priorityOf: (address: PeerAddress) => number | undefined) {}

  whoGivesWay(links: Iterable<PeerLink>, newcomer: PeerLink, nowMs: number): PeerLink | undefined {
    const priority = this.priorityOf(newcomer.address);
    if (priority === undefined || nowMs < this.#nextMs) return undefined;
    let lowest = priority;
    let found: PeerLink | undefined;
    for (const link of links) {
      if (!mayGo(link, nowMs)) continue;
      const other = this.priorityOf(link.address) ?? Number.POSITIVE_INFINITY;
      if (other >= lowest) continue;
      lowest = other;
      found = link;
    }
    if (found !== undefined) this.#nextMs = nowMs + TURNOVER_MS;
    return found;
  }
}

function mayGo({ peer, sources, openedAtMs }: PeerLink, nowMs: number): boolean {
  if (peer === undefined || sources.includes('manual') || nowMs - openedAtMs < GRACE_MS) return false;
  const { down, up, outstanding, uploads } = peer;
  return down.rate(nowMs) + up.rate(nowMs) === 0 && outstanding.size + uploads.length === 0;
}
