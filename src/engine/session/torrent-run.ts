import { isMillraceError, MillraceError } from '../errors.js';
import type { InfoHash } from '../ids.js';
import type { Priority } from '../policy/picker.js';
import { checkGeometry } from '../policy/picker-options.js';
import type { IpFamily } from '../protocol/compact.js';
import type { Metainfo } from '../protocol/metainfo-types.js';
import { checkAddOptions } from './add-options.js';
import { allPieces } from './checker.js';
import { nowMs } from './clock.js';
import { Departure } from './departure.js';
import { checkPieceFits, type Engine } from './engine.js';
import { EventHub } from './events.js';
import { Hashing } from './hashing.js';
import { findExisting, piecesToCheck } from './initial-check.js';
import { Presence, type PresenceHost } from './presence.js';
import { Relocation } from './relocation.js';
import type { Restable, Resting } from './resting.js';
import { TorrentFiles } from './torrent-files.js';
import type { PartsOwner } from './torrent-parts.js';
import { describeTorrent, glanceAt, type StateNow } from './torrent-stats.js';
import type { AddOptions, TorrentGlance, TorrentState, TorrentStats } from './types.js';
import { Deferred, pending } from './waits.js';
import { Workings } from './workings.js';

/** What a torrent needs of its session besides the engine. */
export interface TorrentHost extends PresenceHost {
  readonly resting: Resting;
  /** As whom everybody knows us by this family, if others reach us there. */
  readonly ownHost: (family: IpFamily) => string | undefined;
  removed(torrent: TorrentRun): void;
}

/**
 * One torrent of a session: its states and what leads from one to the next. It joins what it works with (workings), how
 * it is known (presence), and what its users see (files, events, and the promises of its milestones).
 */
export class TorrentRun implements PartsOwner, Restable {
  readonly workings: Workings;
  readonly presence: Presence;
  readonly events = new EventHub();
  readonly left = new Deferred();
  checked = new Deferred();
  completed = new Deferred();

  readonly #engine: Engine;
  readonly #host: TorrentHost;
  readonly #options: AddOptions;
  readonly #check: Hashing;
  readonly #departure: Departure | undefined;
  #files: TorrentFiles | undefined;
  #relocation: Relocation | undefined;
  #state: TorrentState = 'checking';
  #error: MillraceError | undefined;
  #paused: boolean;
  #startedMs = nowMs();
  /** The check that runs, or the last one; it never rejects. */
  #checkRun: Promise<void> = Promise.resolve();
  #opened = false;
  /** Peers are kept away. */
  #held = false;
  #closing: Promise<void> | undefined;

  constructor(
    engine: Engine,
    readonly metainfo: Metainfo,
    options: AddOptions,
    host: TorrentHost,
  ) {
    checkAddOptions(options, metainfo.files.length);
    checkPieceFits(metainfo.pieceLength, engine.options.memoryBytes);
    checkGeometry(metainfo.pieceCount, metainfo.pieceLength, metainfo.length);
    this.#engine = engine;
    this.#host = host;
    this.#options = options;
    this.#paused = options.paused ?? false;
    const { listenPort, ownHost } = host;
    this.workings = new Workings({ engine, metainfo, options, listenPort, ownHost, owner: this });
    this.presence = new Presence(
      engine,
      host,
      this.workings,
      this.events,
      options.trackers ?? metainfo.announce,
    );
    this.#check = new Hashing(this.workings, engine.budget);
    this.presence.add(options.peers ?? [], 'manual');
    const { onComplete, select, priorities } = options;
    if (onComplete !== undefined)
      this.#departure = new Departure(
        onComplete,
        () => this.workings.wantedBytes,
        () => this.#leave(),
      );
    if (select !== undefined || priorities !== undefined) this.files.begin(select, priorities);
  }

  get infoHash(): InfoHash {
    return this.metainfo.infoHash;
  }

  get state(): TorrentState {
    return this.#state;
  }

  get #isClosed(): boolean {
    return this.#state === 'closed';
  }

  get #now(): StateNow {
    const checkProgress = this.#state === 'checking' ? this.#check.progress : 1;
    return { state: this.#state, error: this.#error, checkProgress };
  }

  get relocation(): Relocation {
    this.#relocation ??= new Relocation(this);
    return this.#relocation;
  }

  get files(): TorrentFiles {
    this.#files ??= new TorrentFiles(this.workings, (from, to, level) => this.setPieces(from, to, level));
    return this.#files;
  }

  priorities(): Priority[] {
    return this.metainfo.files.map((_, index) => this.#files?.filePriority(index) ?? 2);
  }

  stats(): TorrentStats {
    return describeTorrent(this.#now, this.workings, this.presence);
  }

  light(): TorrentGlance {
    return glanceAt(this.#now, this.workings, this.presence.complaint);
  }

  // --- lifetime ------------------------------------------------------------------------------------------------

  /** Opens the storage, finds out what is there, then goes online. Failures end in the state `error`. */
  start(): Promise<void> {
    this.#checkRun = this.#start();
    return this.#checkRun;
  }

  async #start(): Promise<void> {
    const { metainfo, workings } = this;
    const { storage, resume, durability } = workings.disk;
    try {
      await storage.open();
      this.#opened = true;
      const mode = this.#options.check ?? 'auto';
      const existing = await findExisting({ metainfo, storage, resume, mode });
      if (this.#isClosed) return;
      workings.account.earlier = existing.traffic;
      const proven = await this.#check.take(existing);
      if (this.#isClosed) return;
      if (existing.complete && existing.saved) durability?.loaded();
      if (proven.length > 0 || workings.lacks) durability?.found(proven);
      this.checked.resolve();
      this.events.emit({ type: 'checked', piecesDone: workings.piecesDone });
      this.#startedMs = nowMs();
      this.#endCheck();
    } catch (error) {
      if (!this.#isClosed) this.fail(error);
    }
  }

  pause(): void {
    if (this.#state === 'closed' || this.#state === 'error') return;
    this.#paused = true;
    if (this.#state === 'checking') return;
    void this.#goOffline('the torrent was paused');
    this.#state = 'paused';
  }

  /** Goes on after a pause, or tries again after an error: from the first check on when that is what failed. */
  resume(): void {
    if (this.#state === 'checking') this.#paused = false; // the check goes on with it
    if (this.#state !== 'paused' && this.#state !== 'error') return;
    this.#paused = false;
    this.#recover();
    if (this.checked.settled === 'rejected') {
      this.checked = new Deferred();
      this.#state = 'checking';
      void this.start();
      return;
    }
    this.#goOnline();
    this.workings.working?.neighbours.poke();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    const { workings } = this;
    const save = this.#state !== 'error' && this.#state !== 'checking';
    this.#state = 'closed';
    this.#check.abort();
    const stopped = this.#goOffline('the torrent was closed');
    const early = this.#opened ? undefined : workings.openDisk?.storage.close(); // ends an allocation that may take long
    if (this.#relocation !== undefined) await this.#relocation.close();
    const error = new MillraceError('ERR_CLOSED', 'the torrent was closed');
    for (const wait of [this.completed, this.checked]) wait.reject(error);
    workings.end(error);
    await early;
    await this.#checkRun; // its last pieces must not touch tables that were given back
    try {
      await workings.save(save);
    } catch (cause) {
      this.warn(cause, 'resume state was not saved');
    }
    await workings.close();
    await stopped;
    this.left.resolve();
    this.events.close();
    this.#host.removed(this);
  }

  #goOnline(): void {
    this.#state = this.workings.lacks ? 'downloading' : 'seeding';
    if (this.workings.lacks) this.#engine.pool.start();
    if (this.#held) return;
    this.presence.start();
    if (this.completed.settled === 'resolved') this.#awaitDeparture();
  }

  hold(): void {
    this.#held = true;
    void this.#goOffline('the files of the torrent are being moved');
  }

  release(): void {
    if (!this.#held) return;
    this.#held = false;
    if (this.#state !== 'downloading' && this.#state !== 'seeding') return;
    this.#goOnline();
    this.workings.working?.neighbours.poke();
  }

  warn(err: unknown, message: string): void {
    this.#engine.log.warn({ err, torrent: this.infoHash }, message);
  }

  /** @returns when `stopped` has been told, or after its time-out */
  #goOffline(why: string): Promise<void> {
    this.#departure?.cancel();
    return this.presence.stop(why);
  }

  fail(error: unknown): void {
    if (this.#state === 'error' || this.#state === 'closed') return;
    const coded = isMillraceError(error)
      ? error
      : new MillraceError('ERR_STORAGE_IO', 'the torrent failed', {}, error);
    this.#state = 'error';
    this.#error = coded;
    void this.#goOffline('the torrent has failed');
    this.checked.reject(coded);
    this.completed.reject(coded);
    this.workings.working?.waits.fail(coded);
    this.#engine.log.error({ err: coded, torrent: this.infoHash }, coded.message);
    this.events.emit({ type: 'error', error: coded });
  }

  /** What was rejected with an error, or resolved before more was wanted, is waited for anew. */
  #recover(): void {
    this.#error = undefined;
    this.workings.working?.waits.recover();
    if (this.completed.settled === 'rejected' || this.workings.lacks)
      this.completed = pending(this.completed);
  }

  /** Whoever resumes a torrent that has left wants it to stay. */
  #awaitDeparture(): void {
    if (!this.left.settled) this.#departure?.start(() => this.workings.account.tally.uploaded);
  }

  #leave(): void {
    if (this.#state !== 'seeding') return;
    void this.#goOffline('the torrent left the swarm').then(() => {
      this.left.resolve();
      this.events.emit({ type: 'left' });
    });
    this.#state = 'paused';
    this.#paused = true;
  }

  // --- checks --------------------------------------------------------------------------------------------------

  async recheck(signal?: AbortSignal): Promise<void> {
    if (this.#state === 'closed' || this.#state === 'checking')
      throw new MillraceError('ERR_CLOSED', `a torrent that is ${this.#state} cannot be checked again`);
    await this.#checkAgain(async () => allPieces(this.metainfo.pieceCount), signal);
  }

  /** After `change` the files may be others; those that are as the state on disk says are trusted. */
  async reconsider(change: () => Promise<void>): Promise<void> {
    await this.#checkRun;
    if (this.#isClosed) throw new MillraceError('ERR_CLOSED', 'the torrent was closed');
    const { metainfo, workings } = this;
    if (!this.#opened) {
      const paused = this.#paused;
      await change();
      this.resume(); // from the first check on
      if (paused) this.pause();
      return;
    }
    try {
      await this.#checkAgain(async () => {
        await change();
        const { storage, resume } = workings.disk;
        return piecesToCheck({ metainfo, storage, resume, mode: 'auto' });
      });
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  async #checkAgain(pieces: () => Promise<Iterable<number>>, signal?: AbortSignal): Promise<void> {
    const run = this.#recheck(pieces, signal);
    this.#checkRun = run.catch(() => {});
    await run;
  }

  async #recheck(pieces: () => Promise<Iterable<number>>, signal: AbortSignal | undefined): Promise<void> {
    const { core } = this.workings.parts;
    void this.#goOffline('the torrent is being checked');
    this.#state = 'checking';
    core.beginCheck();
    const proven: number[] = [];
    try {
      const doubtful = await pieces();
      if (this.#isClosed) throw new MillraceError('ERR_CLOSED', 'the torrent was closed');
      await this.#check.hash(doubtful, proven, signal);
    } finally {
      if (!this.#isClosed) {
        this.#files?.apply(); // something may be lacking that was here
        this.#recover();
        this.workings.disk.durability?.found(proven);
        this.#endCheck();
      }
    }
  }

  /** What is here is known: the torrent goes on, and says when it has all. */
  #endCheck(): void {
    if (this.#paused) this.#state = 'paused';
    else this.#goOnline();
    const { working, lacks } = this.workings;
    if (!lacks) this.workings.release();
    if (working === undefined) {
      setImmediate(() => this.#completeWithoutParts());
      return;
    }
    working.core.checkComplete();
    working.neighbours.poke();
  }

  /** A seed that was trusted has not needed any parts so far. */
  #completeWithoutParts(): void {
    if (this.#state === 'closed' || this.#state === 'error' || this.workings.lacks) return;
    this.complete();
    void this.rest();
  }

  /** All that is wanted is here. */
  complete(): void {
    const { workings } = this;
    if (this.#state === 'downloading') this.#state = 'seeding';
    this.completed.resolve();
    workings.release();
    const seconds = (nowMs() - this.#startedMs) / 1000;
    this.events.emit({ type: 'complete', bytes: workings.doneBytes, seconds });
    this.presence.completed();
    void workings.openDisk?.durability?.save().catch(() => {});
    if (this.presence.online) this.#awaitDeparture();
  }

  async saveResume(): Promise<void> {
    await this.workings.openDisk?.durability?.checkpoint();
  }

  // --- rest ----------------------------------------------------------------------------------------------------

  /** The files have moved: a torrent that was woken for it may rest again. */
  settled(): void {
    this.alone();
  }

  prepared(): void {
    this.#files?.renewed();
  }

  alone(): void {
    if (this.#mayRest) this.#host.resting.add(this);
  }

  async rest(): Promise<void> {
    if (this.#mayRest) await this.workings.rest(() => this.#mayRest);
  }

  get #mayRest(): boolean {
    const still = this.#state === 'seeding' || this.#state === 'paused';
    return still && this.completed.settled === 'resolved' && !this.#files?.chosen && this.workings.mayRest;
  }

  // --- wishes --------------------------------------------------------------------------------------------------

  setPieces(from: number, to: number, level: Priority): void {
    if (this.#isClosed) return;
    const { core, neighbours } = this.workings.parts;
    core.setPriority(from, to, level);
    if (this.workings.lacks) this.completed = pending(this.completed);
    if (this.#state === 'seeding' && this.workings.lacks) {
      this.#state = 'downloading';
      this.presence.seekAgain();
    }
    neighbours.poke();
  }
}
