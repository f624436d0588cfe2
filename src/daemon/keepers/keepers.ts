import type { LogSink, Session } from '../../index.js';
import type { Occasions } from '../automation/occasions.js';
import type { LiveSettings } from '../config/live-settings.js';
import type { State } from '../state/state.js';
import { Adding } from '../torrents/adding.js';
import type { Entry } from '../torrents/entry.js';
import { Following } from '../torrents/following.js';
import { Moving } from '../torrents/moving.js';
import { Opening } from '../torrents/opening.js';
import { Removing } from '../torrents/removing.js';
import { Seeking } from '../torrents/seeking.js';
import { Activity } from './activity.js';
import { Phases } from './phases.js';
import { Runner } from './runner.js';
import { SeedKeeper } from './seed-keeper.js';
import { SpeedKeeper } from './speed-keeper.js';

export interface KeepersOptions {
  readonly session: Session;
  readonly settings: LiveSettings;
  readonly state: State;
  readonly occasions: Occasions;
  readonly log: LogSink;
  readonly nowMs: () => number;
  readonly nowSeconds: () => number;
}

/** What takes torrents in, looks after them, and lets go of them: made and joined here, each does one thing. */
export class Keepers {
  readonly phases: Phases;
  readonly runner: Runner;
  readonly activity: Activity;
  readonly seeds: SeedKeeper;
  readonly speed: SpeedKeeper;
  readonly opening: Opening;
  readonly following: Following;
  readonly adding: Adding;
  readonly seeking: Seeking;
  readonly removing: Removing;
  readonly moving: Moving;
  readonly #options: KeepersOptions;

  constructor(options: KeepersOptions) {
    this.#options = options;
    const { session, settings, state, occasions, log, nowMs, nowSeconds } = options;
    const { catalog, folder, clock, totals, kept } = state;
    const report = (err: unknown, { infoHash }: Entry) =>
      log.error({ err, torrent: infoHash }, messageOf(err));
    this.phases = new Phases(catalog, clock);
    const onSwitch = (entry: Entry) => this.phases.update(entry);
    const seek = (entry: Entry, run: boolean) => {
      if (run) this.seeking.start(entry);
      else void this.seeking.stop(entry);
    };
    this.runner = new Runner({ catalog, settings, nowMs, onSwitch, seek });
    this.activity = new Activity({ catalog, nowMs, nowSeconds });
    this.moving = new Moving({ catalog, report, onChange: entry => this.runner.changed(entry) });
    this.opening = new Opening({
      session,
      settings,
      catalog,
      folder,
      onChange: entry => this.#changed(entry),
      onUnfinishedMove: (entry, dir) => void this.moving.move(entry, dir, 'move').catch(() => {}),
      onDone: entry => void this.#done(entry),
    });
    this.seeking = new Seeking({
      ...{ session, catalog, folder, settings, opening: this.opening },
      onChange: entry => this.#changed(entry),
    });
    this.removing = new Removing({
      session,
      catalog,
      folder,
      opening: this.opening,
      seeking: this.seeking,
      report,
      onRemoved: entry => {
        totals.removed(entry);
        this.activity.forget(entry);
        this.runner.gone();
      },
    });
    this.following = new Following({ session, settings });
    this.adding = new Adding({
      catalog,
      folder,
      settings,
      opening: this.opening,
      removing: this.removing,
      nowSeconds,
      follow: pointer => this.following.follow(pointer),
      admit: entry => this.runner.admit([entry]),
      onAdded: entry => {
        this.runner.changed(entry);
        occasions.tell('added', entry);
      },
    });
    this.seeds = new SeedKeeper({
      catalog,
      settings,
      phases: this.phases,
      nowMs,
      onReached: (entry, limits, action) => void this.#reached(entry, limits, action),
    });
    this.speed = new SpeedKeeper({
      session,
      settings,
      now: () => new Date(),
      alternative: kept.flag('alternative'),
      onSwitch: on => kept.setFlag('alternative', on),
    });
  }

  get forClients() {
    const { adding, removing, moving, runner, phases, seeds, speed, opening } = this;
    return {
      ...{ adding, removing, moving, runner, phases, seeds, speed },
      reopen: (entry: Entry) => opening.open(entry),
    };
  }

  async close(): Promise<void> {
    for (const keeper of [this.runner, this.activity, this.seeds, this.speed]) keeper.close();
    await Promise.all([this.moving.close(), this.seeking.close()]);
  }

  #changed(entry: Entry): void {
    this.phases.update(entry);
    this.runner.changed(entry);
  }

  /** It goes where it is to be, then others are told. */
  async #done(entry: Entry): Promise<void> {
    const { state, occasions, nowSeconds, log } = this.#options;
    const { record } = entry;
    state.catalog.edit(entry, { doneAt: nowSeconds() });
    log.info({ torrent: entry.infoHash, name: record.name }, 'a torrent is complete');
    try {
      if (record.incompleteDir !== undefined) await this.moving.moveHome(entry);
    } catch {
      return; // it is in the log, the torrent stays where it is, and the next run tries again
    }
    occasions.tell('done', entry);
  }

  async #reached(
    entry: Entry,
    limits: readonly string[],
    action: 'stop' | 'remove' | 'remove-data',
  ): Promise<void> {
    const { state, occasions, log } = this.#options;
    log.info({ torrent: entry.infoHash, limits, action }, 'a seed has reached its limits');
    state.catalog.edit(entry, { running: false, forced: false, finished: true });
    this.runner.changed(entry);
    this.phases.update(entry);
    occasions.tell('done-seeding', entry);
    try {
      if (action !== 'stop') await this.removing.remove([entry], action === 'remove-data');
    } catch (err) {
      log.error({ err, torrent: entry.infoHash }, messageOf(err));
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
