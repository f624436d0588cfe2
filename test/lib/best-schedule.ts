/** A swarm so small that all its schedules can be tried. Rates in pieces a second. */
export interface TinySwarm {
  readonly pieces: number;
  readonly seedUp: number;
  readonly ups: readonly number[];
  readonly downs: readonly number[];
}

/**
 * Seconds of the best schedule in which peers send whole pieces, one after the other, each of which is passed on once it
 * has arrived. Tries them all, transfers in the order in which they start; what is found can be done, so no lower
 * bound may exceed it.
 */
export function bestScheduleSeconds({ pieces, seedUp, ups, downs }: TinySwarm): number {
  const rates = [seedUp, ...ups];
  /** By peer, the seed first: when each piece is there, when the upload and when the download is free. */
  const has = rates.map((_, peer) => Array<number>(pieces).fill(peer === 0 ? 0 : Number.POSITIVE_INFINITY));
  const sends = rates.map(() => 0);
  const receives = rates.map(() => 0);
  let best = Number.POSITIVE_INFINITY;

  const search = (missing: number, before: number, end: number): void => {
    if (missing === 0) best = end;
    for (let to = 1; to < rates.length; to++) {
      for (let piece = 0; piece < pieces; piece++) {
        if (has[to][piece] !== Number.POSITIVE_INFINITY) continue;
        for (let from = 0; from < rates.length; from++) {
          const start = Math.max(has[from][piece], sends[from], receives[to]);
          const arrival = start + 1 / Math.min(rates[from], downs[to - 1]);
          if (start < before || !(arrival < best)) continue;
          const [sent, received] = [sends[from], receives[to]];
          has[to][piece] = sends[from] = receives[to] = arrival;
          search(missing - 1, start, Math.max(end, arrival));
          has[to][piece] = Number.POSITIVE_INFINITY;
          sends[from] = sent;
          receives[to] = received;
        }
      }
    }
  };
  search(ups.length * pieces, 0, 0);
  return best;
}
