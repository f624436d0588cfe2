import { isMillraceError, MillraceError } from '../errors.js';
import { formatAddress, type InfoHash, type PeerAddress } from '../ids.js';
import { bitfieldBytes } from '../kernels/types.js';
import type { Priority } from '../policy/picker.js';
import type { Metainfo } from '../protocol/metainfo-types.js';
import { allowedFastSet } from '../protocol/peer/allowed-fast.js';
import { createFileStore } from '../storage/file-store.js';
import { createMemoryStore } from '../storage/memory-store.js';
import { ResumeStore } from '../storage/resume.js';
import type { Action } from '../swarm/actions.js';
import type { Storage } from '../swarm/ports.js';
import { TorrentCore } from '../swarm/torrent-core.js';
import { checkAddOptions } from './add-options.js';
import { Announcing, type AnnouncingHost } from './announcing.js';
import { Arrivals } from './arrivals.js';
import { BottleneckWatch } from './bottleneck-watch.js';
import { allPieces, checkPieces } from './checker.js';
import { nowMs } from './clock.js';
import { Departure } from './departure.js';
import { Dialler, type DiallerHost } from './dialler.js';
import { Durability } from './durability.js';
import { checkPieceFits, type Engine } from './engine.js';
import { EventHub } from './events.js';
import { FileHandle, priorityLevel } from './file-handle.js';
import { checkExisting, type Totals } from './initial-check.js';
import { SharedLimits } from './limits.js';
import type { LinkTorrent, PeerLink } from './link.js';
import { Neighbours } from './neighbours.js';
import { resolveLimits } from './options.js';
import { PieceIo, type PieceTable } from './piece-io.js';
import { PieceReader } from './piece-reader.js';
import { PieceWaits } from './piece-waits.js';
import { FilePriorities } from './priorities.js';
import type {
  AddOptions,
  FilePriority,
  RateLimits,
  Torrent,
  TorrentEvent,
  TorrentEventOf,
  TorrentState,
  TorrentStats,
  WaitOptions,
} from './types.js';
import { CLIENT_VERSION } from './version.js';
import { abortable, Deferred, pending } from './waits.js';

/** What a torrent needs of its session besides the engine. */
export interface TorrentHost extends AnnouncingHost, DiallerHost {
  readonly listenPort: number | undefined;
  isBanned(link: PeerLink): boolean;
  ban(address: PeerAddress, link: PeerLink | undefined): void;
  removed(torrent: TorrentRun): void;
}

/**
 * One torrent of a session. It owns the lifetimes of its parts and joins them: what arrives is in arrivals, who is
 * connected in neighbours, whom to dial in dialler, when state is saved in durability.
 */
export class TorrentRun implements Torrent {
  readonly files: readonly FileHandle[];
  readonly core: TorrentCore;
  readonly neighbours: Neighbours;

  readonly #engine: Engine;
  readonly #host: TorrentHost;
  readonly #options: AddOptions;
  readonly #storage: Storage;
  readonly #io: PieceIo;
  readonly #arrivals: Arrivals;
  readonly #reader: PieceReader;
  readonly #durability: Durability | undefined;
  readonly #resume: ResumeStore | undefined;
  readonly #waits: PieceWaits;
  readonly #priorities: FilePriorities;
  readonly #events = new EventHub();
  readonly #dialler: Dialler;
  readonly #announcing: Announcing;
  readonly #departure: Departure;
  readonly #bottlenecks: BottleneckWatch;
  readonly #limits: SharedLimits;
  readonly #abort = new AbortController();
  #checked = new Deferred();
  readonly #left = new Deferred();
  #completed = new Deferred();
  #state: TorrentState = 'checking';
  #error: MillraceError | undefined;
  #paused: boolean;
  #online = false;
  #startedMs = nowMs();
  #doneBytes = 0;
  #earlier: Totals = { uploaded: 0, downloaded: 0 };
  /** The check that runs, or the last one; it never rejects. */
  #checkRun: Promise<void> = Promise.resolve();
  #opened = false;
  #closing: Promise<void> | undefined;

  constructor(
    engine: Engine,
    readonly metainfo: Metainfo,
    options: AddOptions,
    host: TorrentHost,
  ) {
    checkAddOptions(options, metainfo.files.length);
    checkPieceFits(metainfo.pieceLength, engine.options.memoryBytes);
    this.#engine = engine;
    this.#host = host;
    this.#options = options;
    this.#paused = options.paused ?? false;
    const { arena, pool, budget, cache, peerId } = engine;
    const number = engine.nextTorrentNumber();
    this.#limits = new SharedLimits(resolveLimits(options.limits));
    const table: PieceTable = metainfo;
    const padding = metainfo.files.filter(file => file.pad && file.length > 0);
    this.#storage = this.#createStorage();
    this.#io = new PieceIo(table, this.#storage, pool, arena.buffer);
    this.core = new TorrentCore({
      kernels: arena.kernels,
      heap: arena.heap,
      slots: budget,
      rng: engine.rng,
      pieceCount: metainfo.pieceCount,
      pieceLength: metainfo.pieceLength,
      length: metainfo.length,
      padding,
      sequential: options.sequential,
      unchokeSlots: options.slots ?? engine.options.slots,
      client: CLIENT_VERSION,
      listenPort: host.listenPort,
      allowedFastSet: (address, count) =>
        allowedFastSet(engine.sha1, metainfo.infoHash, address, metainfo.pieceCount, count),
    });
    this.core.beginCheck();
    // Pieces that are nothing but padding are there from the start.
    if (padding.length > 0) for (const piece of allPieces(metainfo.pieceCount)) this.#countDone(piece);
    this.#resume = this.#createResume();
    this.#durability =
      this.#resume &&
      new Durability({
        resume: this.#resume,
        storage: this.#storage,
        haveBits: () => this.#haveBits(),
        totals: () => this.#totals(),
        onError: error =>
          engine.log.warn({ err: error, torrent: metainfo.infoHash }, 'resume state was not saved'),
      });
    this.#reader = new PieceReader({
      torrent: number,
      io: this.#io,
      cache,
      budget,
      onReady: () => this.neighbours.poke(),
      onError: error => this.#fail(error),
    });
    this.neighbours = new Neighbours({
      infoHash: metainfo.infoHash,
      core: this.core,
      peerId,
      memory: arena.buffer,
      maxPeers: engine.options.maxPeersPerTorrent,
      reader: this.#reader,
      limits: [engine.limits, this.#limits],
      isBanned: link => host.isBanned(link),
      act: action => this.#act(action),
      onTurn: now => this.#bottlenecks.turn(now),
      onAttached: (link, client) => this.#onAttached(link, client),
      onDetached: (link, error) => this.#onDetached(link, error),
    });
    this.#arrivals = new Arrivals({
      torrent: number,
      core: this.core,
      io: this.#io,
      kernels: arena.kernels,
      budget,
      cache,
      padding,
      durability: this.#durability,
      poke: () => this.neighbours.poke(),
      onError: error => this.#fail(error),
    });
    this.#bottlenecks = new BottleneckWatch({
      core: this.core,
      pool,
      io: this.#io,
      held: () => this.neighbours.held,
      verifying: () => this.#arrivals.verifying,
    });
    this.#waits = new PieceWaits(
      piece => this.#has(piece),
      pieces => {
        if (this.#state === 'closed') return;
        this.core.setUrgent(pieces);
        this.neighbours.poke();
      },
    );
    this.#priorities = new FilePriorities(metainfo.files, metainfo.pieceLength, (from, to, level) =>
      this.#setPieces(from, Math.min(to, metainfo.pieceCount), level),
    );
    const owner = {
      table,
      storage: this.#storage,
      waits: this.#waits,
      has: (piece: number) => this.#has(piece),
      setFilePriority: (index: number, level: Priority) => this.#priorities.set(index, level),
    };
    this.files = metainfo.files.map((file, index) => new FileHandle(index, file, owner));
    if (options.select !== undefined) this.#priorities.only(options.select);
    this.#dialler = new Dialler(engine, this.neighbours, host, () => !this.core.picker.finished);
    this.#dialler.add(options.peers ?? [], 'manual');
    this.#announcing = new Announcing({
      tiers: options.trackers ?? metainfo.announce,
      infoHash: metainfo.infoHash,
      host,
      engine,
      progress: () => ({ ...this.#sessionTotals(), left: this.#leftBytes() }),
      onPeers: peers => this.#dialler.add(peers, 'tracker'),
      onStatus: ({ url, state, error }) => this.#emit({ type: 'tracker', url, state, error }),
    });
    this.#departure = new Departure(options.onComplete ?? { kind: 'stay' }, metainfo.length, () =>
      this.#leave(),
    );
  }

  // --- lifetime ------------------------------------------------------------------------------------------------

  /** Opens the storage, finds out what is there, then goes online. Failures end in the state `error`. */
  start(): Promise<void> {
    this.#checkRun = this.#start();
    return this.#checkRun;
  }

  async #start(): Promise<void> {
    try {
      await this.#storage.open();
      this.#opened = true;
      const { totals, proven } = await checkExisting({
        metainfo: this.metainfo,
        storage: this.#storage,
        resume: this.#resume,
        io: this.#io,
        budget: this.#engine.budget,
        mode: this.#options.check ?? 'auto',
        signal: this.#abort.signal,
        markHave: piece => this.#markHave(piece),
      });
      if (this.#abort.signal.aborted) return;
      this.#earlier = totals;
      if (proven.length > 0 || !this.core.picker.finished) this.#durability?.found(proven);
      this.#checked.resolve();
      this.#emit({ type: 'checked', piecesDone: this.core.picker.haveCount });
      this.#startedMs = nowMs();
      if (this.#paused) this.#state = 'paused';
      else this.#goOnline();
      this.core.checkComplete();
      this.neighbours.poke();
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#fail(error as MillraceError);
    }
  }

  get infoHash(): InfoHash {
    return this.metainfo.infoHash;
  }

  get state(): TorrentState {
    return this.#state;
  }

  /** Where links of this torrent go; undefined while it takes none. */
  get linkTorrent(): LinkTorrent | undefined {
    return this.#online ? this.neighbours : undefined;
  }

  pause(): void {
    if (this.#state === 'closed' || this.#state === 'error') return;
    this.#paused = true;
    if (this.#state === 'checking') return;
    this.#goOffline(new MillraceError('ERR_CLOSED', 'the torrent was paused'));
    this.#state = 'paused';
  }

  /** Goes on after a pause, or tries again after an error: from the first check on when that is what failed. */
  resume(): void {
    if (this.#state !== 'paused' && this.#state !== 'error') return;
    this.#paused = false;
    this.#recover();
    if (this.#checked.settled === 'rejected') {
      this.#checked = new Deferred();
      this.#state = 'checking';
      void this.start();
      return;
    }
    this.#goOnline();
    this.neighbours.poke();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const save = this.#state !== 'error' && this.#state !== 'checking';
    this.#state = 'closed';
    this.#abort.abort();
    const stopped = this.#goOffline(new MillraceError('ERR_CLOSED', 'the torrent was closed'));
    const error = new MillraceError('ERR_CLOSED', 'the torrent was closed');
    for (const wait of [this.#completed, this.#checked]) wait.reject(error);
    this.#waits.fail(error);
    this.neighbours.close(error);
    if (!this.#opened) await this.#storage.close(); // ends an allocation that may take long
    await this.#checkRun; // its last pieces must not touch tables that were given back
    await this.#arrivals.close();
    try {
      await this.#durability?.close(save);
    } catch (cause) {
      this.#engine.log.warn({ err: cause, torrent: this.infoHash }, 'resume state was not saved');
    }
    this.#reader.close();
    this.core.dispose();
    await this.#storage.close();
    await stopped;
    this.#left.resolve();
    this.#events.close();
    this.#host.removed(this);
  }

  #goOnline(): void {
    this.#online = true;
    this.#state = this.core.picker.finished ? 'seeding' : 'downloading';
    this.core.setActive(true);
    this.#bottlenecks.start(nowMs());
    this.#announcing.start();
    this.#dialler.start();
    if (this.#completed.settled === 'resolved') this.#awaitDeparture();
  }

  /** @returns when `stopped` has been told, or after its time-out */
  #goOffline(error: MillraceError): Promise<void> {
    if (!this.#online) return Promise.resolve();
    this.#online = false;
    this.#departure.cancel();
    this.core.setActive(false);
    this.#bottlenecks.stop(nowMs());
    this.#dialler.stop();
    for (const link of [...this.neighbours.links.values()]) link.close(error);
    return this.#announcing.stop();
  }

  #fail(error: unknown): void {
    if (this.#state === 'error' || this.#state === 'closed') return;
    const coded = isMillraceError(error)
      ? error
      : new MillraceError('ERR_STORAGE_IO', 'the torrent failed', {}, error);
    this.#state = 'error';
    this.#error = coded;
    void this.#goOffline(new MillraceError('ERR_CLOSED', 'the torrent has failed'));
    this.#checked.reject(coded);
    this.#completed.reject(coded);
    this.#waits.fail(coded);
    this.#engine.log.error({ err: coded, torrent: this.infoHash }, coded.message);
    this.#emit({ type: 'error', error: coded });
  }

  /** What was rejected with an error, or resolved before more was wanted, is waited for anew. */
  #recover(): void {
    this.#error = undefined;
    this.#waits.recover();
    if (this.#completed.settled === 'rejected' || !this.core.picker.finished)
      this.#completed = pending(this.#completed);
  }

  /** Whoever resumes a torrent that has left wants it to stay. */
  #awaitDeparture(): void {
    if (!this.#left.settled) this.#departure.start(() => this.neighbours.uploader.sentBytes);
  }

  #leave(): void {
    if (this.#state !== 'seeding') return;
    void this.#goOffline(new MillraceError('ERR_CLOSED', 'the torrent left the swarm')).then(() => {
      this.#left.resolve();
      this.#emit({ type: 'left' });
    });
    this.#state = 'paused';
    this.#paused = true;
  }

  // --- waiting and watching ------------------------------------------------------------------------------------

  completed({ signal }: WaitOptions = {}): Promise<void> {
    return abortable(this.#completed.promise, signal);
  }

  checked({ signal }: WaitOptions = {}): Promise<void> {
    return abortable(this.#checked.promise, signal);
  }

  left({ signal }: WaitOptions = {}): Promise<void> {
    return abortable(this.#left.promise, signal);
  }

  on<T extends TorrentEvent['type']>(type: T, listener: (event: TorrentEventOf<T>) => void): this {
    this.#events.on(type, listener);
    return this;
  }

  off<T extends TorrentEvent['type']>(type: T, listener: (event: TorrentEventOf<T>) => void): this {
    this.#events.off(type, listener);
    return this;
  }

  events(options: WaitOptions & { capacity?: number } = {}): AsyncIterable<TorrentEvent> {
    return this.#events.iterate(options);
  }

  stats(): TorrentStats {
    const { core, metainfo, neighbours } = this;
    const peers = neighbours.peerStats();
    const { uploaded, downloaded } = this.#sessionTotals();
    return {
      infoHash: metainfo.infoHash,
      name: metainfo.name,
      state: this.#state,
      error: this.#error,
      length: metainfo.length,
      done: this.#doneBytes,
      wanted: this.#wantedBytes(),
      pieces: metainfo.pieceCount,
      piecesDone: core.picker.haveCount,
      downRate: peers.reduce((sum, peer) => sum + peer.downRate, 0),
      upRate: peers.reduce((sum, peer) => sum + peer.upRate, 0),
      downloaded,
      uploaded,
      wasted: core.downloads.wastedBytes,
      failedPieces: core.failedPieces,
      limitedBy: this.#bottlenecks.limitedBy(nowMs()),
      peers,
      knownPeers: this.#dialler.known,
      trackers: this.#announcing.stats(),
      copies: this.#state === 'closed' ? 0 : core.picker.copies(),
    };
  }

  // --- wishes --------------------------------------------------------------------------------------------------

  addPeer(address: PeerAddress): void {
    this.#dialler.add([address], 'manual');
  }

  setLimits(limits: RateLimits): void {
    this.#limits.set(resolveLimits(limits), nowMs());
    this.neighbours.limitsChanged();
  }

  setSequential(on: boolean): void {
    this.core.picker.setSequential(on);
  }

  select(from: number, to: number, priority: FilePriority): void {
    const { pieceCount } = this.metainfo;
    if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= pieceCount))
      throw new RangeError(`pieces ${from} to ${to} of a torrent of ${pieceCount}`);
    this.#setPieces(from, to, priorityLevel(priority));
  }

  async recheck({ signal }: WaitOptions = {}): Promise<void> {
    if (this.#state === 'closed' || this.#state === 'checking')
      throw new MillraceError('ERR_CLOSED', `a torrent that is ${this.#state} cannot be checked again`);
    const run = this.#recheck(signal);
    this.#checkRun = run.catch(() => {});
    await run;
  }

  async #recheck(signal: AbortSignal | undefined): Promise<void> {
    void this.#goOffline(new MillraceError('ERR_CLOSED', 'the torrent is being checked'));
    this.#state = 'checking';
    this.core.beginCheck();
    const either = signal === undefined ? this.#abort.signal : AbortSignal.any([signal, this.#abort.signal]);
    const proven: number[] = [];
    try {
      await checkPieces(this.#io, this.#engine.budget, allPieces(this.metainfo.pieceCount), {
        signal: either,
        onPiece: (piece, good) => {
          if (!good) return this.#unmarkHave(piece);
          this.#markHave(piece);
          proven.push(piece);
        },
      });
    } finally {
      if (!this.#abort.signal.aborted) {
        this.#recover();
        this.#durability?.found(proven);
        if (this.#paused) this.#state = 'paused';
        else this.#goOnline();
        this.core.checkComplete();
        this.neighbours.poke();
      }
    }
  }

  async saveResume(): Promise<void> {
    await this.#durability?.checkpoint();
  }

  memoryFreed(): void {
    this.core.memoryFreed();
    this.neighbours.poke();
  }

  // --- inside --------------------------------------------------------------------------------------------------

  #act(action: Action): void {
    switch (action.type) {
      case 'verify':
        void this.#arrivals.verify(action.piece, action.at);
        return;
      case 'piece':
        this.#arrivals.settle(action.piece, action.at, action.length);
        this.#doneBytes += action.length;
        this.#waits.arrived(action.piece);
        this.#emit({ type: 'piece', piece: action.piece });
        return;
      case 'piece-failed':
        this.#emit({ type: 'piece-failed', piece: action.piece });
        return;
      case 'prefetch':
        this.#reader.prefetch(action.piece);
        return;
      case 'complete':
        this.#onComplete();
        return;
      case 'disconnect':
        this.neighbours.links.get(action.peer)?.close(action.error);
        return;
      case 'ban':
        this.#onBan(action.address, action.reason, this.neighbours.links.get(action.peer));
        return;
    }
  }

  #onComplete(): void {
    if (!this.core.picker.finished) return; // more was wanted before this turn came
    if (this.#state === 'downloading') this.#state = 'seeding';
    this.#completed.resolve();
    this.#emit({ type: 'complete', bytes: this.#doneBytes, seconds: (nowMs() - this.#startedMs) / 1000 });
    if (this.#online) this.#announcing.completed(this.core.downloads.receivedBytes > 0);
    void this.#durability?.checkpoint().catch(() => {});
    if (this.#online) this.#awaitDeparture();
  }

  #onAttached(link: PeerLink, client: string): void {
    this.#dialler.connected(link);
    this.#emit({ type: 'peer', address: link.name, client });
  }

  #onDetached(link: PeerLink, error: MillraceError | undefined): void {
    this.#dialler.closed(link, error);
    if (link.peerId !== undefined)
      this.#emit({ type: 'peer-closed', address: link.name, code: error?.code ?? 'ERR_PEER_CLOSED' });
  }

  #onBan(address: PeerAddress, reason: string, link: PeerLink | undefined): void {
    this.#host.ban(address, link);
    this.#emit({ type: 'peer-banned', address: link?.name ?? formatAddress(address), reason });
    link?.close(new MillraceError('ERR_PEER_BANNED', `banned: ${reason}`));
  }

  /** The tables are gone once the torrent is closed. */
  #has(piece: number): boolean {
    return this.#state !== 'closed' && this.core.picker.has(piece);
  }

  #countDone(piece: number): void {
    if (this.core.picker.has(piece)) this.#doneBytes += this.core.picker.pieceBytes(piece);
  }

  #markHave(piece: number): void {
    if (this.core.picker.has(piece)) return;
    this.core.markHave(piece);
    this.#countDone(piece);
    this.#waits.arrived(piece);
  }

  #unmarkHave(piece: number): void {
    if (!this.core.picker.has(piece)) return;
    this.core.picker.unmarkHave(piece);
    this.#doneBytes -= this.core.picker.pieceBytes(piece);
  }

  #setPieces(from: number, to: number, level: Priority): void {
    if (this.#state === 'closed') return;
    this.core.setPriority(from, to, level);
    if (!this.core.picker.finished) this.#completed = pending(this.#completed);
    if (this.#state === 'seeding' && !this.core.picker.finished) {
      this.#state = 'downloading';
      this.#dialler.seekAgain();
    }
    this.neighbours.poke();
  }

  #createStorage(): Storage {
    const { files, length } = this.metainfo;
    const { storage = 'file', preallocate, dir } = this.#options;
    if (storage === 'memory') return createMemoryStore({ length, files });
    return createFileStore({
      dir: dir ?? this.#engine.options.dir,
      files: files.map(file => (file.symlink ? { ...file, pad: true } : file)), // links are never made (BEP 47)
      length,
      handles: this.#engine.handles,
      preallocate,
    });
  }

  #createResume(): ResumeStore | undefined {
    const { stateDir } = this.#engine.options;
    const { infoHash, pieceCount, files } = this.metainfo;
    if (stateDir === undefined || this.#options.storage === 'memory') return undefined;
    return new ResumeStore({ stateDir, infoHash, pieceCount, fileCount: files.length });
  }

  #haveBits(): Uint8Array {
    const { picker } = this.core;
    return new Uint8Array(
      this.#engine.arena.buffer,
      picker.haveAt,
      bitfieldBytes(this.metainfo.pieceCount),
    ).slice();
  }

  #sessionTotals(): { uploaded: number; downloaded: number } {
    return { uploaded: this.neighbours.uploader.sentBytes, downloaded: this.core.downloads.receivedBytes };
  }

  #totals(): Totals {
    const { uploaded, downloaded } = this.#sessionTotals();
    return { uploaded: this.#earlier.uploaded + uploaded, downloaded: this.#earlier.downloaded + downloaded };
  }

  #wantedBytes(): number {
    const { picker } = this.core;
    return this.#bytesOf(picker.wantedCount, picker.priority(this.metainfo.pieceCount - 1) > 0);
  }

  #leftBytes(): number {
    const { picker } = this.core;
    return this.#bytesOf(picker.wantedLeft, picker.isWanted(this.metainfo.pieceCount - 1));
  }

  /** Bytes of so many pieces, the last of the torrent, which may be short, among them or not. */
  #bytesOf(pieces: number, withLast: boolean): number {
    const { pieceLength, length, pieceCount } = this.metainfo;
    return pieces * pieceLength - (withLast ? pieceCount * pieceLength - length : 0);
  }

  #emit(event: TorrentEvent): void {
    this.#events.emit(event);
  }
}
