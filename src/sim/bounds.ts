import { MillraceError } from '../engine/errors.js';

/**
 * Least time in which a file can reach all peers: what every real and simulated swarm is measured against.
 * Sizes in bytes, rates in bytes a second, results in seconds.
 */

export interface ClientServerSwarm {
  readonly fileBytes: number;
  /** Downloaders, the seed not counted. */
  readonly peers: number;
  readonly seedUpBytesPerSecond: number;
  /** Of the slowest downloader. Infinity when it is not the limit. */
  readonly downMinBytesPerSecond: number;
}

export interface PeerToPeerSwarm {
  readonly fileBytes: number;
  readonly seedUpBytesPerSecond: number;
  /** Upload rate of each downloader, or one rate for all. A rate may be 0. */
  readonly peerUpsBytesPerSecond: readonly number[] | { readonly rate: number; readonly count: number };
  readonly downMinBytesPerSecond: number;
}

export interface DiscreteSwarm {
  readonly fileBytes: number;
  readonly pieces: number;
  readonly peers: number;
  /** Of the seed and of every peer. */
  readonly upBytesPerSecond: number;
}

/**
 * max(N F / u_s, F / d_min): one server sends every copy.
 * @throws MillraceError ERR_OPTION
 */
export function clientServerSeconds(swarm: ClientServerSwarm): number {
  const { fileBytes, peers, seedUpBytesPerSecond, downMinBytesPerSecond } = swarm;
  checkPositive({ fileBytes, seedUpBytesPerSecond });
  checkCount({ peers });
  checkDown(downMinBytesPerSecond);
  return Math.max((peers * fileBytes) / seedUpBytesPerSecond, fileBytes / downMinBytesPerSecond);
}

/**
 * max(F / u_s, F / d_min, N F / (u_s + sum of u_i)): every downloader helps.
 * @throws MillraceError ERR_OPTION
 */
export function peerToPeerSeconds(swarm: PeerToPeerSwarm): number {
  const { fileBytes, seedUpBytesPerSecond, peerUpsBytesPerSecond: ups, downMinBytesPerSecond } = swarm;
  checkPositive({ fileBytes, seedUpBytesPerSecond });
  checkDown(downMinBytesPerSecond);
  let peers: number;
  let peerUpSum: number;
  if ('rate' in ups) {
    checkRate('peer up rate', ups.rate);
    peers = ups.count;
    peerUpSum = ups.rate * ups.count;
  } else {
    for (const rate of ups) checkRate('peer up rate', rate);
    peers = ups.length;
    peerUpSum = ups.reduce((sum, rate) => sum + rate, 0);
  }
  checkCount({ peers });
  return Math.max(
    fileBytes / seedUpBytesPerSecond,
    fileBytes / downMinBytesPerSecond,
    (peers * fileBytes) / (seedUpBytesPerSecond + peerUpSum),
  );
}

/**
 * (M + floor(log2 N)) (F / M) / u: no schedule of M equal pieces among peers of one upload rate beats it
 * (Mundinger, Weber, Weiss: Optimal scheduling of peer-to-peer file dissemination, 2008).
 * @throws MillraceError ERR_OPTION
 */
export function discreteSeconds({ fileBytes, pieces, peers, upBytesPerSecond }: DiscreteSwarm): number {
  checkPositive({ fileBytes, upBytesPerSecond });
  checkCount({ pieces, peers });
  return ((pieces + floorLog2(peers)) * (fileBytes / pieces)) / upBytesPerSecond;
}

/** Exact where Math.log2 might round up to a power of two. */
function floorLog2(n: number): number {
  let log = 0;
  for (let power = 2; power <= n; power *= 2) log++;
  return log;
}

function checkPositive(values: Record<string, number>): void {
  for (const [name, value] of Object.entries(values))
    if (!(value > 0 && Number.isFinite(value))) refuse(name, value, 'a number above 0');
}

function checkCount(values: Record<string, number>): void {
  for (const [name, value] of Object.entries(values))
    if (!(Number.isSafeInteger(value) && value > 0)) refuse(name, value, 'a whole number from 1');
}

function checkRate(name: string, value: number): void {
  if (!(value >= 0 && Number.isFinite(value))) refuse(name, value, 'a number from 0');
}

function checkDown(value: number): void {
  if (!(value > 0)) refuse('downMinBytesPerSecond', value, 'a number above 0 or Infinity');
}

function refuse(name: string, value: number, bounds: string): never {
  throw new MillraceError('ERR_OPTION', `${name} is ${value}, must be ${bounds}`, { option: name, value });
}
