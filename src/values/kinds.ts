import { parseBytes, parseCount, parseRate, parseShare, parseVirtualDuration } from './parse.js';

/**
 * A kind of value: how a flag and how a scenario file say it. What is wrong with a value is a RangeError; bounds are
 * the simulator's to check.
 */
export interface Kind<T> {
  /** What may be written, for the documentation. */
  readonly says: string;
  /** Of a flag's text. `folder`: where names of files begin. */
  parse(text: string, folder: string): T;
  /** Of a value in a file. */
  read(value: unknown, place: Place): T;
  show?(value: T): string;
  /** A flag of it may stand without a value, and has a negation. */
  readonly isSwitch?: boolean;
  /** A flag of it may be repeated. */
  readonly isList?: boolean;
}

/** Where in a scenario a value stands: `groups[0].arrivals`. */
export interface Place {
  readonly path: string;
  /** The scenario file's. */
  readonly folder: string;
}

export const UNLIMITED = 'unlimited';

/** A number in the base unit, or text with a unit. */
function quantity(
  says: string,
  parse: (text: string) => number,
  show: (value: number) => string,
): Kind<number> {
  return {
    says,
    parse,
    read(value) {
      if (typeof value === 'number') return value;
      if (typeof value === 'string') return parse(value);
      throw new RangeError(`${json(value)} is neither a number nor text: ${says}`);
    },
    show,
  };
}

/** In the largest unit of which it is a whole number, as a command line may say it. */
function exactly(value: number, units: Readonly<Record<string, number>>): string {
  const [unit, factor] = Object.entries(units).find(
    ([, factor]) => value >= factor && value % factor === 0,
  ) ?? ['', 1];
  return `${value / factor}${unit}`;
}

const BINARY = { GiB: 2 ** 30, MiB: 2 ** 20, KiB: 2 ** 10, B: 1 };
export const size = quantity('bytes, or text such as "64MiB"', parseBytes, value => exactly(value, BINARY));

const DECIMAL = { 'GB/s': 1e9, 'MB/s': 1e6, 'KB/s': 1e3, 'B/s': 1 };
export const rate = quantity('bytes a second, or text such as "2MB/s"', parseRate, value =>
  exactly(value, DECIMAL),
);

const TIMES = { d: 86_400_000, h: 3_600_000, min: 60_000, s: 1000, ms: 1 };
const plainTime = quantity('ms, or text such as "10s"', parseVirtualDuration, value => exactly(value, TIMES));
export const time: Kind<number> = {
  ...plainTime,
  read(value, place) {
    // A number is ms in a file, seconds on a command line: between quotes it would be anybody's guess.
    if (typeof value === 'string' && /^[\d.\s]+$/.test(value))
      throw new RangeError(`${json(value)} has no unit: write ${json(`${value.trim()}s`)} for seconds`);
    return plainTime.read(value, place);
  },
};

export const share = quantity('0 to 1, or text such as "20%"', parseShare, value => `${value * 100}%`);

export const count: Kind<number> = {
  says: 'a number',
  parse: text => parseCount(text, 0, Number.MAX_SAFE_INTEGER),
  read: number,
  show: String,
};

/** Peers a second. */
export const frequency: Kind<number> = {
  says: 'a number',
  parse(text) {
    if (!/^\d+(\.\d+)?$/.test(text)) throw new RangeError(`'${text}' is not a number, write for example 2.5`);
    return Number(text);
  },
  read: number,
};

function number(value: unknown): number {
  if (typeof value !== 'number') throw new RangeError(`${json(value)} is not a number`);
  return value;
}

/** One of the kind, or the word, which stands for infinitely many. */
export function orWord(kind: Kind<number>, word: string): Kind<number> {
  return {
    says: `${kind.says}, or "${word}"`,
    parse: (text, folder) => (text === word ? Number.POSITIVE_INFINITY : kind.parse(text, folder)),
    read: (value, place) => (value === word ? Number.POSITIVE_INFINITY : kind.read(value, place)),
    show: value => (value === Number.POSITIVE_INFINITY ? word : (kind.show?.(value) ?? `${value}`)),
  };
}

/** One value for all peers, or several that are dealt out in turn. */
export function list(kind: Kind<number>): Kind<readonly number[]> {
  return {
    says: `${kind.says}; or a list of them, dealt out in turn`,
    parse: (text, folder) => text.split(',').map(part => kind.parse(part, folder)),
    read: (value, { path, folder }) =>
      Array.isArray(value)
        ? value.map((item, i) => at({ path: `${path}[${i}]`, folder }, place => kind.read(item, place)))
        : [kind.read(value, { path, folder })],
    show: values => values.map(value => kind.show?.(value) ?? `${value}`).join(','),
  };
}

export function oneOf<T extends string>(...names: T[]): Kind<T> {
  const find = (text: unknown): T => {
    const found = names.find(name => name === text);
    if (found === undefined) throw new RangeError(`${json(text)} is none of ${names.join(', ')}`);
    return found;
  };
  return { says: names.map(name => `"${name}"`).join(' or '), parse: find, read: find, show: String };
}

export const yes: Kind<boolean> = {
  says: 'true or false',
  parse: text => text === 'true',
  read(value) {
    if (typeof value !== 'boolean') throw new RangeError(`${json(value)} is neither true nor false`);
    return value;
  },
  show: value => (value ? 'yes' : 'no'),
};

export const text: Kind<string> = {
  says: 'text',
  parse: String,
  show: String,
  read(value) {
    if (typeof value !== 'string' || value === '') throw new RangeError(`${json(value)} is not text`);
    return value;
  },
};

/** A value whose message does not say yet where it stands. */
class Misplaced extends RangeError {}

/** Reads, and makes the message of a failure begin with the place, unless it names a deeper one already. */
export function at<T>(place: Place, read: (place: Place) => T): T {
  try {
    return read(place);
  } catch (error) {
    if (!(error instanceof RangeError) || error instanceof Misplaced) throw error;
    throw new Misplaced(`${place.path}: ${error.message}`);
  }
}

/** The fields of an object and no others. What must be there is for the caller to say. */
export function readFields(
  value: unknown,
  place: Place,
  kinds: Readonly<Record<string, Kind<unknown>>>,
): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new RangeError(`${json(value)} is not an object`);
  const fields: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    const path = place.path === '' ? key : `${place.path}.${key}`;
    at({ ...place, path }, inner => {
      if (!Object.hasOwn(kinds, key))
        throw new RangeError(`unknown, must be ${Object.keys(kinds).join(', ')}`);
      fields[key] = kinds[key].read(item, inner);
    });
  }
  return fields;
}

/** A value as the file has it, not all of it when it is long. */
export function json(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
