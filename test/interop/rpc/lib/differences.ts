/**
 * Values that depend on the time, the machine or a port: only their types are compared. Everything else must be equal,
 * since both daemons are asked the same things about the same torrents.
 */
const VOLATILE = new Set([
  ...['activityDate', 'addedDate', 'doneDate', 'editDate', 'startDate', 'etaIdle', 'manualAnnounceTime'],
  ...['lastAnnounceStartTime', 'lastAnnounceTime', 'nextAnnounceTime'],
  ...['lastScrapeStartTime', 'lastScrapeTime', 'nextScrapeTime'],
  ...['secondsActive', 'secondsDownloading', 'secondsSeeding'],
  ...['config-dir', 'download-dir-free-space', 'peer-port', 'session-id', 'version'],
  ...['size-bytes', 'total_size', 'torrentFile'],
]);

/** Where `found` is not as `wanted`, one line each; places in arrays are not told apart. */
export function differences(wanted: unknown, found: unknown): readonly string[] {
  const lines = new Set<string>();
  compare('', wanted, found, lines);
  return [...lines].sort();
}

/** Names of all values in it and their types. */
export function shape(value: unknown, path = ''): readonly string[] {
  const below: [string, unknown][] =
    typeof value !== 'object' || value === null
      ? []
      : Object.entries(value).map(([key, item]) => [Array.isArray(value) ? '[]' : `.${key}`, item]);
  const lines = [`${path}: ${typeName(value)}`, ...below.flatMap(([key, item]) => shape(item, path + key))];
  return [...new Set(lines)].sort();
}

function compare(path: string, wanted: unknown, found: unknown, lines: Set<string>): void {
  const [type, other] = [typeName(wanted), typeName(found)];
  if (type !== other) {
    lines.add(`${path}: ${other}, not ${type}`);
  } else if (Array.isArray(wanted) && Array.isArray(found)) {
    compareArrays(path, wanted, found, lines);
  } else if (type === 'object') {
    compareObjects(path, wanted as Keyed, found as Keyed, lines);
  } else if (wanted !== found && !VOLATILE.has(lastKey(path))) {
    lines.add(`${path}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
  }
}

type Keyed = Readonly<Record<string, unknown>>;

function compareArrays(path: string, wanted: unknown[], found: unknown[], lines: Set<string>): void {
  if (wanted.length !== found.length)
    lines.add(`${path}: ${count(found)}, not ${wanted.length === 0 ? 'none' : wanted.length}`);
  const [first, second] = [byId(wanted), byId(found)];
  for (let at = 0; at < Math.min(first.length, second.length); at++)
    compare(`${path}[]`, first[at], second[at], lines);
}

function compareObjects(path: string, wanted: Keyed, found: Keyed, lines: Set<string>): void {
  const below = (key: string) => (path === '' ? key : `${path}.${key}`);
  for (const key of Object.keys(wanted))
    if (key in found) compare(below(key), wanted[key], found[key], lines);
    else lines.add(`${below(key)}: absent`);
  for (const key of Object.keys(found))
    if (!(key in wanted)) lines.add(`${below(key)}: more, ${typeName(found[key])}`);
}

/** Nothing says in which order torrents are told. */
function byId(items: unknown[]): unknown[] {
  const isNumbered = items.every(item => typeName(item) === 'object' && 'id' in (item as object));
  if (!isNumbered) return items;
  return items.toSorted((a, b) => Number((a as { id: number }).id) - Number((b as { id: number }).id));
}

function count(items: unknown[]): string {
  return items.length === 0 ? 'none' : String(items.length);
}

function lastKey(path: string): string {
  return path.replaceAll('[]', '').split('.').pop() ?? '';
}

export function typeName(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
