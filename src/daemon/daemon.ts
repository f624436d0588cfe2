import { createSession, type DiscoverySwitches, type LogSink, type Session } from '../index.js';
import { BlocklistKeeper } from './automation/blocklist-keeper.js';
import { Fetching } from './automation/fetching.js';
import { Occasions } from './automation/occasions.js';
import { Watching } from './automation/watching.js';
import type { Configuration } from './config/layers.js';
import { LiveSettings } from './config/live-settings.js';
import type { SettingKey } from './config/settings.js';
import { checkExposure } from './http/access.js';
import { Keepers } from './keepers/keepers.js';
import { shareDescriptors } from './limits/descriptors.js';
import { firstLook, openAll } from './load.js';
import { fileLimit as fileLimitOfSystem } from './metrics/machine.js';
import { AddressWatch } from './networking/address-watch.js';
import { ADDRESS_GONE, KillSwitch } from './networking/kill-switch.js';
import { Service } from './service.js';
import { isOneAddress, sessionOptions } from './session-options.js';
import { State } from './state/state.js';
import { RateGroups } from './torrents/rate-groups.js';
import { Roots } from './torrents/roots.js';

export interface DaemonOptions {
  readonly configuration: Configuration;
  readonly log: LogSink;
  /** A client has asked for the end. */
  readonly onClose: () => void;
}

/** Ways to find peers and to be found that can be turned on and off: settings, and what the engine calls them. */
const SWITCHES = [
  ['dht', 'dht'],
  ['pex', 'pex'],
  ['lsd', 'lsd'],
  ['port-mapping', 'portMapping'],
] as const satisfies readonly (readonly [SettingKey, keyof DiscoverySwitches])[];

/** What a daemon is made of before it begins. */
interface DaemonParts extends DaemonOptions {
  readonly state: State;
  readonly settings: LiveSettings;
  readonly session: Session;
  readonly watch: AddressWatch;
  /** Descriptors that there are for all. */
  readonly fileLimit: number | undefined;
}

/** A seed box: torrents that are remembered, looked after, and controlled by clients. */
export class Daemon {
  readonly #parts: DaemonParts;
  readonly #keepers: Keepers;
  readonly #occasions: Occasions;
  readonly #fetching: Fetching;
  readonly #blocklist: BlocklistKeeper;
  readonly #watching: Watching;
  readonly #service: Service;
  readonly #killSwitch: KillSwitch;
  readonly #stopBeat: () => void;
  #closing: Promise<void> | undefined;

  private constructor(parts: DaemonParts) {
    this.#parts = parts;
    const { log, onClose, state, settings, session, watch, fileLimit } = parts;
    const nowSeconds = () => Math.floor(Date.now() / 1000);
    const common = { session, settings, state, log, nowMs };
    const host = settings.get('host');
    this.#occasions = new Occasions({ settings, log, now: () => new Date() });
    this.#keepers = new Keepers({ ...common, occasions: this.#occasions, nowSeconds });
    this.#fetching = new Fetching({
      dir: state.dir,
      localAddress: isOneAddress(host) ? host : undefined,
      proxied: settings.get('proxy') !== undefined,
    });
    this.#blocklist = new BlocklistKeeper({ ...common, fetching: this.#fetching, stateDir: state.dir });
    const { adding } = this.#keepers;
    this.#watching = new Watching({
      ...{ settings, log },
      add: bytes => adding.add(bytes),
      addMagnet: link => adding.addMagnet(link),
    });
    this.#service = new Service({
      ...common,
      keepers: this.#keepers,
      context: {
        ...{ session, settings, nowMs, nowSeconds, close: onClose },
        ...this.#keepers.forClients,
        ...state.forClients,
        roots: new Roots(() => rootsOf(settings)),
        groups: new RateGroups(session, state.journal),
        blocklist: this.#blocklist,
        fetchTorrent: (url, cookies) => this.#fetching.torrent(url, cookies),
      },
    });
    this.#killSwitch = new KillSwitch({
      ...{ session, watch, log },
      onChange: suspended => this.#service.suspended(suspended),
    });
    this.#stopBeat = state.clock.beat(() => {
      state.beat().catch(err => log.error({ err }, 'the state was not saved'));
    });
    settings.watch(['port'], () => {
      session
        .listenOn({ port: settings.get('port') })
        .catch(err => log.error({ err }, 'the new port cannot be had, the old one stays'));
    });
    for (const [key, name] of SWITCHES)
      settings.watch([key], () => session.setDiscovery({ [name]: settings.get(key) }));
    settings.watch(['max-peers'], () =>
      session.setMaxConnections(shareDescriptors(fileLimit, settings.get('max-peers')).connections),
    );
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
    let daemon: Daemon | undefined;
    try {
      const settings = new LiveSettings({
        configuration,
        overrides: state.overrides,
        save: overrides => state.saveOverrides(overrides),
      });
      const fileLimit = settings.get('files') ?? (await fileLimitOfSystem());
      const watch = new AddressWatch({
        address: settings.get('host'),
        onChange: present => {
          if (daemon !== undefined) daemon.#killSwitch.changed(present);
        },
      });
      session = await createSession({
        ...sessionOptions(settings.all, fileLimit),
        ...(!watch.present && { suspended: ADDRESS_GONE }),
        ...{ stateDir: state.resumeDir, log },
      });
      daemon = new Daemon({ ...options, state, settings, session, watch, fileLimit });
      await daemon.#open();
      return daemon;
    } catch (error) {
      // what has begun must end, or the process would go on without being a daemon
      if (daemon !== undefined) await daemon.close();
      else {
        await session?.close();
        await state.close();
      }
      throw error;
    }
  }

  /** Where clients find it; undefined when it serves none. */
  get rpcUrl(): string | undefined {
    return this.#service.url;
  }

  /** Where peers do, one address for each family. */
  get peers(): Session['addresses'] {
    return this.#parts.session.addresses;
  }

  get torrents(): number {
    return this.#parts.state.catalog.size;
  }

  /** @returns settings that wait for a restart @throws MillraceError ERR_OPTION */
  reload(configuration: Configuration): SettingKey[] {
    const { settings } = this.#parts;
    checkExposure({ ...configuration.settings, 'rpc-host': settings.get('rpc-host') });
    return settings.reload(configuration);
  }

  /** Saves what there is to save, says goodbye to peers and trackers, and ends. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #open(): Promise<void> {
    const { state, log } = this.#parts;
    const { runner, opening } = this.#keepers;
    await this.#service.listen();
    await this.#blocklist.open();
    runner.admit(state.catalog.all());
    await openAll(state.catalog, opening, log);
    await firstLook(state.catalog);
    runner.settle();
    await state.beat();
    await this.#watching.open();
    this.#service.ready();
  }

  async #close(): Promise<void> {
    const { state, session, log } = this.#parts;
    this.#stopBeat();
    this.#killSwitch.close();
    this.#fetching.close();
    const watched = this.#watching.close();
    this.#keepers.following.close(); // after that: what it ends stays in the folder
    await watched;
    await this.#keepers.close();
    await this.#occasions.close();
    await state.beat().catch(err => log.error({ err }, 'the state was not saved'));
    await this.#service.close();
    await session.close();
    await state.close();
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
