/** A torrent that wants to run, as the queue sees it. */
export interface Queued {
  readonly key: string;
  readonly kind: 'download' | 'seed';
  /** It has moved nothing for as long as the settings say: it holds no place. */
  readonly stalled: boolean;
  /** The user has started it past the queue. */
  readonly forced: boolean;
}

export interface QueueSizes {
  /** Undefined: everybody runs. */
  readonly downloads: number | undefined;
  readonly seeds: number | undefined;
}

/** Who runs, in the order of the queue: the first ones that there are places for, and those that take none. */
export function whoRuns(inOrder: readonly Queued[], { downloads, seeds }: QueueSizes): Set<string> {
  const places = { download: downloads ?? Number.POSITIVE_INFINITY, seed: seeds ?? Number.POSITIVE_INFINITY };
  const running = new Set<string>();
  for (const { key, kind, stalled, forced } of inOrder) {
    if (!forced && places[kind] <= 0) continue;
    running.add(key);
    if (!forced && !stalled) places[kind]--;
  }
  return running;
}
