import type net from 'node:net';
import { createTrackerClients, type TrackerClients } from '../discovery/tracker-clients.js';
import { MillraceError } from '../errors.js';
import type { InfoHash, PeerAddress } from '../ids.js';
import { type Listener, listen } from '../net/listener.js';
import { plainHost, type ReceiveRegion } from '../net/peer-socket.js';
import { createPeerId } from '../protocol/peer-id.js';
import { removeResume } from '../storage/resume.js';
import { Bans } from './bans.js';
import { nowMs } from './clock.js';
import { createEngine, describeKernels, type Engine } from './engine.js';
import { HalfOpen } from './half-open.js';
import { type LinkDoor, type LinkHost, PeerLink } from './link.js';
import { resolveLimits, resolveOptions } from './options.js';
import { Resting } from './resting.js';
import { openTorrent } from './source.js';
import { SessionTorrent } from './torrent.js';
import { type TorrentHost, TorrentRun } from './torrent-run.js';
import type {
  AddOptions,
  RateLimits,
  Session,
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
  const session = new EngineSession(createEngine(resolved, peerId));
  await session.open();
  return session;
}

class EngineSession implements Session, LinkHost, TorrentHost {
  readonly region: ReceiveRegion;
  readonly trackers: TrackerClients = createTrackerClients();
  readonly announceKey: number;
  readonly resting = new Resting();
  readonly #engine: Engine;
  readonly #torrents = new Map<InfoHash, { readonly run: TorrentRun; readonly torrent: Torrent }>();
  readonly #bans = new Bans();
  readonly #halfOpen = new HalfOpen();
  readonly #links = new Set<PeerLink>();
  #listener: Listener | undefined;
  #keepAlive: NodeJS.Timeout | undefined;
  #closing: Promise<void> | undefined;

  constructor(engine: Engine) {
    this.#engine = engine;
    const { arena, budget, rng } = engine;
    this.region = { bytes: arena.bytes.subarray(arena.receiveAt, arena.receiveAt + arena.receiveBytes) };
    this.announceKey = rng.u32();
    budget.onFreed = () => {
      for (const { run } of this.#torrents.values()) run.workings.memoryFreed();
    };
  }

  async open(): Promise<void> {
    const { listen: at, signal } = this.#engine.options;
    try {
      if (at !== undefined) this.#listener = await listen(at, socket => this.#accept(socket));
      else this.#keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
    } catch (error) {
      await this.#engine.close();
      throw error;
    }
    signal?.addEventListener('abort', () => void this.close(), { once: true });
    if (signal?.aborted) await this.close();
  }

  // --- Session -------------------------------------------------------------------------------------------------

  get peerId(): Uint8Array {
    return this.#engine.peerId;
  }

  get address(): PeerAddress | undefined {
    return this.#listener?.address;
  }

  get torrents(): readonly Torrent[] {
    return Array.from(this.#torrents.values(), ({ torrent }) => torrent);
  }

  async add(source: TorrentSource, options: AddOptions = {}): Promise<Torrent> {
    this.#checkOpen();
    throwIfAborted(options.signal);
    const metainfo = await openTorrent(source);
    this.#checkOpen();
    throwIfAborted(options.signal);
    if (this.#torrents.has(metainfo.infoHash))
      throw new MillraceError(
        'ERR_DUPLICATE_TORRENT',
        `torrent ${metainfo.infoHash} is in this session already`,
        {
          infoHash: metainfo.infoHash,
        },
      );
    const run = new TorrentRun(this.#engine, metainfo, options, this);
    const torrent = new SessionTorrent(run);
    this.#torrents.set(metainfo.infoHash, { run, torrent });
    void run.start();
    return torrent;
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

  stats(): SessionStats {
    const torrents = this.torrents.map(torrent => torrent.stats());
    const { pool, budget, arena } = this.#engine;
    const { workers: threads, queued, running, lost } = pool.stats();
    return {
      torrents,
      downRate: torrents.reduce((sum, torrent) => sum + torrent.downRate, 0),
      upRate: torrents.reduce((sum, torrent) => sum + torrent.upRate, 0),
      kernels: describeKernels(this.#engine),
      memory: {
        usedBytes: budget.usedBytes,
        budgetBytes: budget.budgetBytes,
        tableBytes: arena.heap.usedBytes,
      },
      workers: { threads, queued, running, lost },
      connections: this.#links.size,
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
    const listening = this.#listener?.close();
    const closed = new MillraceError('ERR_CLOSED', 'the session was closed');
    this.#halfOpen.close(closed);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>(resolve => {
      timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    });
    await Promise.race([
      Promise.allSettled([...this.#torrents.values()].map(({ run }) => run.close())),
      late,
    ]);
    clearTimeout(timer);
    for (const link of this.#links) link.close(closed);
    this.trackers.close();
    await listening;
    await this.#engine.close();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new MillraceError('ERR_CLOSED', 'the session is closed');
  }

  // --- what links need -----------------------------------------------------------------------------------------

  get regionAt(): number {
    return this.#engine.arena.receiveAt;
  }

  get kernels() {
    return this.#engine.arena.kernels;
  }

  torrentFor(infoHash: InfoHash): LinkDoor | undefined {
    return this.#torrents.get(infoHash)?.run.presence.door;
  }

  settled(link: PeerLink): void {
    this.#halfOpen.delete(link);
  }

  closed(link: PeerLink, error: MillraceError | undefined): void {
    this.#halfOpen.delete(link);
    this.#links.delete(link);
    this.#engine.log.debug({ peer: link.name, code: error?.code }, error?.message ?? 'closed by the peer');
  }

  // --- what torrents need --------------------------------------------------------------------------------------

  get listenPort(): number | undefined {
    return this.#listener?.address.port;
  }

  dial(torrent: LinkDoor, address: PeerAddress): PeerLink | undefined {
    if (this.#closing !== undefined || !this.#halfOpen.mayDial) return undefined;
    const link = PeerLink.dial(this, this.#engine.nextPeerKey(), torrent, address);
    this.#track(link);
    return link;
  }

  isBanned(link: PeerLink): boolean {
    return this.#bans.has(link);
  }

  ban(address: PeerAddress, link: PeerLink | undefined): void {
    this.#bans.add(address, link);
  }

  removed(torrent: TorrentRun): void {
    this.#torrents.delete(torrent.infoHash);
  }

  // --- inside --------------------------------------------------------------------------------------------------

  #accept(socket: net.Socket): void {
    const { remoteAddress, remotePort } = socket;
    const refused =
      this.#closing !== undefined ||
      remoteAddress === undefined ||
      this.#bans.hasHost(plainHost(remoteAddress));
    if (refused) {
      socket.destroy();
      return;
    }
    const address = { host: plainHost(remoteAddress), port: remotePort! };
    this.#track(PeerLink.accept(this, this.#engine.nextPeerKey(), socket, address));
  }

  #track(link: PeerLink): void {
    this.#links.add(link);
    this.#halfOpen.add(link);
  }
}
