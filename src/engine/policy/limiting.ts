/**
 * Shares of a torrent's active time, 0 to 1, by what held it back: as a downloader until all that is wanted is here, from
 * then on as an uploader. They add up to exactly 1; before any time has passed all are 0. docs/limits.md says how each is
 * told from the others.
 */
export interface LimitedBy {
  /** Downloading: every peer that has something for us chokes us. Uploading: we choke everybody who is interested. */
  readonly choke: number;
  /** Peers answered as fast as their distance allows, but no more could be asked of them at once. */
  readonly window: number;
  /** The peers: slower than us, without anything that we want, without a wish, or not there at all. */
  readonly remote: number;
  /** A rate limit of ours. */
  readonly localCap: number;
  /** Pieces waited for file calls: writes of a downloader, reads of an uploader. */
  readonly disk: number;
  /** Pieces waited for their hash. */
  readonly hash: number;
  /** The memory budget was used up, and not by pieces that wait for disk or hash. */
  readonly memory: number;
  /** The event loop of this process was busy while there was something to do. */
  readonly cpu: number;
}

export type Cause = keyof LimitedBy;

/** In the order in which `stats()` has them. */
export const CAUSES = [
  'choke',
  'window',
  'remote',
  'localCap',
  'disk',
  'hash',
  'memory',
  'cpu',
] as const satisfies readonly Cause[];

/**
 * What a torrent waits for between two of its turns. `workers` is hash or disk, which only the workers know; `peers` is
 * `remote` with somebody to exchange blocks with, `nobody` without.
 */
export type Wait = 'nobody' | 'choke' | 'localCap' | 'memory' | 'workers' | 'disk' | 'window' | 'peers';

/** Parts of one moment; they add up to 1. */
export type Waits = Readonly<Partial<Record<Wait, number>>>;

/** What was measured since the last time. */
export interface Measured {
  /** Share of the time in which the event loop was busy, jobs left out; and in which it ran jobs of the pool itself. */
  readonly busy: number;
  readonly jobs: number;
  /** Time that hashes and file calls took; only their ratio counts. */
  readonly hashMs: number;
  readonly diskMs: number;
}

/** A faster event loop changes nothing about the others: a rate limit lets no more through, a choke holds. */
const NEEDS_CPU = ['memory', 'workers', 'disk', 'window', 'peers'] as const satisfies readonly Wait[];

/** Shares are multiples of this, so that they can be added up in any order without rounding. */
const UNIT = 2 ** -20;

/**
 * Books a torrent's time. Between two calls of `turn` it waits for what the first one said; `measure`, some times a
 * second, tells how much of that the event loop was busy and what the workers did.
 */
export class LimitLedger {
  readonly #spentMs = noTime();
  /** Not yet measured. */
  readonly #openMs = noTime();
  #cpuMs = 0;
  /** What workers did while the torrent waited for them. */
  #hashMs = 0;
  #diskMs = 0;
  #waits: Waits | undefined;
  #sinceMs = 0;

  /** From now on the torrent waits for this; undefined: it is not active, and time does not count. */
  turn(waits: Waits | undefined, nowMs: number): void {
    this.#close(nowMs);
    this.#waits = waits;
  }

  measure({ busy, jobs, hashMs, diskMs }: Measured, nowMs: number): void {
    this.#close(nowMs);
    const open = this.#openMs;
    const cpu = share(busy);
    const ran = Math.min(share(jobs), 1 - cpu);
    if (open.workers > 0 || ran > 0) {
      this.#hashMs += hashMs;
      this.#diskMs += diskMs;
    }
    for (const wait of NEEDS_CPU) {
      const workMs = open[wait];
      this.#cpuMs += workMs * cpu;
      this.#spentMs.workers += workMs * ran;
      open[wait] = workMs * (1 - cpu - ran);
    }
    for (const wait of WAITS) {
      this.#spentMs[wait] += open[wait];
      open[wait] = 0;
    }
  }

  /** Of the time that was measured. */
  shares(): LimitedBy {
    const { nobody, choke, localCap, memory, workers, disk, window, peers } = this.#spentMs;
    const jobsMs = this.#hashMs + this.#diskMs;
    // No job has come back although one is waited for: a hash is never stuck.
    const hash = jobsMs === 0 ? 0 : workers * (this.#hashMs / jobsMs);
    const spentMs: Record<Cause, number> = {
      choke,
      window,
      remote: nobody + peers,
      localCap,
      disk: disk + (workers - hash),
      hash,
      memory,
      cpu: this.#cpuMs,
    };
    return toShares(spentMs);
  }

  #close(nowMs: number): void {
    const passedMs = nowMs - this.#sinceMs;
    if (!(passedMs > 0)) return;
    this.#sinceMs = nowMs;
    if (this.#waits === undefined) return;
    for (const wait of WAITS) this.#openMs[wait] += passedMs * (this.#waits[wait] ?? 0);
  }
}

const WAITS = ['nobody', 'choke', 'localCap', ...NEEDS_CPU] as const satisfies readonly Wait[];

function noTime(): Record<Wait, number> {
  return { nobody: 0, choke: 0, localCap: 0, memory: 0, workers: 0, disk: 0, window: 0, peers: 0 };
}

function share(value: number): number {
  return Math.min(1, Math.max(0, value));
}

/** Whole units, rounded down; the largest takes the rest. */
function toShares(spentMs: Record<Cause, number>): LimitedBy {
  const shares = { ...spentMs };
  const totalMs = CAUSES.reduce((sum, cause) => sum + spentMs[cause], 0);
  if (totalMs === 0) return shares;
  let rest = 1;
  for (const cause of CAUSES) {
    shares[cause] = Math.floor(spentMs[cause] / totalMs / UNIT) * UNIT;
    rest -= shares[cause];
  }
  const largest = CAUSES.reduce((a, b) => (spentMs[b] > spentMs[a] ? b : a));
  shares[largest] += rest;
  return shares;
}
