import { MillraceError } from '../engine/errors.js';

/**
 * Least time in which a file can reach all peers: what every real and simulated swarm is measured against.
 * Sizes in bytes, rates in bytes a second, results in seconds.
 */

/**
 * One rate for all peers, or a list of them: peer i has the rate `list[i % length]`, so a short list stands for a mix
 * that repeats.
 */
export type PeerRates = number | readonly number[];

export interface ClientServerSwarm {
  readonly fileBytes: number;
  /** Downloaders, the seed not counted. */
  readonly peers: number;
  readonly seedUpBytesPerSecond: number;
  /** Infinity where a peer's download is not the limit, which is the default. */
  readonly downBytesPerSecond?: PeerRates;
}

export interface PeerToPeerSwarm extends ClientServerSwarm {
  /** A rate may be 0. */
  readonly upBytesPerSecond: PeerRates;
}

export interface DiscreteSwarm extends PeerToPeerSwarm {
  /** Pieces of equal size that the file is cut into. */
  readonly pieces: number;
}

/**
 * max(N F / u_s, F / d_min): one server sends every copy.
 * @throws MillraceError ERR_OPTION
 */
export function clientServerSeconds(swarm: ClientServerSwarm): number {
  const { fileBytes, peers, seedUpBytesPerSecond } = swarm;
  return greatest((peers * fileBytes) / seedUpBytesPerSecond, fileBytes / checkSlowestDown(swarm));
}

/**
 * max(F / u_s, F / d_min, N F / (u_s + sum of u_i)): every downloader helps. Rates that reach it exist for all swarms if
 * a file can be cut as finely as one likes (Kumar, Ross: Peer-assisted file distribution, 2006).
 * @throws MillraceError ERR_OPTION
 */
export function peerToPeerSeconds(swarm: PeerToPeerSwarm): number {
  const { fileBytes, peers, seedUpBytesPerSecond } = swarm;
  const slowestDown = checkSlowestDown(swarm);
  const { sum } = checkUps(swarm);
  return greatest(
    fileBytes / seedUpBytesPerSecond,
    fileBytes / slowestDown,
    (peers * fileBytes) / (seedUpBytesPerSecond + sum),
  );
}

/**
 * max(peer-to-peer bound, F / u_s + floor(log2 N) (F / M) / u_max), u_max being the fastest upload, the seed's included.
 * With one rate u for all and free downloads that is (M + floor(log2 N)) (F / M) / u, which the best schedule reaches
 * (Mundinger, Weber, Weiss: Optimal scheduling of peer-to-peer file dissemination, 2008).
 *
 * Why it holds for any rates, if a peer passes a piece on once it has all of it, and has it from one sender: let p be
 * the piece whose first copy is complete last. The seed alone can have sent the first copy of each piece, so it has sent
 * M pieces when its first copy of p is complete, M - 1 + k when its k-th is: after F / u_s + (k - 1) (F / M) / u_s. Whoever
 * has p makes its k-th copy k (F / M) / u_max later at the earliest, however it shares its upload. So p has two holders at
 * F / u_s at most, and their number at most doubles in each (F / M) / u_max; it must come to N + 1.
 *
 * A copy put together from blocks of several senders may be sooner: among h holders the next one takes 1 / h of that time
 * instead, and 1/2 + 1/3 + .. + 1/N stands where floor(log2 N) does.
 * @throws MillraceError ERR_OPTION
 */
export function discreteSeconds(swarm: DiscreteSwarm): number {
  const { fileBytes, pieces, peers, seedUpBytesPerSecond } = swarm;
  const fluid = peerToPeerSeconds(swarm);
  checkCount({ pieces });
  if (pieces > fileBytes) refuse('pieces', pieces, 'at most one a byte');
  const fastestUp = Math.max(seedUpBytesPerSecond, checkUps(swarm).max);
  return greatest(
    fluid,
    fileBytes / seedUpBytesPerSecond + (floorLog2(peers) * (fileBytes / pieces)) / fastestUp,
  );
}

/** Exact where Math.log2 might round up to a power of two. */
function floorLog2(n: number): number {
  let log = 0;
  for (let power = 2; power <= n; power *= 2) log++;
  return log;
}

/** Products beyond 2^53 are rounded, by a part in 2^53; those beyond all numbers are no answer. */
function greatest(...seconds: number[]): number {
  const most = Math.max(...seconds);
  if (!Number.isFinite(most)) refuse('seconds', most, 'a finite number: the rates are too low for the size');
  return most;
}

/** Checks what all bounds take. @returns the slowest download */
function checkSlowestDown(swarm: ClientServerSwarm): number {
  const { fileBytes, peers, seedUpBytesPerSecond, downBytesPerSecond = Number.POSITIVE_INFINITY } = swarm;
  checkCount({ fileBytes, peers });
  if (!(seedUpBytesPerSecond > 0 && Number.isFinite(seedUpBytesPerSecond)))
    refuse('seedUpBytesPerSecond', seedUpBytesPerSecond, 'a number above 0');
  const rates = checkRates('downBytesPerSecond', downBytesPerSecond, 'a number above 0', rate => rate > 0);
  return rates.slice(0, peers).reduce((min, rate) => Math.min(min, rate));
}

function checkUps({ peers, upBytesPerSecond }: PeerToPeerSwarm): {
  readonly sum: number;
  readonly max: number;
} {
  const rates = checkRates(
    'upBytesPerSecond',
    upBytesPerSecond,
    'a number from 0',
    rate => rate >= 0 && Number.isFinite(rate),
  );
  const rest = peers % rates.length;
  const sum = Math.floor(peers / rates.length) * sumOf(rates) + sumOf(rates.slice(0, rest));
  if (!Number.isFinite(sum)) refuse('upBytesPerSecond', sum, 'a finite number in all');
  return { sum, max: rates.slice(0, peers).reduce((max, rate) => Math.max(max, rate)) };
}

function checkRates(
  name: string,
  rates: PeerRates,
  bounds: string,
  valid: (rate: number) => boolean,
): readonly number[] {
  const list = typeof rates === 'number' ? [rates] : rates;
  if (list.length === 0) refuse(name, Number.NaN, 'one rate at least');
  for (const rate of list) if (!valid(rate)) refuse(name, rate, bounds);
  return list;
}

function sumOf(rates: readonly number[]): number {
  return rates.reduce((sum, rate) => sum + rate, 0);
}

function checkCount(values: Record<string, number>): void {
  for (const [name, value] of Object.entries(values))
    if (!(Number.isSafeInteger(value) && value > 0)) refuse(name, value, 'a whole number from 1 to 2^53 - 1');
}

function refuse(name: string, value: number, bounds: string): never {
  throw new MillraceError('ERR_OPTION', `${name} is ${value}, must be ${bounds}`, { option: name, value });
}
