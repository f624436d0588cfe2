import { parseIp } from '../protocol/compact.js';
import { sortedOrder } from './sorted-order.js';

/** An IP address as a number: IPv4 up to 2^32 - 1, also when it is written inside IPv6; IPv6 as it is. */
export interface IpNumber {
  readonly family: 4 | 6;
  readonly value: bigint;
}

/** Undefined when it is no IP literal. A zone does not count. */
export function ipNumber(host: string): IpNumber | undefined {
  const ip = parseIp(host.split('%', 1)[0]);
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

/** All addresses that begin with these bits. Undefined when the address is none, or has fewer bits. */
export function ipNetwork(address: string, bits: number): IpRange | undefined {
  const ip = ipNumber(address);
  const width = ip?.family === 4 ? 32 : 128;
  if (ip === undefined || bits > width) return undefined;
  const host = (1n << BigInt(width - bits)) - 1n;
  return { family: ip.family, first: ip.value & ~host, last: ip.value | host };
}

/** Addresses to have nothing to do with. Half a million ranges of IPv4 are 4 MB, and an answer some 20 steps. */
export class IpRanges {
  #tables: IpTables;

  constructor(ranges: Iterable<IpRange>) {
    const collector = new IpRangeCollector();
    for (const range of ranges) collector.add(range);
    const making = collector.makeTables();
    let step = making.next();
    while (!step.done) step = making.next();
    this.#tables = step.value;
  }

  /** The same in steps: half a million ranges take a second to sort, and whoever runs it decides when others have a turn. */
  static *inSteps(collector: IpRangeCollector): Generator<void, IpRanges> {
    const ranges = new IpRanges([]);
    ranges.#tables = yield* collector.makeTables();
    return ranges;
  }

  /** Ranges, those that overlap or touch counted as one. */
  get size(): number {
    const { first4, ranges6 } = this.#tables;
    return first4.length + ranges6.length;
  }

  /** What is no IP literal is in none. */
  has(host: string): boolean {
    if (this.size === 0) return false;
    const ip = ipNumber(host);
    if (ip === undefined) return false;
    const { first4, last4, ranges6 } = this.#tables;
    if (ip.family === 4) {
      const value = Number(ip.value);
      const at = lastNotAbove(first4.length, i => first4[i] <= value);
      return at >= 0 && value <= last4[at];
    }
    const at = lastNotAbove(ranges6.length, i => ranges6[i].first <= ip.value);
    return at >= 0 && ip.value <= ranges6[at].last;
  }
}

/** In order, and none that overlap or touch. */
interface IpTables {
  readonly first4: Uint32Array;
  readonly last4: Uint32Array;
  readonly ranges6: readonly IpRange[];
}

/** Steps of joining between two yields. */
const STEPS = 4096;

/** Ranges in any order, as they come. */
export class IpRangeCollector {
  readonly #first4: number[] = [];
  readonly #last4: number[] = [];
  readonly #ranges6: IpRange[] = [];

  get size(): number {
    return this.#first4.length + this.#ranges6.length;
  }

  add(range: IpRange): void {
    if (range.family === 4) {
      this.#first4.push(Number(range.first));
      this.#last4.push(Number(range.last));
    } else this.#ranges6.push(range);
  }

  *makeTables(): Generator<void, IpTables> {
    const ranges6 = yield* this.#joined6();
    return { ...(yield* this.#joined4()), ranges6 };
  }

  *#joined4(): Generator<void, Pick<IpTables, 'first4' | 'last4'>> {
    const [first, last] = [this.#first4, this.#last4];
    const order = yield* sortedOrder(first.length, (a, b) => first[a] > first[b]);
    const first4 = new Uint32Array(order.length);
    const last4 = new Uint32Array(order.length);
    let count = 0;
    for (let i = 0; i < order.length; i++) {
      const at = order[i];
      if (count === 0 || first[at] > last4[count - 1] + 1) {
        first4[count] = first[at];
        last4[count++] = last[at];
      } else if (last[at] > last4[count - 1]) last4[count - 1] = last[at];
      if (i % STEPS === 0) yield;
    }
    return { first4: first4.slice(0, count), last4: last4.slice(0, count) };
  }

  *#joined6(): Generator<void, IpRange[]> {
    const ranges = this.#ranges6;
    const order = yield* sortedOrder(ranges.length, (a, b) => ranges[a].first > ranges[b].first);
    const all: IpRange[] = [];
    for (let i = 0; i < order.length; i++) {
      const range = ranges[order[i]];
      const before = all.at(-1);
      if (before === undefined || range.first > before.last + 1n) all.push(range);
      else if (range.last > before.last) all[all.length - 1] = { ...before, last: range.last };
      if (i % STEPS === 0) yield;
    }
    return all;
  }
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
