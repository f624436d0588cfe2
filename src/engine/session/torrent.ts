import type { InfoHash, PeerAddress } from '../ids.js';
import type { Metainfo } from '../protocol/metainfo-types.js';
import { checkAddOptions } from './add-options.js';
import { priorityLevel, priorityName } from './file-handle.js';
import type { TorrentRun } from './torrent-run.js';
import type {
  FilePriority,
  MoveOptions,
  RateLimits,
  Rename,
  Torrent,
  TorrentEvent,
  TorrentEventOf,
  TorrentFileHandle,
  TorrentGlance,
  TorrentState,
  TorrentStats,
  WaitOptions,
} from './types.js';
import { abortable } from './waits.js';

/** A torrent as users hold it: what it is and may be asked for, nothing of how it works. */
export class SessionTorrent implements Torrent {
  readonly #run: TorrentRun;

  constructor(run: TorrentRun) {
    this.#run = run;
  }

  get infoHash(): InfoHash {
    return this.#run.infoHash;
  }

  get metainfo(): Metainfo {
    return this.#run.metainfo;
  }

  get state(): TorrentState {
    return this.#run.state;
  }

  get files(): readonly TorrentFileHandle[] {
    return this.#run.files.handles;
  }

  stats(): TorrentStats {
    return this.#run.stats();
  }

  light(): TorrentGlance {
    return this.#run.light();
  }

  haveBits(): Uint8Array {
    return this.#run.workings.haveBits();
  }

  availability(): Uint16Array {
    return this.#run.workings.availability();
  }

  fileDone(index: number): number {
    const file = this.#run.metainfo.files[index];
    if (file === undefined)
      throw new RangeError(`file ${index} of a torrent of ${this.metainfo.files.length}`);
    return this.#run.workings.doneIn(file);
  }

  // --- waiting and watching ------------------------------------------------------------------------------------

  completed({ signal }: WaitOptions = {}): Promise<void> {
    return abortable(this.#run.completed.promise, signal);
  }

  checked({ signal }: WaitOptions = {}): Promise<void> {
    return abortable(this.#run.checked.promise, signal);
  }

  left({ signal }: WaitOptions = {}): Promise<void> {
    return abortable(this.#run.left.promise, signal);
  }

  on<T extends TorrentEvent['type']>(type: T, listener: (event: TorrentEventOf<T>) => void): this {
    this.#run.events.on(type, listener);
    return this;
  }

  off<T extends TorrentEvent['type']>(type: T, listener: (event: TorrentEventOf<T>) => void): this {
    this.#run.events.off(type, listener);
    return this;
  }

  events(options: WaitOptions & { capacity?: number } = {}): AsyncIterable<TorrentEvent> {
    return this.#run.events.iterate(options);
  }

  // --- wishes --------------------------------------------------------------------------------------------------

  addPeer(address: PeerAddress): void {
    this.#run.presence.add([address], 'manual');
  }

  get trackers(): readonly (readonly string[])[] {
    return this.#run.presence.tiers;
  }

  setTrackers(tiers: readonly (readonly string[])[]): void {
    checkAddOptions({ trackers: tiers }, 0);
    this.#run.presence.setTrackers(tiers);
  }

  reannounce(): void {
    this.#run.presence.announceAgain();
  }

  filePriorities(): FilePriority[] {
    return this.#run.priorities().map(priorityName);
  }

  pause(): void {
    this.#run.pause();
  }

  resume(): void {
    this.#run.resume();
  }

  setLimits(limits: RateLimits, { ownOnly }: { ownOnly?: boolean } = {}): void {
    this.#run.workings.setLimits(limits, ownOnly);
  }

  setMaxPeers(maxPeers: number): void {
    checkAddOptions({ maxPeers }, 0);
    this.#run.workings.setMaxPeers(maxPeers);
    this.#run.presence.maxPeersChanged();
  }

  setGroup(name: string | undefined): void {
    this.#run.workings.setGroup(name);
  }

  setSequential(on: boolean): void {
    this.#run.workings.setSequential(on);
  }

  select(from: number, to: number, priority: FilePriority): void {
    const { pieceCount } = this.metainfo;
    if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= pieceCount))
      throw new RangeError(`pieces ${from} to ${to} of a torrent of ${pieceCount}`);
    this.#run.setPieces(from, to, priorityLevel(priority));
  }

  recheck({ signal }: WaitOptions = {}): Promise<void> {
    return this.#run.recheck(signal);
  }

  saveResume(): Promise<void> {
    return this.#run.saveResume();
  }

  get renames(): readonly Rename[] {
    return this.#run.workings.place.renames;
  }

  rename(path: string, name: string): Promise<void> {
    return this.#run.relocation.rename(path, name);
  }

  get dir(): string {
    return this.#run.workings.place.dir;
  }

  setDir(dir: string, options: MoveOptions): Promise<void> {
    checkAddOptions({ dir }, 0);
    return this.#run.relocation.setDir(dir, options);
  }

  close(): Promise<void> {
    return this.#run.close();
  }

  async removeData(): Promise<void> {
    await this.#run.close();
    await this.#run.relocation.removeData();
  }
}
