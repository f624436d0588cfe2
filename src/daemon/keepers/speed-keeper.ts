import type { Session } from '../../index.js';
import type { LiveSettings } from '../config/live-settings.js';
import { isScheduled, type Schedule } from '../rules/schedule.js';

/** The clock on the wall is looked at so often: it may also be set, and summer time comes. */
const LOOK_MS = 15_000;
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

export interface SpeedKeeperOptions {
  readonly session: Pick<Session, 'setLimits'>;
  readonly settings: LiveSettings;
  readonly now: () => Date;
  /** The other limits were on when the daemon ended, by hand. */
  readonly alternative: boolean;
  readonly onSwitch: (alternative: boolean) => void;
}

/** The rates of the session: the ordinary ones or the others, as the schedule says, or somebody between its times. */
export class SpeedKeeper {
  readonly #timer: NodeJS.Timeout;
  #alternative: boolean;
  #scheduled: boolean | undefined;

  constructor(readonly options: SpeedKeeperOptions) {
    this.#alternative = options.alternative;
    this.#timer = setInterval(() => this.look(), LOOK_MS).unref();
    options.settings.watch(['alt-schedule', 'alt-begin', 'alt-end', 'alt-days'], () => this.look());
    options.settings.watch(['up', 'down', 'alt-up', 'alt-down'], () => this.#apply());
    this.look();
    this.#apply();
  }

  get alternative(): boolean {
    return this.#alternative;
  }

  /** By hand; it holds until the schedule next begins or ends. */
  set(alternative: boolean): void {
    if (alternative === this.#alternative) return;
    this.#alternative = alternative;
    this.#apply();
    this.options.onSwitch(alternative);
  }

  close(): void {
    clearInterval(this.#timer);
  }

  look(): void {
    const { settings, now } = this.options;
    const scheduled = settings.get('alt-schedule') ? isScheduled(this.#schedule(), now()) : undefined;
    if (scheduled === this.#scheduled) return;
    this.#scheduled = scheduled;
    if (scheduled !== undefined) this.set(scheduled);
  }

  #schedule(): Schedule {
    const { settings } = this.options;
    return {
      begin: settings.get('alt-begin'),
      end: settings.get('alt-end'),
      days: new Set(settings.get('alt-days').map(day => DAYS.indexOf(day))),
    };
  }

  #apply(): void {
    const { session, settings } = this.options;
    const [down, up] = this.#alternative ? (['alt-down', 'alt-up'] as const) : (['down', 'up'] as const);
    session.setLimits({ down: settings.get(down), up: settings.get(up) });
  }
}
