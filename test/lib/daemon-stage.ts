import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Occasions } from '../../src/daemon/automation/occasions.js';
import { readDocument } from '../../src/daemon/config/document.js';
import { resolveLayers } from '../../src/daemon/config/layers.js';
import { LiveSettings } from '../../src/daemon/config/live-settings.js';
import { Keepers } from '../../src/daemon/keepers/keepers.js';
import { openAll } from '../../src/daemon/load.js';
import type { RpcContext } from '../../src/daemon/rpc/context.js';
import { answerLegacy } from '../../src/daemon/rpc/legacy.js';
import type { Methods } from '../../src/daemon/rpc/methods.js';
import { createMethods } from '../../src/daemon/rpc/table.js';
import { replayLines } from '../../src/daemon/state/journal-lines.js';
import { State } from '../../src/daemon/state/state.js';
import type { Entry } from '../../src/daemon/torrents/entry.js';
import { RateGroups } from '../../src/daemon/torrents/rate-groups.js';
import { Roots } from '../../src/daemon/torrents/roots.js';
import type { LogSink } from '../../src/index.js';
import { FakeSession, type FakeTorrent, torrentFile, turn } from './fake-torrent.js';

/** A configuration as a file says it. */
export function configured(folder: string, text = '') {
  const document = readDocument(text, 'daemon.toml');
  const flags = { 'state-dir': join(folder, 'state'), 'download-dir': join(folder, 'dl') };
  const missing = Object.fromEntries(
    Object.entries(flags).filter(([key]) => !new RegExp(`^${key} `, 'm').test(text)),
  );
  const configuration = resolveLayers({
    ...{ env: {}, flags: missing, folder },
    file: { name: 'daemon.toml', folder, document },
  });
  if (configuration.mistakes.length > 0) throw new Error(JSON.stringify(configuration.mistakes));
  return configuration;
}

/**
 * The daemon's own parts over an engine that does nothing, with a clock that stands still until somebody moves it. What
 * is on disk is real.
 */
export class DaemonStage {
  readonly session = new FakeSession();
  readonly told: string[] = [];
  readonly logged: string[] = [];
  nowMs = 0;
  settings!: LiveSettings;
  state!: State;
  keepers!: Keepers;
  context!: RpcContext;
  methods!: Methods;

  private constructor(
    readonly dir: string,
    readonly text: string,
  ) {}

  /** @param text of the configuration file */
  static async open(text = '', dir = mkdtempSync(join(tmpdir(), 'millrace-daemon-'))): Promise<DaemonStage> {
    const stage = new DaemonStage(dir, text);
    await stage.#start();
    return stage;
  }

  async #start(): Promise<void> {
    mkdirSync(join(this.dir, 'dl'), { recursive: true });
    const log = Object.fromEntries(
      ['debug', 'info', 'warn', 'error'].map(level => [
        level,
        (_: object, message: string) => this.logged.push(`${level}: ${message}`),
      ]),
    ) as unknown as LogSink;
    const nowMs = () => this.nowMs;
    const nowSeconds = () => 1_000_000 + Math.floor(this.nowMs / 1000);
    const state = await State.open({ dir: join(this.dir, 'state'), log, nowMs });
    const settings = new LiveSettings({
      configuration: configured(this.dir, this.text),
      overrides: state.overrides,
      save: overrides => state.saveOverrides(overrides),
    });
    const session = this.session.real;
    const occasions = {
      tell: (occasion: string, { record }: Entry) => this.told.push(`${occasion} ${record.name}`),
    } as unknown as Occasions;
    this.settings = settings;
    this.state = state;
    this.keepers = new Keepers({ session, settings, state, occasions, log, nowMs, nowSeconds });
    this.context = {
      ...{ session, settings, nowMs, nowSeconds, close: () => {} },
      ...this.keepers.forClients,
      ...state.forClients,
      roots: new Roots(() => [settings.configured('download-dir'), ...settings.configured('roots')]),
      groups: new RateGroups(session as never, state.journal),
      blocklist: { size: 0, update: () => Promise.reject(new Error('no blocklist is set')) },
      fetchTorrent: () => Promise.reject(new Error('no network')),
      sessionId: () => 'session',
    };
    this.methods = createMethods(this.context);
    this.keepers.runner.admit(state.catalog.all());
    await openAll(state.catalog, this.keepers.opening, log);
    this.keepers.runner.settle();
  }

  /** Asks as a client of the legacy dialect does; resolves with what it is told. */
  async ask(
    method: string,
    args: object = {},
  ): Promise<{ result: string; arguments: Record<string, never> }> {
    const answer = await answerLegacy({ method, arguments: args }, this.methods, error => {
      throw error; // nothing inside may go wrong
    });
    return answer as never;
  }

  /** Adds a torrent that has been checked: it is complete, or lacks all. @returns its info-hash */
  async add(name: string, args: object = {}, done: 'all' | 'nothing' = 'nothing'): Promise<string> {
    const metainfo = Buffer.from(torrentFile(name)).toString('base64');
    const { arguments: told } = await this.ask('torrent-add', { metainfo, ...args });
    const hash = (told as Record<string, { hashString: string }>)['torrent-added'].hashString;
    const torrent = this.torrent(hash);
    await torrent.endCheck(done === 'all' ? torrent.wanted : 0);
    return hash;
  }

  torrent(infoHash: string): FakeTorrent {
    return this.session.torrents.get(infoHash)!;
  }

  entry(infoHash: string): Entry {
    return this.state.catalog.get(infoHash)!;
  }

  /** What a crash at this moment would leave of the journal. */
  onDisk(): ReadonlyMap<string, Record<string, unknown>> {
    const bytes = readFileSync(join(this.dir, 'state', 'daemon.journal'));
    return replayLines(bytes).values as ReadonlyMap<string, Record<string, unknown>>;
  }

  /** Of all torrents by name, in the order of the queue. */
  names(select: (entry: Entry) => boolean = () => true): string {
    return this.state.catalog
      .inQueueOrder()
      .filter(select)
      .map(({ record }) => record.name)
      .join(' ');
  }

  /** Moves that were asked for are over, one way or the other. */
  async moved(): Promise<void> {
    await this.keepers.moving.moveHome({ record: {} } as Entry); // comes after all others, and goes nowhere
    await turn();
  }

  /** Ends as a daemon does, or as one that is killed, and starts again on the same folder. */
  async again(end: 'close' | 'kill', text = this.text): Promise<DaemonStage> {
    await turn();
    if (end === 'kill') this.state.journal.flush = async () => {}; // what waits is lost
    await this.keepers.close();
    if (end === 'close') await this.state.beat();
    await this.state.close();
    return DaemonStage.open(text, this.dir);
  }

  async close(): Promise<void> {
    await this.keepers.close();
    await this.state.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
