import type { Configuration } from './layers.js';
import { SETTINGS, type SettingKey, type Settings } from './settings.js';

/** What a client has set, and what stood there before: plain data, for the state folder. */
export interface Override {
  readonly value: unknown;
  /** Configured when it was set. Whoever edits the file later is heard again. */
  readonly over: unknown;
}

export type Overrides = Readonly<Partial<Record<SettingKey, Override>>>;

export interface LiveSettingsOptions {
  readonly configuration: Configuration;
  readonly overrides: Overrides;
  /** Remembers what clients have set; the user's file is never written. */
  readonly save: (overrides: Overrides) => void;
}

/** What clients have said of them is forgotten when they may say so no longer. */
const PROGRAMS: ReadonlySet<string> = new Set<SettingKey>(['on-added', 'on-done', 'on-done-seeding']);

/** The settings in force: the user's, and over them what clients have changed while the daemon runs. */
export class LiveSettings {
  #configuration: Configuration;
  #overrides: Partial<Record<SettingKey, Override>>;
  #values: Settings;
  readonly #save: (overrides: Overrides) => void;
  readonly #watchers = new Set<{ keys: ReadonlySet<SettingKey>; call: () => void }>();

  constructor({ configuration, overrides, save }: LiveSettingsOptions) {
    this.#configuration = configuration;
    this.#overrides = { ...overrides };
    this.#save = save;
    if (this.#dropOutdated()) this.#save(this.#overrides);
    this.#values = this.#merge();
  }

  get all(): Settings {
    return this.#values;
  }

  get<K extends SettingKey>(key: K): Settings[K] {
    return this.#values[key];
  }

  /** What the user has configured, whatever clients have set since. */
  configured<K extends SettingKey>(key: K): Settings[K] {
    return this.#configuration.settings[key];
  }

  /** By a client. A restart keeps it, until the user configures something else there. */
  set(values: Readonly<Partial<Settings>>): void {
    for (const key of Object.keys(values) as SettingKey[]) {
      const value = plain(values[key]);
      const over = plain(this.#configuration.settings[key]);
      if (same(value, over)) delete this.#overrides[key];
      else this.#overrides[key] = { value, over };
    }
    this.#save(this.#overrides);
    this.#apply();
  }

  /** The user's file was read again. Settings that need a restart stay as they are. @returns those that differ */
  reload(configuration: Configuration): SettingKey[] {
    const before = this.#configuration.settings;
    const settings = { ...configuration.settings } as Record<SettingKey, unknown>;
    const restart: SettingKey[] = [];
    for (const key of Object.keys(SETTINGS) as SettingKey[]) {
      if (SETTINGS[key].live || same(plain(settings[key]), plain(before[key]))) continue;
      restart.push(key);
      settings[key] = before[key];
    }
    this.#configuration = { ...configuration, settings: settings as unknown as Settings };
    if (this.#dropOutdated()) this.#save(this.#overrides);
    this.#apply();
    return restart;
  }

  get labels(): Configuration['labels'] {
    return this.#configuration.labels;
  }

  /** Calls when one of them has changed. */
  watch(keys: readonly SettingKey[], call: () => void): void {
    this.#watchers.add({ keys: new Set(keys), call });
  }

  #apply(): void {
    const before = this.#values;
    this.#values = this.#merge();
    const changed = (Object.keys(SETTINGS) as SettingKey[]).filter(
      key => !same(plain(before[key]), plain(this.#values[key])),
    );
    for (const { keys, call } of this.#watchers) if (changed.some(key => keys.has(key))) call();
  }

  #merge(): Settings {
    const values = { ...this.#configuration.settings } as Record<string, unknown>;
    for (const [key, override] of Object.entries(this.#overrides)) values[key] = override.value ?? undefined;
    return values as unknown as Settings;
  }

  /** @returns whether there were any */
  #dropOutdated(): boolean {
    let dropped = false;
    for (const key of Object.keys(this.#overrides) as SettingKey[]) {
      const configured = SETTINGS[key] && plain(this.#configuration.settings[key]);
      const allowed = this.#configuration.settings['rpc-scripts'] || !PROGRAMS.has(key);
      if (allowed && configured !== undefined && same(configured, this.#overrides[key]!.over)) continue;
      delete this.#overrides[key];
      dropped = true;
    }
    return dropped;
  }
}

/** As JSON has it: nothing is null. */
function plain(value: unknown): unknown {
  return value === undefined ? null : value;
}

function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
