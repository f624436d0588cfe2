import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { formatAddress } from '../../index.js';
import { json, type Kind, type Place } from '../../values/kinds.js';
import { parseAddress, parseCount } from '../../values/parse.js';

/** Kinds of settings that only a daemon has, see `values/kinds.ts`. */

/** A path; a relative one begins at the folder of the file that names it, or where the daemon was started. */
export const path: Kind<string> = {
  says: 'a path; ~ is the home folder',
  parse: (text, folder) => toPath(text, folder),
  read: (value, { folder }) => toPath(textOf(value), folder),
  show: String,
};

function toPath(text: string, folder: string): string {
  if (text === '') throw new RangeError('the path is empty');
  if (text.includes('\0')) throw new RangeError(`${json(text)} is no path`);
  if (text === '~' || text.startsWith('~/')) return join(home(text), text.slice(1));
  return isAbsolute(text) ? text : resolve(folder, text);
}

/** A user without an entry in the system's list of them has none. */
function home(text: string): string {
  try {
    return homedir();
  } catch {
    throw new RangeError(`${json(text)} begins at the home folder, and this user has none: HOME must be set`);
  }
}

export function whole(min: number, max: number): Kind<number> {
  const check = (value: number): number => {
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new RangeError(`${value} is not a whole number from ${min} to ${max}`);
  };
  return {
    says: `a whole number from ${min} to ${max}`,
    parse: text => parseCount(text, min, max),
    read: value => check(numberOf(value)),
    show: String,
  };
}

/** A size, a rate or a time, which are numbers of their base units. */
export function from0(kind: Kind<number>): Kind<number> {
  return {
    ...kind,
    read(value, place) {
      const number = kind.read(value, place);
      if (!(number >= 0 && number <= Number.MAX_SAFE_INTEGER))
        throw new RangeError(`${number} is out of bounds, at least 0`);
      return number;
    },
  };
}

/** Somebody on the network, kept as text. */
export const hostAndPort: Kind<string> = {
  says: 'host:port or [IPv6]:port',
  parse: text => formatAddress(parseAddress(text)),
  read: value => formatAddress(parseAddress(textOf(value))),
  show: String,
};

/** Uploaded bytes to downloaded ones. */
export const ratio: Kind<number> = {
  says: 'a number from 0',
  parse(text) {
    if (!/^\d{1,9}(\.\d{1,9})?$/.test(text))
      throw new RangeError(`'${text}' is not a ratio, write for example 2.5`);
    return Number(text);
  },
  read(value) {
    const number = numberOf(value);
    if (!(number >= 0 && number < Number.POSITIVE_INFINITY)) throw new RangeError(`${number} is not a ratio`);
    return number;
  },
  show: String,
};

/** Minutes since midnight, local time. */
export const timeOfDay: Kind<number> = {
  says: 'a time of day, such as "23:30"',
  parse: toMinutes,
  read: value => toMinutes(textOf(value)),
  show: minutes => `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`,
};

function toMinutes(text: string): number {
  const match = /^(\d{1,2}):(\d{2})$/.exec(text.trim());
  const [hours, minutes] = [Number(match?.[1]), Number(match?.[2])];
  if (!(hours < 24 && minutes < 60))
    throw new RangeError(`'${text}' is not a time of day, write for example 23:30`);
  return 60 * hours + minutes;
}

/** As text separated by commas in flags and the environment, a list in a file. */
export function many<T>(kind: Kind<T>): Kind<readonly T[]> {
  return {
    says: `a list: each ${kind.says}`,
    isList: true,
    parse: (text, folder) =>
      text
        .split(',')
        .map(part => part.trim())
        .filter(part => part !== '')
        .map(part => kind.parse(part, folder)),
    read(value, place) {
      if (!Array.isArray(value)) throw new RangeError(`${json(value)} is not a list`);
      return value.map(item => kind.read(item, place));
    },
    show: values => values.map(value => kind.show?.(value) ?? `${value}`).join(','),
  };
}

/** As environment and flags say it: `true`, `false`, `yes`, `no`, `on`, `off`, 1, 0. */
export const flag: Kind<boolean> = {
  says: 'true or false',
  isSwitch: true,
  parse(text) {
    const known = FLAGS.get(text.trim().toLowerCase());
    if (known === undefined) throw new RangeError(`'${text}' is neither true nor false`);
    return known;
  },
  read(value: unknown, _place: Place) {
    if (typeof value !== 'boolean') throw new RangeError(`${json(value)} is neither true nor false`);
    return value;
  },
  show: String,
};

const FLAGS = new Map<string, boolean>([
  ...['true', 'yes', 'on', '1'].map(text => [text, true] as const),
  ...['false', 'no', 'off', '0'].map(text => [text, false] as const),
]);

function textOf(value: unknown): string {
  if (typeof value !== 'string') throw new RangeError(`${json(value)} is not text`);
  return value;
}

function numberOf(value: unknown): number {
  if (typeof value !== 'number') throw new RangeError(`${json(value)} is not a number`);
  return value;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
