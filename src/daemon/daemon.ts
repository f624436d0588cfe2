import { createSession, type LogSink, type Session } from '../index.js';
import { Occasions } from './automation/occasions.js';
import { WatchFolder } from './automation/watch-folder.js';
import type { Configuration } from './config/layers.js';
import { LiveSettings } from './config/live-settings.js';
import type { SettingKey } from './config/settings.js';
import { checkExposure } from './http/access.js';
import { Keepers } from './keepers/keepers.js';
import { openAll } from './load.js';
import { soonSession } from './pending.js';
import { Service } from './service.js';
import { sessionOptions } from './session-options.js';
import { State } from './state/state.js';
import { RateGroups } from './torrents/rate-groups.js';
import { Roots } from './torrents/roots.js';

export interface DaemonOptions {
  readonly configuration: Configuration;
  readonly log: LogSink;
  /** A client has asked for the end. */
  readonly onClose: () => void;
}

/** A seed box: torrents that are remembered, looked after, and controlled by clients. */
export class Daemon {
  readonly #settings: LiveSettings;
  readonly #session: Session;
  readonly #state: State;
  readonly #keepers: Keepers;
  readonly #occasions: Occasions;
  readonly #service: Service;
  readonly #log: LogSink;
  readonly #stopBeat: () => void;
  #watchFolder: WatchFolder | undefined;
  #closing: Promise<void> | undefined;

  private constructor(
    { log, onClose }: DaemonOptions,
    state: State,
    settings: LiveSettings,
    session: Session,
  ) {
    this.#log = log;
    this.#state = state;
    this.#settings = settings;
    this.#session = session;
    const nowSeconds = () => Math.floor(Date.now() / 1000);
    this.#occasions = new Occasions({ settings, log, now: () => new Date() });
    const occasions = this.#occasions;
    this.#keepers = new Keepers({ session, settings, state, occasions, log, nowMs, nowSeconds });
    this.#service = new Service({
      ...{ session, settings, state, log, nowMs, keepers: this.#keepers },
      context: {
        ...{ session, settings, nowMs, nowSeconds, close: onClose },
        ...this.#keepers.forClients,
        ...state.forClients,
        roots: new Roots(() => rootsOf(settings)),
        groups: new RateGroups(session, state.journal),
        blocklist: { size: 0, update: () => Promise.reject(new Error('no blocklist is set')) },
        fetchTorrent: () => Promise.reject(new Error('not yet')),
      },
    });
    this.#stopBeat = state.clock.beat(() => {
      state.beat().catch(err => log.error({ err }, 'the state was not saved'));
    });
    settings.watch(['watch-dir', 'watch-poll'], () => void this.#watch());
    settings.watch(['max-peers-per-torrent'], () => {
      for (const { torrent, record } of state.catalog.all())
        if (record.maxPeers === undefined) torrent?.setMaxPeers(settings.get('max-peers-per-torrent'));
    });
    settings.watch(['max-peers'], () => soonSession(session).setMaxConnections(settings.get('max-peers')));
  }

  /**
   * Resolves when all torrents are in the list and clients are answered; what must be checked is checked then.
   *
   * @throws MillraceError ERR_STATE_LOCKED, ERR_STORAGE_*, ERR_OPTION, ERR_NET_ADDRESS_IN_USE, ERR_NET_ADDRESS
   */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const { configuration, log } = options;
    checkExposure(configuration.settings);
    const { umask } = configuration.settings;
    if (umask !== undefined) process.umask(umask);
    const state = await State.open({ dir: configuration.settings['state-dir'], log, nowMs });
    let session: Session | undefined;
    try {
      const settings = new LiveSettings({
        configuration,
        overrides: state.overrides,
        save: overrides => state.saveOverrides(overrides),
      });
      session = await createSession({ ...sessionOptions(settings.all), stateDir: state.resumeDir, log });
      const daemon = new Daemon(options, state, settings, session);
      await daemon.#open();
      return daemon;
    } catch (error) {
      await session?.close();
      await state.close();
      throw error;
    }
  }

  /** Where clients find it; undefined when it serves none. */
  get rpcUrl(): string | undefined {
    return this.#service.url;
  }

  get peers(): Session['address'] {
    return this.#session.address;
  }

  get torrents(): number {
    return this.#state.catalog.size;
  }

  /** @returns settings that wait for a restart */
  reload(configuration: Configuration): SettingKey[] {
    checkExposure({ ...configuration.settings, 'rpc-host': this.#settings.get('rpc-host') });
    return this.#settings.reload(configuration);
  }

  /** Saves what there is to save, says goodbye to peers and trackers, and ends. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(): Promise<void> {
    const { catalog } = this.#state;
    await this.#service.listen();
    const queues = this.#keepers.runner;
    queues.admit(catalog.all());
    await openAll(catalog, this.#keepers.opening, this.#log);
    queues.settle();
    await this.#state.beat();
    await this.#watch();
    this.#service.ready();
  }

  async #close(): Promise<void> {
    this.#stopBeat();
    await this.#watchFolder?.close();
    await this.#keepers.close();
    await this.#occasions.close();
    await this.#state.beat().catch(err => this.#log.error({ err }, 'the state was not saved'));
    await this.#service.close();
    await this.#session.close();
    await this.#state.close();
  }

  async #watch(): Promise<void> {
    await this.#watchFolder?.close();
    const dir = this.#settings.get('watch-dir');
    if (dir === undefined || this.#closing !== undefined) return;
    this.#watchFolder = new WatchFolder({
      dir,
      pollMs: this.#settings.get('watch-poll'),
      add: async (_, bytes) => void (await this.#keepers.adding.add(bytes)),
      tell: event => {
        if (event.kind === 'added') this.#log.info({ file: event.name }, 'added from the watch folder');
        else if (event.kind === 'failed')
          this.#log.warn(
            { file: event.name, err: event.error },
            'a file of the watch folder cannot be added',
          );
        else this.#log.warn({ err: event.error }, 'the watch folder cannot be read');
      },
    });
  }
}

function nowMs(): number {
  return performance.now();
}

/** What the user has configured; what a client sets must lie below it. */
function rootsOf(settings: LiveSettings): string[] {
  const folders = [settings.configured('download-dir'), settings.configured('incomplete-dir')];
  const labels = [...settings.labels.values()].map(({ dir }) => dir);
  return [...folders, ...labels, ...settings.configured('roots')].filter(dir => dir !== undefined);
}
