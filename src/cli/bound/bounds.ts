import { clientServerSeconds, discreteSeconds, peerToPeerSeconds } from '../../sim/index.js';

/** A swarm of any number of peers. Rates are bytes a second; the peers' repeat when there are more peers than rates. */
export interface BoundPlan {
  readonly fileBytes: number;
  readonly pieces?: number;
  readonly seedUp: number;
  readonly up: readonly number[];
  /** Undefined when downloads are not the limit. */
  readonly down?: readonly number[];
}

/** Lower bounds of the distribution time to so many peers, in seconds. */
export interface Bounds {
  readonly peers: number;
  readonly clientServer: number;
  readonly peerToPeer: number;
  readonly discrete?: number;
}

/** First and last number of peers. */
export interface Sweep {
  readonly from: number;
  readonly to: number;
}

export function boundsOf({ fileBytes, pieces, seedUp, up, down }: BoundPlan, peers: number): Bounds {
  const swarm = {
    fileBytes,
    peers,
    seedUpBytesPerSecond: seedUp,
    upBytesPerSecond: up,
    downBytesPerSecond: down,
  };
  return {
    peers,
    clientServer: clientServerSeconds(swarm),
    peerToPeer: peerToPeerSeconds(swarm),
    discrete: pieces === undefined ? undefined : discreteSeconds({ ...swarm, pieces }),
  };
}

export function ratioOf({ clientServer, peerToPeer }: Bounds): number {
  return clientServer / peerToPeer;
}

/** Rows that a table shows in full. */
const MAX_ROWS = 20;

/** All numbers of peers when they are few, else 1, 2, 5, 10, 20 and so on between the first and the last. */
export function rowsOf({ from, to }: Sweep): number[] {
  if (to - from < MAX_ROWS) return evenly({ from, to }, MAX_ROWS);
  const rows = new Set([from]);
  for (let decade = 1; decade <= to; decade *= 10)
    for (const peers of [decade, 2 * decade, 5 * decade]) if (peers > from && peers < to) rows.add(peers);
  return [...rows.add(to)];
}

/** At most so many numbers of peers at equal distances, the first and the last among them. */
export function evenly({ from, to }: Sweep, most: number): number[] {
  return spread(from, to, most, share => from + share * (to - from));
}

/** At most so many numbers of peers at equal ratios, the first and the last among them. */
export function geometrically({ from, to }: Sweep, most: number): number[] {
  return spread(from, to, most, share => from * (to / from) ** share);
}

/** All numbers when they are few enough, else those at equal shares of the way, without what comes twice. */
function spread(from: number, to: number, most: number, at: (share: number) => number): number[] {
  const span = to - from;
  if (span < most) return Array.from({ length: span + 1 }, (_, i) => from + i);
  return [...new Set(Array.from({ length: most }, (_, i) => Math.round(at(i / (most - 1)))))];
}
