import { allBits, noBits } from '../bits.js';
import { MillraceError } from '../errors.js';
import type { PeerKey } from '../ids.js';
import { type LimitedBy, LimitLedger } from '../policy/limiting.js';
import type { IpFamily } from '../protocol/compact.js';
import type { Metainfo, TorrentFile } from '../protocol/metainfo-types.js';
import { Account } from './account.js';
import { nowMs } from './clock.js';
import type { Engine } from './engine.js';
import type { PeerLink } from './link.js';
import { failedWaits, type PieceWaits } from './piece-waits.js';
import { Place } from './place.js';
import { doneIn } from './progress.js';
import { StoredMetainfo } from './stored-metainfo.js';
import { TorrentDisk } from './torrent-disk.js';
import { TorrentLimits } from './torrent-limits.js';
import { type PartsOwner, TorrentParts } from './torrent-parts.js';
import type { AddOptions, RateLimits } from './types.js';

const NOBODY = { nobody: 1 };
const IDLE = { busy: 0, jobs: 0, hashMs: 0, diskMs: 0 };
/** Nobody has ever come. */
const NOTHING_BOOKED = new LimitLedger().shares();
const NO_LINKS: ReadonlyMap<PeerKey, PeerLink> = new Map();

export interface WorkingsOptions {
  readonly engine: Engine;
  readonly metainfo: Metainfo;
  readonly options: AddOptions;
  readonly listenPort: () => number | undefined;
  readonly ownHost: (family: IpFamily) => string | undefined;
  readonly owner: PartsOwner;
}

/**
 * What a torrent works with, its disk and its parts: made when they are needed, and given back when it rests. A torrent
 * can rest when it is complete and nobody is connected: then there is nothing to know but what was counted.
 */
export class Workings {
  readonly account = new Account(this);
  readonly place: Place;
  /** Bytes that are wanted, while there are no parts that know. */
  wantedAtRest: number;
  /** All pieces are here; kept while there are no parts that know better. */
  #complete = false;
  #disk: TorrentDisk | undefined;
  #parts: TorrentParts | undefined;
  readonly #limits: TorrentLimits;
  /** Connections that it may have. */
  #maxPeers: number;
  #sequential: boolean | undefined;
  /** Number in the read cache; 0 before there were parts. */
  #number = 0;
  /** Where the time went; a torrent that has never been at work has none. */
  #ledger: LimitLedger | undefined;
  #closed = false;
  /** Its files are being moved. */
  #relocating = false;
  /** The disk that was given back last. */
  #closing: Promise<void> | undefined;

  /** @throws MillraceError ERR_STORAGE_PATH, those of wrong renames; RangeError for files that leave gaps */
  constructor(readonly options: WorkingsOptions) {
    const { engine, metainfo } = options;
    const { dir = engine.options.dir, renames, limits, ownLimitsOnly = false, group } = options.options;
    const { maxPeers = engine.options.maxPeersPerTorrent } = options.options;
    this.wantedAtRest = metainfo.length;
    this.place = new Place(metainfo, dir, renames);
    this.#limits = new TorrentLimits({
      ...{ session: engine.limits, groups: engine.groups, limits, ownOnly: ownLimitsOnly, group },
    });
    this.#maxPeers = maxPeers;
    this.#disk = this.#createDisk();
  }

  get metainfo(): Metainfo {
    return this.options.metainfo;
  }

  /** Made anew when the torrent rests. */
  get disk(): TorrentDisk {
    this.#disk ??= this.#createDisk();
    return this.#disk;
  }

  /** Made when there are none. */
  get parts(): TorrentParts {
    if (this.#parts !== undefined) return this.#parts;
    this.#parts = this.#createParts();
    this.options.owner.prepared();
    return this.#parts;
  }

  /** Nothing when it rests. */
  get openDisk(): TorrentDisk | undefined {
    return this.#disk;
  }

  /** Nothing when it rests. */
  get working(): TorrentParts | undefined {
    return this.#parts;
  }

  // --- what is known, working or at rest -------------------------------------------------------------------------

  get links(): ReadonlyMap<PeerKey, PeerLink> {
    return this.#parts?.neighbours.links ?? NO_LINKS;
  }

  /** Something that is wanted is lacking. */
  get lacks(): boolean {
    return !(this.#parts?.core.picker.finished ?? this.#complete);
  }

  /** All pieces are here. */
  get isComplete(): boolean {
    return this.piecesDone === this.metainfo.pieceCount;
  }

  get piecesDone(): number {
    return this.#parts?.core.picker.haveCount ?? (this.#complete ? this.metainfo.pieceCount : 0);
  }

  get doneBytes(): number {
    return this.#parts?.progress.doneBytes ?? (this.#complete ? this.metainfo.length : 0);
  }

  get wantedBytes(): number {
    return this.#parts?.progress.wantedBytes ?? this.wantedAtRest;
  }

  get leftBytes(): number {
    return this.#parts?.progress.leftBytes ?? (this.#complete ? 0 : this.metainfo.length);
  }

  /** A copy of the verified bits. */
  haveBits(): Uint8Array {
    return this.#closed ? noBits(this.metainfo.pieceCount) : this.#haveBits();
  }

  /** How many neighbours have each piece. */
  availability(): Uint16Array {
    const picker = this.#closed ? undefined : this.#parts?.core.picker;
    return picker?.availabilities() ?? new Uint16Array(this.metainfo.pieceCount);
  }

  /** Verified bytes of a file. */
  doneIn(file: TorrentFile): number {
    if (this.isComplete && !this.#closed) return file.length;
    return this.piecesDone === 0 ? 0 : doneIn(file, this.metainfo.pieceLength, piece => this.has(piece));
  }

  /** Copies in reach. */
  get copies(): number {
    return this.#parts?.core.picker.copies() ?? (this.#complete ? 1 : 0);
  }

  has(piece: number): boolean {
    return this.#parts?.has(piece) ?? (this.#complete && !this.#closed);
  }

  // --- readers of files --------------------------------------------------------------------------------------------

  get waits(): PieceWaits {
    return this.#closed ? (this.#parts?.waits ?? failedWaits(closedError())) : this.parts.waits;
  }

  async read(at: number, into: Uint8Array): Promise<void> {
    if (this.#closed) throw closedError();
    await this.parts.read(at, into);
  }

  // --- what limits it --------------------------------------------------------------------------------------------

  /** The torrent goes online or offline. */
  setActive(active: boolean): void {
    this.#parts?.setActive(active);
    if (this.#parts === undefined) this.#ledger?.turn(active ? NOBODY : undefined, nowMs());
  }

  limitedBy(): LimitedBy {
    const now = nowMs();
    if (this.#parts !== undefined) return this.#parts.bottlenecks.limitedBy(now);
    if (this.#ledger === undefined) return NOTHING_BOOKED;
    this.#ledger.measure(IDLE, now);
    return this.#ledger.shares();
  }

  // --- wishes ----------------------------------------------------------------------------------------------------

  setLimits(limits: RateLimits, ownOnly?: boolean): void {
    if (this.#limits.set(limits, ownOnly)) this.levelsChanged();
    else this.limitsChanged();
  }

  get group(): string | undefined {
    return this.#limits.group;
  }

  setGroup(name: string | undefined): void {
    this.#limits.setGroup(name);
    this.levelsChanged();
  }

  /** Other limits than before hold for it. */
  levelsChanged(): void {
    this.#parts?.neighbours.setLevels(this.#limits.levels());
  }

  get maxPeers(): number {
    return this.#maxPeers;
  }

  setMaxPeers(maxPeers: number): void {
    this.#maxPeers = maxPeers;
    this.#parts?.neighbours.setMaxPeers(maxPeers);
  }

  limitsChanged(): void {
    this.#parts?.neighbours.limitsChanged();
  }

  memoryFreed(): void {
    this.#parts?.core.memoryFreed();
    this.#parts?.neighbours.poke();
  }

  /** What we take of peers has changed, or where we listen. */
  greetAgain(): void {
    this.#parts?.core.greetAgain();
    this.#parts?.neighbours.poke();
  }

  setSequential(on: boolean): void {
    this.#sequential = on;
    this.#parts?.core.picker.setSequential(on);
  }

  // --- files -----------------------------------------------------------------------------------------------------

  /** There are no files. */
  get inMemory(): boolean {
    return this.options.options.storage === 'memory';
  }

  /** Does `work`, which changes the place of the files, while nobody reads or writes them. */
  async relocate(work: () => Promise<void>): Promise<void> {
    this.#relocating = true;
    try {
      await this.disk.relocate(work);
    } finally {
      this.#relocating = false;
      this.#parts?.neighbours.poke();
    }
  }

  // --- rest ------------------------------------------------------------------------------------------------------

  /** All pieces are here, as far as anybody can tell without hashing them. */
  foundComplete(): void {
    this.#complete = true;
    this.#parts?.markAll();
  }

  /** Whether nothing would be lost. What lies in memory alone stays there. */
  get mayRest(): boolean {
    if (this.inMemory || this.#relocating || this.#disk === undefined) return false;
    return this.#parts?.idle ?? this.#complete;
  }

  /** Saves what is to be saved and gives disk and parts back, if `still` nothing speaks against it then. */
  async rest(still: () => boolean): Promise<void> {
    try {
      await this.#disk?.durability?.save();
    } catch {
      return; // the next checkpoint, or the end, tries again
    }
    if (!this.mayRest || !still()) return;
    this.account.keep();
    this.#complete = true;
    this.#parts?.bottlenecks.stop(nowMs());
    this.#parts?.close(new MillraceError('ERR_CLOSED', 'the torrent rests'));
    this.#parts?.dispose();
    this.#parts = undefined;
    this.setActive(this.options.owner.presence.online);
    this.#closing = this.#disk?.close().catch(() => {}); // it has been saved
    this.#disk = undefined;
    this.release();
  }

  /** Piece hashes can be read again when there is something to hash. */
  release(): void {
    const { metainfo } = this.options;
    if (metainfo instanceof StoredMetainfo) metainfo.release();
  }

  /** Ends what goes on with peers and readers. */
  end(error: MillraceError): void {
    this.#closed = true;
    this.#parts?.close(error);
  }

  /** The last of the pieces under way, then the state. @throws MillraceError ERR_STORAGE_* when it cannot be saved */
  async save(really: boolean): Promise<void> {
    await this.#parts?.arrivals.close();
    await this.#disk?.durability?.close(really);
  }

  /** Nothing may be asked of the torrent any more. */
  async close(): Promise<void> {
    this.#parts?.reader.close();
    if (this.#number > 0) this.options.engine.cache.dropTorrent(this.#number);
    this.#parts?.dispose();
    await this.#disk?.storage.close();
    await this.#closing;
  }

  // --- inside ----------------------------------------------------------------------------------------------------

  #createDisk(): TorrentDisk {
    const { engine, metainfo, options } = this.options;
    const disk = new TorrentDisk({
      engine,
      metainfo,
      options,
      place: this.place,
      haveBits: () => this.#haveBits(),
      traffic: () => this.account.ever,
    });
    if (this.#complete) disk.durability?.loaded(); // it was saved before the rest
    return disk;
  }

  #haveBits(): Uint8Array {
    if (this.#parts !== undefined) return this.#parts.progress.haveBits();
    const { pieceCount } = this.metainfo;
    return this.#complete ? allBits(pieceCount) : noBits(pieceCount);
  }

  #createParts(): TorrentParts {
    const { engine, metainfo, options, listenPort, ownHost, owner } = this.options;
    if (this.#number === 0) this.#number = engine.nextTorrentNumber();
    const parts = new TorrentParts({
      engine,
      metainfo,
      hashes: () => (metainfo instanceof StoredMetainfo ? metainfo.hashes() : metainfo.pieces),
      disk: this.disk,
      number: this.#number,
      limits: this.#limits.levels(),
      maxPeers: this.#maxPeers,
      slots: options.slots ?? engine.options.slots,
      slotGrowth: options.slots === undefined ? engine.options.slotGrowth : 'none',
      superSeeding: options.superSeeding ?? engine.options.superSeeding,
      sequential: this.#sequential ?? options.sequential ?? false,
      listenPort,
      ownHost,
      owner,
      ledger: (this.#ledger ??= new LimitLedger()),
    });
    if (owner.presence?.online) parts.bottlenecks.start(nowMs());
    if (owner.state === 'checking') parts.core.beginCheck();
    if (this.#complete) {
      parts.markAll();
      parts.core.completeIsTold();
    }
    parts.neighbours.poke(); // its first turn asks whether anybody has come
    return parts;
  }
}

function closedError(): MillraceError {
  return new MillraceError('ERR_CLOSED', 'the torrent was closed');
}
