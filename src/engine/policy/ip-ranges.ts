import { parseIp } from '../protocol/compact.js';

/** An IP address as a number: IPv4 up to 2^32 - 1, also when it is written inside IPv6; IPv6 as it is. */
export interface IpNumber {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** Undefined when it is no IP literal. */
export function ipNumber(host: string): IpNumber | undefined {
  const ip = parseIp(host);
  if (ip === undefined) return undefined;
  let value = 0n;
  for (const byte of ip) value = (value << 8n) | BigInt(byte);
  // ::ffff:0:0/96, RFC 4291 section 2.5.5.2
  const mapped = ip.length === 16 && value >> 32n === 0xffffn;
  return { family: ip.length === 4 || mapped ? 4 : 6, value: mapped ? value & 0xffff_ffffn : value };
}

/** Both ends included. */
export interface IpRange {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/** Addresses to have nothing to do with. Half a million ranges of IPv4 are 4 MB, and an answer some 20 steps. */
export class IpRanges {
  /** Ranges, those that overlap or touch counted as one. */
  readonly size: number;
  readonly #first4: Uint32Array;
  readonly #last4: Uint32Array;
  readonly #ranges6: readonly IpRange[];

  constructor(ranges: Iterable<IpRange>) {
    const byFamily: Record<4 | 6, IpRange[]> = { 4: [], 6: [] };
    for (const range of ranges) byFamily[range.family].push(range);
    const ranges4 = joined(byFamily[4]);
    this.#first4 = Uint32Array.from(ranges4, range => Number(range.first));
    this.#last4 = Uint32Array.from(ranges4, range => Number(range.last));
    this.#ranges6 = joined(byFamily[6]);
    this.size = ranges4.length + this.#ranges6.length;
  }

  /** What is no IP literal is in none. */
  has(host: string): boolean {
    if (this.size === 0) return false;
    const ip = ipNumber(host);
    if (ip === undefined) return false;
    if (ip.family === 4) {
      const value = Number(ip.value);
      const at = lastNotAbove(this.#first4.length, i => this.#first4[i] <= value);
      return at >= 0 && value <= this.#last4[at];
    }
    const at = lastNotAbove(this.#ranges6.length, i => this.#ranges6[i].first <= ip.value);
    return at >= 0 && ip.value <= this.#ranges6[at].last;
  }
}

/** In order, those that overlap or touch as one. */
function joined(ranges: IpRange[]): IpRange[] {
  ranges.sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const all: IpRange[] = [];
  for (const range of ranges) {
    const before = all.at(-1);
    if (before === undefined || range.first > before.last + 1n) all.push(range);
    else if (range.last > before.last) all[all.length - 1] = { ...before, last: range.last };
  }
  return all;
}

/** The last index for which it holds; it holds up to some index and for none above. -1 for none. */
function lastNotAbove(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
