import { StartSpread } from '../discovery/start-spread.js';
import { createTrackerClients, type TrackerClients } from '../discovery/tracker-clients.js';
import { MillraceError } from '../errors.js';
import type { InfoHash, PeerAddress } from '../ids.js';
import { loadProxy, type SocksProxy } from '../net/socks-proxy.js';
import { familyOf, type IpFamily } from '../protocol/compact.js';
import type { Metainfo } from '../protocol/metainfo-types.js';
import { createPeerId } from '../protocol/peer-id.js';
import { removeResume } from '../storage/resume.js';
import { nowMs } from './clock.js';
import type { DhtApi } from './dht-api.js';
import type { DialRefusal } from './dialler.js';
import type { Discovery } from './discovery.js';
import { createEngine, describeKernels, type Engine } from './engine.js';
import type { LinkDoor, PeerLink } from './link.js';
import { isMagnetLink } from './magnet-link.js';
import { type MagnetHost, Magnets, type Opened } from './magnets.js';
import { Network } from './network.js';
import { resolveLimits, resolveListen, resolveMaxConnections } from './option-values.js';
import { resolveOptions } from './options.js';
import { Resting } from './resting.js';
import { SessionDiscovery } from './session-discovery.js';
import { openTorrent } from './source.js';
import { SessionTorrent } from './torrent.js';
import { type TorrentHost, TorrentRun } from './torrent-run.js';
import type {
  AddOptions,
  DiscoverySwitches,
  GroupLimits,
  ListenAddress,
  RateLimits,
  Session,
  SessionGlance,
  SessionOptions,
  SessionStats,
  Torrent,
  TorrentSource,
} from './types.js';
import { throwIfAborted } from './waits.js';

/** Trackers get this long for `stopped`, everything else of closing included: what a user waits for Ctrl-C. */
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * A session that does not listen has times when no open socket keeps the process alive: before the first peer, between
 * two, and while a limit pauses reading. This timer does then; how often it wakes up does not matter.
 */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

/**
 * Starts an engine: memory, threads (with the first download or check) and, unless `listen` is false, a port for peers.
 *
 * @throws MillraceError ERR_OPTION, ERR_NET_ADDRESS_IN_USE, ERR_NET_ADDRESS, ERR_KERNELS_UNAVAILABLE, ERR_ABORTED
 */
export async function createSession(options: SessionOptions = {}): Promise<Session> {
  const resolved = resolveOptions(options);
  throwIfAborted(resolved.signal);
  const peerId = createPeerId(crypto.getRandomValues(new Uint8Array(12)));
  const proxy = resolved.proxy && (await loadProxy(resolved.proxy, resolved.bind));
  throwIfAborted(resolved.signal);
  const session = new EngineSession(createEngine(resolved, peerId), proxy);
  await session.begin();
  return session;
}

class EngineSession implements Session, TorrentHost, MagnetHost {
  readonly trackers: TrackerClients;
  readonly announceKey: number;
  readonly startSpread: StartSpread;
  readonly resting = new Resting();
  readonly #discovery: SessionDiscovery;
  readonly #engine: Engine;
  readonly #torrents = new Map<InfoHash, { readonly run: TorrentRun; readonly torrent: Torrent }>();
  readonly #magnets: Magnets;
  readonly #network: Network;
  #keepAlive: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(engine: Engine, proxy: SocksProxy | undefined) {
    this.#engine = engine;
    const { budget, rng, options } = engine;
    const doorOf = (infoHash: InfoHash) =>
      (this.#torrents.get(infoHash)?.run.presence ?? this.#magnets.find(infoHash))?.door;
    this.#network = new Network(engine, doorOf, proxy);
    this.trackers = createTrackerClients({
      localAddress: options.bind,
      connect: proxy?.connect,
      onExternalHost: (host, trackerHost) => engine.own.vote(host, trackerHost),
      reachable: () => this.#families,
    });
    this.announceKey = rng.u32();
    this.startSpread = new StartSpread(rng);
    this.#magnets = new Magnets(engine, this);
    const network = this.#network;
    this.#discovery = new SessionDiscovery({ engine, network, onMoved: () => this.#moved() });
    budget.onFreed = () => {
      for (const { run } of this.#torrents.values()) run.workings.memoryFreed();
    };
  }

  async begin(): Promise<void> {
    const { listen: at, signal, suspended } = this.#engine.options;
    try {
      if (suspended !== undefined) this.suspend(suspended, at);
      else if (at !== undefined) await this.#network.listenOn(at);
      else this.#keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
    } catch (error) {
      await this.#engine.close();
      throw error;
    }
    this.discovery.set(this.#engine.options);
    signal?.addEventListener('abort', () => void this.close(), { once: true });
    if (signal?.aborted) await this.close();
  }

  // --- Session -------------------------------------------------------------------------------------------------

  get peerId(): Uint8Array {
    return this.#engine.peerId;
  }

  get address(): PeerAddress | undefined {
    return this.#network.address;
  }

  get addresses(): readonly PeerAddress[] {
    return this.#network.addresses;
  }

  get torrents(): readonly Torrent[] {
    return Array.from(this.#torrents.values(), ({ torrent }) => torrent);
  }

  get dht(): DhtApi | undefined {
    return this.#discovery.dht;
  }

  async add(source: TorrentSource, options: AddOptions = {}): Promise<Torrent> {
    this.checkOpen();
    throwIfAborted(options.signal);
    if (isMagnetLink(source)) return this.#magnets.add(source, options);
    const metainfo = await openTorrent(source);
    this.checkOpen();
    throwIfAborted(options.signal);
    return this.open(metainfo, options).torrent;
  }

  async forget(infoHash: InfoHash): Promise<void> {
    if (this.#torrents.has(infoHash))
      throw new MillraceError(
        'ERR_DUPLICATE_TORRENT',
        `torrent ${infoHash} is in this session: close it first`,
        {
          infoHash,
        },
      );
    const { stateDir } = this.#engine.options;
    if (stateDir !== undefined) await removeResume(stateDir, infoHash);
  }

  get(infoHash: InfoHash): Torrent | undefined {
    return this.#torrents.get(infoHash)?.torrent;
  }

  setLimits(limits: RateLimits): void {
    this.#engine.limits.set(resolveLimits(limits), nowMs());
    for (const { run } of this.#torrents.values()) run.workings.limitsChanged();
  }

  setGroup(name: string, limits: GroupLimits): void {
    this.#engine.groups.set(name, limits);
    for (const { run } of this.#torrents.values())
      if (run.workings.group === name) run.workings.levelsChanged();
  }

  async listenOn(at: ListenAddress): Promise<PeerAddress> {
    this.checkOpen();
    const address = await this.#network.listenOn(resolveListen(at));
    this.#moved();
    return address;
  }

  /** Others reach us elsewhere: whoever was told where is told anew, at once. */
  #moved(): void {
    if (this.#closing !== undefined) return;
    this.discovery.moved();
    for (const { run } of this.#torrents.values()) run.presence.moved();
    this.#magnets.moved();
    this.#greetAgain(); // peers tell others where we listen
  }

  #greetAgain(): void {
    for (const { run } of this.#torrents.values()) run.workings.greetAgain();
    this.#magnets.greetAgain();
  }

  setDiscovery(switches: DiscoverySwitches): void {
    this.checkOpen();
    this.discovery.set(switches);
    if (switches.pex === undefined || switches.pex === this.#engine.pex) return;
    this.#engine.pex = switches.pex;
    this.#greetAgain();
  }

  setMaxConnections(count: number | undefined): void {
    this.#network.admission.maxConnections = resolveMaxConnections(count) ?? Number.POSITIVE_INFINITY;
  }

  setBlocked(isBlocked: ((host: string) => boolean) | undefined): void {
    this.#network.setBlocked(isBlocked);
  }

  suspend(reason: string, at?: PeerAddress): void {
    this.checkOpen();
    const error = new MillraceError('ERR_NET_SUSPENDED', `no network: ${reason}`, { reason });
    this.#network.suspend(error, at);
    for (const { run } of this.#torrents.values()) run.presence.suspend(error);
    this.#magnets.suspend(error);
    this.trackers.suspend(error);
    this.discovery.suspend(error);
  }

  async restore(): Promise<void> {
    this.checkOpen();
    await this.#network.restore();
    this.trackers.restore();
    this.discovery.restore();
    for (const { run } of this.#torrents.values()) run.presence.restore();
    this.#magnets.restore();
  }

  stats(): SessionStats {
    const torrents = this.torrents.map(torrent => torrent.stats());
    const downRate = torrents.reduce((sum, torrent) => sum + torrent.downRate, 0);
    const upRate = torrents.reduce((sum, torrent) => sum + torrent.upRate, 0);
    return { torrents, downRate, upRate, ...this.light() };
  }

  light(): SessionGlance {
    const { pool, budget, arena } = this.#engine;
    const { workers: threads, queued, running, lost } = pool.stats();
    return {
      kernels: describeKernels(this.#engine),
      memory: {
        usedBytes: budget.usedBytes,
        budgetBytes: budget.budgetBytes,
        tableBytes: arena.heap.usedBytes,
      },
      workers: { threads, queued, running, lost },
      connections: this.#network.connections,
      announces: { ...this.trackers.announces },
      blocked: this.#network.admission.refused,
      dht: this.dht?.glance(),
      suspended: this.#network.suspended?.facts.reason as string | undefined,
      mapped: this.#discovery.mapped,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    clearInterval(this.#keepAlive);
    this.resting.close();
    const closed = new MillraceError('ERR_CLOSED', 'the session was closed');
    const stopped = this.#network.stop(closed);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>(resolve => {
      timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    });
    await Promise.race([
      Promise.allSettled([
        ...Array.from(this.#torrents.values(), ({ run }) => run.close()),
        this.#magnets.close(closed),
        this.discovery.close(),
      ]),
      late,
    ]);
    clearTimeout(timer);
    this.#network.closeLinks(closed);
    this.trackers.close();
    await stopped;
    await this.#engine.close();
  }

  // --- what torrents need --------------------------------------------------------------------------------------

  /** Not through a proxy, which is there so that nobody learns it. */
  readonly ownHost = (family: IpFamily) =>
    this.#network.proxy === undefined && this.#families.includes(family)
      ? this.#engine.own.hostOf(family)
      : undefined;

  get #families(): IpFamily[] {
    return this.addresses.map(({ host }) => familyOf(host));
  }

  readonly listenPort = () => this.#discovery.listenPort;

  get discovery(): Discovery {
    return this.#discovery.ways;
  }

  get suspended(): boolean {
    return this.#network.suspended !== undefined;
  }

  dial(torrent: LinkDoor, address: PeerAddress, onTurn: () => void): PeerLink | DialRefusal {
    return this.#network.dial(torrent, address, onTurn);
  }

  isBanned(link: PeerLink): boolean {
    return this.#network.admission.bans.has(link);
  }

  ban(address: PeerAddress, link: PeerLink | undefined): void {
    this.#network.admission.bans.add(address, link);
  }

  removed(torrent: TorrentRun): void {
    this.#torrents.delete(torrent.infoHash);
  }

  // --- what magnet links need ------------------------------------------------------------------------------------

  checkOpen(): void {
    if (this.#closing !== undefined) throw new MillraceError('ERR_CLOSED', 'the session is closed');
  }

  checkNew(infoHash: InfoHash): void {
    if (!this.#torrents.has(infoHash) && this.#magnets.find(infoHash) === undefined) return;
    throw new MillraceError('ERR_DUPLICATE_TORRENT', `torrent ${infoHash} is in this session already`, {
      infoHash,
    });
  }

  open(metainfo: Metainfo, options: AddOptions): Opened {
    this.checkNew(metainfo.infoHash);
    const run = new TorrentRun(this.#engine, metainfo, options, this);
    const torrent = new SessionTorrent(run);
    this.#torrents.set(metainfo.infoHash, { run, torrent });
    if (!metainfo.private) this.dht?.service.hear(metainfo.nodes);
    void run.start();
    return { torrent, learn: (addresses, source) => run.presence.add(addresses, source) };
  }
}
