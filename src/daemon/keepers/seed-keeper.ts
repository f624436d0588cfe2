import type { LiveSettings } from '../config/live-settings.js';
import type { Settings } from '../config/settings.js';
import { mergeLimits, reachedLimits, type SeedLimits } from '../rules/seed-limits.js';
import type { Catalog } from '../torrents/catalog.js';
import type { Entry } from '../torrents/entry.js';
import type { LimitMode } from '../torrents/record.js';
import type { Phases } from './phases.js';

/** A seed ends so long after its limit at the latest. */
const LOOK_MS = 5_000;

export interface SeedKeeperOptions {
  readonly catalog: Catalog;
  readonly settings: LiveSettings;
  readonly phases: Phases;
  readonly nowMs: () => number;
  readonly onReached: (entry: Entry, limits: readonly string[], action: Settings['seed-action']) => void;
}

/** Ends seeds that have done their part. */
export class SeedKeeper {
  readonly #timer: NodeJS.Timeout;
  readonly #startedMs: number;

  constructor(readonly options: SeedKeeperOptions) {
    this.#startedMs = options.nowMs();
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    for (const entry of [...this.options.catalog.all()]) this.#lookAt(entry);
  }

  /** What holds for a torrent: its own word, then that of its first label that has one, then the settings. */
  limitsOf({ record }: Entry): SeedLimits {
    const { settings } = this.options;
    return mergeLimits(
      { ratio: own(record.seedRatio), idle: own(record.seedIdle), time: own(record.seedTime) },
      ...record.labels.map(label => {
        const said = settings.labels.get(label);
        return {
          ratio: said?.['seed-ratio'],
          time: said?.['seed-time'],
          idle: said?.['seed-idle'],
          need: said?.['seed-limits'],
        };
      }),
      {
        ratio: settings.get('seed-ratio'),
        time: settings.get('seed-time'),
        idle: settings.get('seed-idle'),
        need: settings.get('seed-limits'),
      },
    );
  }

  #lookAt(entry: Entry): void {
    const { torrent, record } = entry;
    if (torrent?.state !== 'seeding') return;
    const limits = this.limitsOf(entry);
    if (limits.ratio === undefined && limits.time === undefined && limits.idle === undefined) return;
    const { everDownloaded, everUploaded, wanted } = torrent.light();
    if (wanted === 0) return; // its user is still choosing among its files
    const { phases, nowMs, onReached, settings } = this.options;
    const seedingMs = phases.seconds(record).seeding * 1000;
    // before it moved anything it has been idle for as long as it seeds in this run
    const sinceMs = Math.max(entry.movedMs, this.#startedMs, nowMs() - seedingMs);
    const reached = reachedLimits(limits, {
      uploadedBytes: everUploaded,
      downloadedBytes: everDownloaded,
      wantedBytes: wanted,
      seedingMs,
      idleMs: nowMs() - sinceMs,
    });
    if (reached === undefined) return;
    const ofLabel = record.labels
      .map(label => settings.labels.get(label)?.['seed-action'])
      .find(action => action !== undefined);
    onReached(entry, reached, ofLabel ?? settings.get('seed-action'));
  }
}

/** Undefined asks on, null is no limit. */
function own({ mode, value }: { mode: LimitMode; value: number }): number | null | undefined {
  if (mode === 'session') return undefined;
  return mode === 'none' ? null : value;
}
