import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Arrivals, PeerGroup } from '../../sim/index.js';
import { frequency, type Kind, list, readFields, text, time } from '../../values/kinds.js';

/** How peers come and go: values with a `kind` of their own. */

type Departure = NonNullable<PeerGroup['departure']>;

const ratio: Kind<number> = frequency;

/** A time in seconds on each line. */
const trace: Kind<readonly number[]> = {
  says: 'a file with a time in seconds on each line',
  parse: (name, folder) => readTrace(name, folder),
  read: (value, place) => readTrace(text.read(value, place), place.folder),
};

function readTrace(name: string, folder: string): number[] {
  return readFileSync(resolve(folder, name), 'utf8')
    .split('\n')
    .map((line, i) => ({ line: line.trim(), number: i + 1 }))
    .filter(({ line }) => line !== '')
    .map(({ line, number }) => {
      if (!/^\d+(\.\d+)?$/.test(line))
        throw new RangeError(`${name}, line ${number}: ${JSON.stringify(line)} is not a time in seconds`);
      return Number(line) * 1000;
    });
}

/** Reads `{"kind": ...}` with the fields that this kind has; `needs` are those without which it says nothing. */
function readKind(
  value: unknown,
  place: Parameters<Kind<unknown>['read']>[1],
  kinds: Readonly<Record<string, Readonly<Record<string, Kind<unknown>>>>>,
): Record<string, unknown> {
  const { kind } = (value ?? {}) as { kind?: unknown };
  if (typeof kind !== 'string' || !Object.hasOwn(kinds, kind))
    throw new RangeError(`needs a "kind", one of ${Object.keys(kinds).join(', ')}`);
  return readFields(value, place, { kind: text, ...kinds[kind] });
}

export const arrivals: Kind<Arrivals> = {
  says: '{"kind": "flash"} or {"kind": "poisson", "perSecond": 2} or {"kind": "trace", "file": "arrivals.txt"}',
  parse(given, folder) {
    if (given === 'flash') return { kind: 'flash' };
    const [, perSecond] = /^poisson:(.*)$/.exec(given) ?? [];
    if (perSecond !== undefined) return { kind: 'poisson', perSecond: frequency.parse(perSecond, folder) };
    try {
      return { kind: 'trace', atMs: trace.parse(given, folder) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new RangeError(`'${given}' is neither flash nor poisson:RATE nor a file`);
    }
  },
  read(value, place) {
    const fields = readKind(value, place, {
      flash: {},
      poisson: { perSecond: frequency },
      trace: { file: trace, atMs: list(time) },
    });
    if (fields.kind === 'flash') return { kind: 'flash' };
    if (fields.kind === 'poisson') {
      if (fields.perSecond === undefined) throw new RangeError('poisson needs "perSecond"');
      return { kind: 'poisson', perSecond: fields.perSecond as number };
    }
    if ((fields.file === undefined) === (fields.atMs === undefined))
      throw new RangeError('trace needs "file" or "atMs", one of them');
    return { kind: 'trace', atMs: (fields.file ?? fields.atMs) as readonly number[] };
  },
  show: ({ kind }) => kind,
};

export const departure: Kind<Departure> = {
  says: '{"kind": "stay"} or {"kind": "leave"} or {"kind": "linger", "forMs": "60s", "ratio": 1}',
  parse(given, folder) {
    if (given === 'stay' || given === 'leave') return { kind: given };
    const [, what, limit] = /^(linger|ratio):(.*)$/.exec(given) ?? [];
    if (what === 'linger') return { kind: 'linger', forMs: time.parse(limit, folder) };
    if (what === 'ratio') return { kind: 'linger', ratio: ratio.parse(limit, folder) };
    throw new RangeError(`'${given}' is none of stay, leave, linger:TIME, ratio:R`);
  },
  read: (value, place) =>
    readKind(value, place, { stay: {}, leave: {}, linger: { forMs: time, ratio } }) as Departure,
  show: ({ kind }) => kind,
};
