import type { Kind, Place } from '../../values/kinds.js';
import type { Document } from './document.js';
import {
  LABEL_SETTINGS,
  type LabelSettings,
  SETTING_KEYS,
  SETTINGS,
  type SettingKey,
  type Settings,
} from './settings.js';

/** What is wrong with one value. */
export interface Mistake {
  /** `millrace.toml:12`, `MILLRACE_RPC_PORT`, `--rpc-port`. */
  readonly where: string;
  readonly key: string;
  readonly message: string;
}

export type Origin = 'default' | 'file' | 'environment' | 'flag';

export interface Configuration {
  readonly settings: Settings;
  /** By name, in the order of the file. */
  readonly labels: ReadonlyMap<string, LabelSettings>;
  /** Who had the last word on each. */
  readonly origins: Readonly<Record<SettingKey, Origin>>;
  /** Empty when all is well; what is wrong has kept the value of the layer below. */
  readonly mistakes: readonly Mistake[];
}

/** What a user has said, from the weakest word to the strongest. */
export interface Layers {
  readonly file?: { readonly name: string; readonly folder: string; readonly document: Document };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Text by key. */
  readonly flags: Readonly<Partial<Record<SettingKey, string>>>;
  /** Where relative paths of flags and the environment begin. */
  readonly folder: string;
}

const ENV_PREFIX = 'MILLRACE_';
/** Variables that are not settings. */
const OTHER_VARIABLES = new Set(['MILLRACE_KERNELS', 'MILLRACE_LOG', 'MILLRACE_CONFIG']);

export function variableOf(key: SettingKey): string {
  return ENV_PREFIX + key.toUpperCase().replaceAll('-', '_');
}

/** Flags before environment before file before defaults. Everything that is wrong is told, not the first thing alone. */
export function resolveLayers({ file, env, flags, folder }: Layers): Configuration {
  const values: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  const mistakes: Mistake[] = [];
  const labels = new Map<string, Record<string, unknown>>();
  for (const key of SETTING_KEYS) origins[key] = 'default';
  const take = (
    key: SettingKey,
    origin: Origin,
    where: (key: string) => string,
    read: (kind: Kind<unknown>) => unknown,
  ): void => {
    try {
      values[key] = read(SETTINGS[key].kind as Kind<unknown>);
      origins[key] = origin;
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      mistakes.push({ where: where(key), key, message: error.message });
    }
  };
  if (file !== undefined) {
    const where = (key: string) => `${file.name}:${file.document.lineOf(key)}`;
    for (const [key, value] of file.document.values) {
      const place: Place = { path: key, folder: file.folder };
      const label = labelKey(key);
      if (isKey(key)) take(key, 'file', where, kind => kind.read(value, place));
      else if (label !== undefined) {
        try {
          const kind = LABEL_SETTINGS[label.key].kind as Kind<unknown>;
          labels.set(label.name, { ...labels.get(label.name), [label.key]: kind.read(value, place) });
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          mistakes.push({ where: where(key), key, message: error.message });
        }
      } else mistakes.push({ where: where(key), key, message: `unknown${suggestion(key)}` });
    }
  }
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(ENV_PREFIX) || OTHER_VARIABLES.has(name) || text === undefined) continue;
    const key = name.slice(ENV_PREFIX.length).toLowerCase().replaceAll('_', '-');
    if (isKey(key))
      take(
        key,
        'environment',
        () => name,
        kind => kind.parse(text, folder),
      );
    else mistakes.push({ where: name, key, message: `unknown${suggestion(key)}` });
  }
  for (const [key, text] of Object.entries(flags) as [SettingKey, string][])
    take(
      key,
      'flag',
      () => `--${key}`,
      kind => kind.parse(text, folder),
    );
  // last: a default may not be had where the user has said something else
  for (const key of SETTING_KEYS) {
    if (key in values) continue;
    try {
      values[key] = defaultOf(key, folder);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      mistakes.push({ where: 'default', key, message: error.message });
    }
  }
  return {
    settings: values as unknown as Settings,
    labels,
    origins: origins as Configuration['origins'],
    mistakes,
  };
}

/** `labels.films.dir`; a name may have dots itself. */
function labelKey(path: string): { name: string; key: keyof LabelSettings } | undefined {
  const match = /^labels\.(.+)\.([a-z-]+)$/.exec(path);
  if (match === null || !Object.hasOwn(LABEL_SETTINGS, match[2])) return undefined;
  return { name: match[1], key: match[2] as keyof LabelSettings };
}

function defaultOf(key: SettingKey, folder: string): unknown {
  const { fallback, kind } = SETTINGS[key] as { fallback: unknown; kind: Kind<unknown> };
  // paths are written with ~
  return typeof fallback === 'string' && fallback.startsWith('~') ? kind.parse(fallback, folder) : fallback;
}

function isKey(key: string): key is SettingKey {
  return Object.hasOwn(SETTINGS, key);
}

/** A key that differs by a slip or two. */
function suggestion(key: string): string {
  const near = SETTING_KEYS.map(known => ({ known, slips: distance(key, known) }))
    .filter(({ slips }) => slips <= 2)
    .sort((a, b) => a.slips - b.slips)[0];
  return near === undefined ? '' : `, did you mean ${near.known}?`;
}

/** Letters to insert, remove or change (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(next[j - 1] + 1, row[j] + 1, row[j - 1] + Number(a[i - 1] !== b[j - 1]));
    row = next;
  }
  return row[b.length];
}
