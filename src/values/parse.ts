import type { PeerAddress } from '../engine/ids.js';

/**
 * Parsers of option values. Each takes the text as typed and throws a RangeError that names the text, what is wrong
 * with it and what would be right; main.ts turns that into a usage error (exit 2).
 */

const POWER: Readonly<Record<string, number>> = { '': 0, K: 1, M: 2, G: 3, T: 4 };

/** Decimal places are enough for "1.5GiB"; more digits than this are a slip of the keyboard. */
const MAX_DIGITS = 15;

/** Whole bytes of `65536`, `256KiB` (1024) or `10MB` (1000). */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  if (!match || match[1].length > MAX_DIGITS) {
    throw new RangeError(`'${text}' is not a size, write for example 65536, 256KiB or 10MB`);
  }
  const bytes = Math.round(Number(match[1]) * unit(match[2], text));
  if (!Number.isSafeInteger(bytes)) throw new RangeError(`'${text}' is too large, at most 8191TiB`);
  return bytes;
}

function unit(name: string, text: string): number {
  if (name === '') return 1;
  const match = /^([KMGT]?)(i?)(b)$/i.exec(name);
  if (!match || (match[1] === '' && match[2] !== '')) {
    throw new RangeError(`'${text}' has an unknown unit, write B, KB, MB, GB, TB or KiB, MiB, GiB, TiB`);
  }
  if (match[3] === 'b') {
    throw new RangeError(
      `'${text}' ends in b, which means bits: write ${match[1].toUpperCase()}${match[2]}B for bytes`,
    );
  }
  return (match[2] === '' ? 1000 : 1024) ** POWER[match[1].toUpperCase()];
}

/** Bytes a second: a size, with or without `/s`. 0 is unlimited. */
export function parseRate(text: string): number {
  return parseBytes(text.trim().replace(/\/s$/i, ''));
}

/** Rates as `1MB/s,5MB/s`; one is a list too. */
export function parseRates(text: string): number[] {
  return text.split(',').map(parseRate);
}

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  '': 1000,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Longest delay of a Node timer, 2^31 - 1 ms; beyond it a timer fires at once. */
const MAX_DURATION_MS = 2 ** 31 - 1;

/** Milliseconds of `60s`, `10m`, `2h`, `1d`, `500ms` or a plain number of seconds. */
export function parseDuration(text: string): number {
  const ms = parseVirtualDuration(text);
  if (ms > MAX_DURATION_MS) throw new RangeError(`'${text}' is too long, at most 24d`);
  return ms;
}

/** The same for time that no timer measures. */
export function parseVirtualDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)?$/i.exec(text.trim());
  if (!match || match[1].length > MAX_DIGITS) {
    throw new RangeError(`'${text}' is not a time, write for example 60s, 10m or 2h`);
  }
  return Math.round(Number(match[1]) * MILLISECONDS[(match[2] ?? '').toLowerCase()]);
}

/** `20%` or 0.2. */
export function parseShare(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(%?)$/.exec(text.trim());
  const value = match ? Number(match[1]) / (match[2] === '%' ? 100 : 1) : Number.NaN;
  if (!(value <= 1)) throw new RangeError(`'${text}' is not a share, write for example 20% or 0.2`);
  return value;
}

/** A whole number within bounds, both included. */
export function parseCount(text: string, min: number, max: number): number {
  const value = /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max))
    throw new RangeError(`'${text}' is not a whole number from ${min} to ${max}`);
  return value;
}

/** `1..100`: two whole numbers within bounds in rising order, all of it included. */
export function parseRange(text: string, min: number, max: number): { from: number; to: number } {
  const ends = text.split('..');
  if (ends.length !== 2) throw new RangeError(`'${text}' is not a range, write for example ${min}..100`);
  const [from, to] = ends.map(end => parseCount(end, min, max));
  if (from > to) throw new RangeError(`'${text}' ends before it begins`);
  return { from, to };
}

/** Port to listen on; 0 takes any free one. */
export function parsePort(text: string): number {
  return parseCount(text, 0, 65535);
}

/** `host:port` or `[IPv6]:port`. */
export function parseAddress(text: string): PeerAddress {
  const match = /^(?:\[([0-9a-f:.]+(?:%[\w.@-]+)?)\]|([^:[\]\s/]+)):(\d{1,5})$/i.exec(text.trim());
  const port = Number(match?.[3]);
  if (!match || port < 1 || port > 65535) {
    throw new RangeError(
      `'${text}' is not an address, write host:port or [IPv6]:port with a port from 1 to 65535`,
    );
  }
  return { host: match[1] ?? match[2], port };
}

/** URL of a tracker (BEP 3 and 15). */
export function parseTrackerUrl(text: string): string {
  const scheme = URL.canParse(text) ? new URL(text).protocol : '';
  if (!['http:', 'https:', 'udp:'].includes(scheme)) {
    throw new RangeError(
      `'${text}' is not a tracker, write a URL that starts with http://, https:// or udp://`,
    );
  }
  return text;
}
