import { checkDeparture } from '../policy/departure.js';
import { failOption, resolveLimits } from './option-values.js';
import type { AddOptions } from './types.js';

type Check = (value: unknown, name: string, fileCount: number) => void;

const isWhole = (value: unknown, min: number, max: number): boolean =>
  Number.isInteger(value) && (value as number) >= min && (value as number) <= max;

const oneOf =
  (...values: string[]): Check =>
  (value, name) => {
    if (!values.includes(value as string)) failOption(name, value, values.join(', '));
  };

const flag: Check = (value, name) => {
  if (typeof value !== 'boolean') failOption(name, value, 'true or false');
};

const indices: Check = (value, name, fileCount) => {
  const bounds = `a list of indices of files, 0 to ${fileCount - 1}`;
  if (!Array.isArray(value) || !value.every(index => isWhole(index, 0, fileCount - 1)))
    failOption(name, value, bounds);
};

/** An option that is left out needs no check. */
const CHECKS: Readonly<Record<keyof AddOptions, Check>> = {
  dir: (value, name) => {
    if (typeof value !== 'string' || value === '') failOption(name, value, 'a path');
  },
  peers: (value, name) => {
    const fits = (peer: { host?: unknown; port?: unknown } | null) =>
      typeof peer?.host === 'string' && isWhole(peer.port, 1, 65535);
    if (!Array.isArray(value) || !value.every(fits))
      failOption(name, value, 'a list of { host, port 1 to 65535 }');
  },
  trackers: (value, name) => {
    const isTier = (tier: unknown) => Array.isArray(tier) && tier.every(url => typeof url === 'string');
    if (!Array.isArray(value) || !value.every(isTier))
      failOption(name, value, 'a list of tiers, each a list of URLs');
  },
  paused: flag,
  select: indices,
  priorities: (value, name, fileCount) => {
    const { skip = [], low = [], high = [], ...others } = (value ?? {}) as Record<string, unknown>;
    if (value === null || typeof value !== 'object' || Object.keys(others).length > 0)
      failOption(name, value, '{ skip, low, high }, lists of indices of files');
    indices(skip, `${name}.skip`, fileCount);
    indices(low, `${name}.low`, fileCount);
    indices(high, `${name}.high`, fileCount);
  },
  sequential: flag,
  limits: value => void resolveLimits(value),
  ownLimitsOnly: flag,
  group: (value, name) => {
    if (typeof value !== 'string' || value === '') failOption(name, value, 'a name');
  },
  maxPeers: (value, name) => {
    if (!isWhole(value, 1, 10_000)) failOption(name, value, 'a whole number from 1 to 10000');
  },
  slots: (value, name) => {
    if (!isWhole(value, 1, 1000)) failOption(name, value, 'a whole number from 1 to 1000');
  },
  superSeeding: (value, name) => {
    if (value !== 'auto' && typeof value !== 'boolean') failOption(name, value, 'auto, true or false');
  },
  onComplete: (value, name) => {
    const { kind } = (value ?? {}) as { kind?: unknown };
    if (kind !== 'stay' && kind !== 'leave' && kind !== 'linger')
      failOption(name, value, 'an object whose kind is stay, leave or linger');
    checkDeparture(value as NonNullable<AddOptions['onComplete']>);
  },
  preallocate: oneOf('sparse', 'full'),
  renames: (value, name) => {
    const isRename = (item: { path?: unknown; name?: unknown } | null) =>
      typeof item?.path === 'string' && typeof item.name === 'string';
    if (!Array.isArray(value) || !value.every(isRename)) failOption(name, value, 'a list of { path, name }');
  },
  check: oneOf('auto', 'full', 'seed'),
  storage: oneOf('file', 'memory'),
  signal: (value, name) => {
    if (!(value instanceof AbortSignal)) failOption(name, value, 'an AbortSignal');
  },
};

/** @throws MillraceError ERR_OPTION naming the option, its value and its bounds */
export function checkAddOptions(options: AddOptions, fileCount: number): void {
  for (const [name, value] of Object.entries(options)) {
    const check: Check | undefined = Object.hasOwn(CHECKS, name)
      ? CHECKS[name as keyof AddOptions]
      : undefined;
    if (check === undefined) failOption(name, value, 'left out: there is no such option');
    else if (value !== undefined) check(value, name, fileCount);
  }
}
