/** How names are spelled: inside `download_dir`, in the legacy dialect `download-dir` or `downloadDir`. */
export type Dialect = 'legacy' | 'json-rpc';

const snakes = new Map<string, string>();
/** Names come from clients: more than there are in the protocol, several times spelled, are not remembered. */
const MAX_REMEMBERED = 2000;

/** Any spelling in, ours out: clients mix them, and even the protocol does. */
export function toSnake(name: string): string {
  const known = snakes.get(name);
  if (known !== undefined) return known;
  const snake = name
    .replaceAll('-', '_')
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .toLowerCase();
  if (snakes.size < MAX_REMEMBERED) snakes.set(name, snake);
  return snake;
}

export function toKebab(snake: string): string {
  return snake.replaceAll('_', '-');
}

export function toCamel(snake: string): string {
  return snake.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** Keys of an object, and of those in it, by their spelling. */
export type Speller = (key: string, depth: number) => string;

export function respell(value: unknown, speller: Speller, depth = 0): unknown {
  if (Array.isArray(value)) return value.map(item => respell(item, speller, depth));
  if (typeof value !== 'object' || value === null) return value;
  const spelled: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value))
    spelled[speller(key, depth)] = respell(item, speller, depth + 1);
  return spelled;
}

const SESSION_CAMEL = new Set(['seed_ratio_limit', 'seed_ratio_limited']);

/** Of answers in the legacy dialect, by our names of methods; all others are as `torrent_get`. */
const LEGACY: Readonly<Record<string, Speller>> = {
  session_get: key => (SESSION_CAMEL.has(key) ? toCamel(key) : toKebab(key)),
  session_stats: (key, depth) => (depth === 0 && key.endsWith('_stats') ? toKebab(key) : toCamel(key)),
  torrent_add: (key, depth) => (depth === 0 ? toKebab(key) : toCamel(key)),
  // sic: one of its keys is spelled the new way in both
  free_space: key => (key === 'total_size' ? key : toKebab(key)),
  port_test: toKebab,
  blocklist_update: toKebab,
  group_get: key =>
    key.startsWith('speed_limit') || key === 'honors_session_limits' ? groupKey(key) : toCamel(key),
};

function groupKey(key: string): string {
  return key === 'honors_session_limits' ? toCamel(key) : toKebab(key);
}

export function spellerOf(method: string, dialect: Dialect): Speller {
  if (dialect === 'json-rpc') return key => key;
  return LEGACY[method] ?? toCamel;
}
