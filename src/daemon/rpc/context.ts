import type { Session } from '../../index.js';
import type { LiveSettings } from '../config/live-settings.js';
import type { Phases } from '../keepers/phases.js';
import type { Runner } from '../keepers/runner.js';
import type { SeedKeeper } from '../keepers/seed-keeper.js';
import type { SpeedKeeper } from '../keepers/speed-keeper.js';
import type { Totals } from '../state/totals.js';
import type { ActiveClock } from '../torrents/active-clock.js';
import type { Adding } from '../torrents/adding.js';
import type { Catalog } from '../torrents/catalog.js';
import type { Entry } from '../torrents/entry.js';
import type { Moving } from '../torrents/moving.js';
import type { Removing } from '../torrents/removing.js';
import type { Roots } from '../torrents/roots.js';
import type { TorrentFolder } from '../torrents/torrent-folder.js';

/** What clients may reach of the daemon. */
export interface RpcContext {
  readonly session: Session;
  readonly catalog: Catalog;
  readonly settings: LiveSettings;
  readonly folder: TorrentFolder;
  readonly adding: Adding;
  readonly removing: Removing;
  readonly moving: Moving;
  readonly runner: Runner;
  readonly phases: Phases;
  readonly seeds: SeedKeeper;
  readonly speed: SpeedKeeper;
  readonly totals: Totals;
  readonly clock: ActiveClock;
  readonly roots: Roots;
  readonly groups: Groups;
  readonly blocklist: { readonly size: number; update(url?: string): Promise<number> };
  /** What the session id of the endpoint is. */
  readonly sessionId: () => string;
  readonly stateDir: string;
  /** Numbers that clients see beside a limit that is off. */
  readonly dormant: Dormant;
  readonly nowSeconds: () => number;
  readonly nowMs: () => number;
  /** Whether peers can reach the listening port, as far as can be told. */
  readonly fetchTorrent: (url: string, cookies: string | undefined) => Promise<Uint8Array>;
  /** Tries again to give it to the engine. */
  readonly reopen: (entry: Entry) => Promise<void>;
  readonly close: () => void;
}

/** Torrents that share rates, by name. */
export interface Groups {
  list(): readonly Group[];
  set(group: Group): void;
}

/** Bytes a second. */
export interface Group {
  readonly name: string;
  readonly down: { readonly on: boolean; readonly value: number };
  readonly up: { readonly on: boolean; readonly value: number };
  readonly honorsSessionLimits: boolean;
}

/** What clients have set for something that is off now. */
export interface Dormant {
  get(name: string, fallback: number): number;
  set(name: string, value: number): void;
  getText(name: string): string | undefined;
  setText(name: string, value: string): void;
}
