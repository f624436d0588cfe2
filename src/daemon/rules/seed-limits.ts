/** What a seed must have reached. Undefined: nobody asks. */
export interface SeedLimits {
  readonly ratio: number | undefined;
  /** Milliseconds as a seed, and as one that nobody took anything from. */
  readonly time: number | undefined;
  readonly idle: number | undefined;
  readonly need: 'any' | 'all';
}

export interface SeedState {
  /** Over all runs of the daemon. */
  readonly uploadedBytes: number;
  /** What is wanted of the torrent: a ratio counts from it when the data was here before. */
  readonly wantedBytes: number;
  readonly downloadedBytes: number;
  readonly seedingMs: number;
  readonly idleMs: number;
}

export function seedRatio({ uploadedBytes, downloadedBytes, wantedBytes }: SeedState): number {
  const bytes = downloadedBytes > 0 ? downloadedBytes : wantedBytes;
  return bytes > 0 ? uploadedBytes / bytes : Number.POSITIVE_INFINITY;
}

/** The limits that are reached, by name, when that is enough to end; undefined while it goes on. */
export function reachedLimits(limits: SeedLimits, state: SeedState): string[] | undefined {
  const asked: [string, boolean][] = [];
  if (limits.ratio !== undefined) asked.push(['ratio', seedRatio(state) >= limits.ratio]);
  if (limits.time !== undefined) asked.push(['time', state.seedingMs >= limits.time]);
  if (limits.idle !== undefined) asked.push(['idle', state.idleMs >= limits.idle]);
  const reached = asked.filter(([, yes]) => yes).map(([name]) => name);
  const enough =
    limits.need === 'any' ? reached.length > 0 : asked.length > 0 && reached.length === asked.length;
  return enough ? reached : undefined;
}

/** What a torrent says stands before what its label says, and that before the session. `null` says: no limit here. */
export function mergeLimits(...strongestFirst: readonly Partial<Nullable<SeedLimits>>[]): SeedLimits {
  const pick = <K extends keyof SeedLimits>(key: K): SeedLimits[K] | null | undefined =>
    strongestFirst.map(limits => limits[key]).find(value => value !== undefined) as
      | SeedLimits[K]
      | null
      | undefined;
  return {
    ratio: pick('ratio') ?? undefined,
    time: pick('time') ?? undefined,
    idle: pick('idle') ?? undefined,
    need: pick('need') ?? 'any',
  };
}

type Nullable<T> = { readonly [K in keyof T]: T[K] | null };
