import type { LimitedBy, Metainfo } from '../../index.js';
import { clientServerSeconds, discreteSeconds, peerToPeerSeconds } from '../../sim/index.js';
import { hashFiles } from './payload.js';
import { type SwarmPlan, upOf } from './plan.js';
import type { Finish, Outcome, Race } from './race.js';

/** One downloader's share of the result. Seconds count from the moment that the last downloader was up. */
export interface PeerResult {
  readonly id: string;
  /** Undefined when it did not finish. */
  readonly seconds?: number;
  /** Bytes a second. */
  readonly rate?: number;
  /** Every byte arrived: the SHA-256 of its files is that of the source. */
  readonly ok: boolean;
  readonly error?: string;
  /** What held its download back. */
  readonly limitedBy?: LimitedBy;
}

/** Rates in bytes a second that the bounds are computed from. */
export interface Capacities {
  readonly seedUp: number;
  /** Of each downloader. */
  readonly up: readonly number[];
  /** Of each downloader; infinite without a limit. */
  readonly down: number;
  /** True for rates without a limit, which are the highest that was measured. */
  readonly seedUpMeasured: boolean;
  readonly upMeasured: boolean;
}

/** Lower bounds of the distribution time in seconds. */
export interface Bound {
  readonly clientServer: number;
  readonly peerToPeer: number;
  readonly discrete: number;
}

export interface SwarmResult {
  readonly peers: readonly PeerResult[];
  /** What held the uploads of the seed back. */
  readonly seedLimitedBy?: LimitedBy;
  /** What the seed sent, as a multiple of the file. */
  readonly seedCopies: number;
  /** Seconds; NaN when not all finished. */
  readonly median: number;
  readonly last: number;
  readonly capacities: Capacities;
  readonly bound: Bound;
}

/** Compares every byte with the source and computes the bounds. */
export async function summarize({ metainfo, payload, plan }: Race, outcome: Outcome): Promise<SwarmResult> {
  const expected = await hashFiles(metainfo, payload.dir);
  const peers: PeerResult[] = [];
  for (const finish of outcome.finishes) {
    const same = finish.seconds !== undefined && (await hashFiles(metainfo, finish.dir)) === expected;
    peers.push(toPeerResult(finish, metainfo.length, same));
  }
  const times = peers.flatMap(({ seconds }) => (seconds === undefined ? [] : [seconds]));
  const complete = times.length === peers.length;
  const last = Math.max(...times);
  const capacities = findCapacities(plan, outcome, last);
  return {
    peers,
    seedLimitedBy: outcome.seed.limitedBy,
    seedCopies: outcome.seed.uploaded / metainfo.length,
    median: complete ? median(times) : Number.NaN,
    last: complete ? last : Number.NaN,
    capacities,
    bound: complete
      ? findBound(metainfo, capacities)
      : { clientServer: Number.NaN, peerToPeer: Number.NaN, discrete: Number.NaN },
  };
}

function findBound({ length: fileBytes, pieceLength }: Metainfo, { seedUp, up, down }: Capacities): Bound {
  const rates = {
    peers: up.length,
    seedUpBytesPerSecond: seedUp,
    upBytesPerSecond: up,
    downBytesPerSecond: down,
  };
  const peerToPeer = peerToPeerSeconds({ ...rates, fileBytes });
  // The bound is of equal pieces. Whole ones have to reach everybody too, and a shorter last one may be sent beside them.
  const pieces = Math.max(1, Math.floor(fileBytes / pieceLength));
  const whole = Math.min(fileBytes, pieces * pieceLength);
  return {
    clientServer: clientServerSeconds({ ...rates, fileBytes }),
    peerToPeer,
    discrete: Math.max(peerToPeer, discreteSeconds({ ...rates, fileBytes: whole, pieces })),
  };
}

function toPeerResult({ id, seconds, error, peer }: Finish, bytes: number, same: boolean): PeerResult {
  const { limitedBy } = peer;
  if (seconds === undefined) return { id, ok: false, error, limitedBy };
  const wrong = same ? {} : { error: 'SHA-256 differs' };
  return { id, seconds, rate: bytes / seconds, ok: same, ...wrong, limitedBy };
}

/**
 * The limits that were set. Where none was, nobody knows what a peer could have sent: then its highest measured rate
 * stands for it, and the ratio says how well the swarm kept to its own best pace. Downloads without a limit do not bound.
 */
function findCapacities(plan: SwarmPlan, { seedMeter, finishes }: Outcome, lastSeconds: number): Capacities {
  const measured = ({ peak, bytes }: { peak: number; bytes: number }) => Math.max(peak, bytes / lastSeconds);
  return {
    seedUp: plan.seedUp || measured(seedMeter),
    up: finishes.map(({ meter }, i) => upOf(plan, i) || measured(meter)),
    down: plan.down || Number.POSITIVE_INFINITY,
    seedUpMeasured: plan.seedUp === 0,
    upMeasured: plan.up.includes(0),
  };
}

export function median(values: readonly number[]): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
