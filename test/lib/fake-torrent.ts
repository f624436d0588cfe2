import { readFileSync } from 'node:fs';
import {
  type AddOptions,
  type Metainfo,
  MillraceError,
  parseMetainfo,
  type Session,
  type SessionDht,
  type Torrent,
  type TorrentEvent,
  type TorrentGlance,
  type TorrentState,
} from '../../src/index.js';

const PIECE = 16_384;

/** A .torrent of one file, or of several, all of zeros as far as anybody looks. */
export function torrentFile(name: string, lengths: readonly number[] = [3 * PIECE]): Uint8Array {
  const text = (value: string) => `${Buffer.byteLength(value)}:${value}`;
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const files = lengths
    .map((length, i) => `d${text('length')}i${length}e${text('path')}l${text(`file ${i}`)}ee`)
    .join('');
  const what = lengths.length === 1 ? `${text('length')}i${total}e` : `${text('files')}l${files}e`;
  const pieces = Math.ceil(total / PIECE) * 20;
  const info = `d${what}${text('name')}${text(name)}${text('piece length')}i${PIECE}e${text('pieces')}${text('p'.repeat(pieces))}e`;
  return Buffer.from(`d${text('announce')}${text('http://tracker.example/announce')}${text('info')}${info}e`);
}

/** What the daemon sees of an engine's torrent: its states as in the engine, and what happens to it by hand. */
export class FakeTorrent {
  state: TorrentState = 'checking';
  error: MillraceError | undefined;
  done = 0;
  wanted: number;
  downloaded = 0;
  uploaded = 0;
  everDownloaded = 0;
  everUploaded = 0;
  upRate = 0;
  downRate = 0;
  working = true;
  /** Calls of what has no other trace, in order. */
  readonly calls: string[] = [];
  readonly files: { readonly index: number; priority: string; readonly path: string; length: number }[];
  trackers: readonly (readonly string[])[];
  /** A close waits for it. */
  closing: Promise<void> = Promise.resolve();

  readonly #listeners = new Map<string, ((event: unknown) => void)[]>();
  #paused: boolean;
  #recheck: (() => void) | undefined;

  constructor(
    readonly metainfo: Metainfo,
    readonly options: AddOptions,
    readonly onClosed: () => void = () => {},
  ) {
    this.#paused = options.paused ?? false;
    this.wanted = metainfo.length;
    this.trackers = options.trackers ?? metainfo.announce;
    this.files = metainfo.files.map(({ path, length }, index) => ({
      ...{ index, length, priority: 'normal' },
      path: path.join('/'),
    }));
  }

  get infoHash(): string {
    return this.metainfo.infoHash;
  }

  get #lacks(): boolean {
    return this.done < this.wanted;
  }

  on(type: string, listener: (event: never) => void): this {
    const before = this.#listeners.get(type) ?? [];
    this.#listeners.set(type, [...before, listener as (event: unknown) => void]);
    return this;
  }

  emit(event: TorrentEvent): void {
    for (const listener of this.#listeners.get(event.type) ?? []) listener(event);
  }

  // --- what happens to it ----------------------------------------------------------------------------------------

  /** The first check ends and has found so many bytes. */
  async endCheck(done: number): Promise<void> {
    this.done = done;
    this.emit({ type: 'checked', piecesDone: Math.floor(done / PIECE) });
    this.#settle();
    await turn();
    // said a turn later, as by a torrent that has never had parts
    if (!this.#lacks) this.emit({ type: 'complete', bytes: this.done, seconds: 0 });
    await turn();
  }

  /** The rest arrives from peers. */
  complete(): void {
    const bytes = this.wanted - this.done;
    this.downloaded += bytes;
    this.everDownloaded += bytes;
    this.done = this.wanted;
    this.emit({ type: 'piece', piece: 0 });
    this.state = 'seeding';
    this.emit({ type: 'complete', bytes: this.done, seconds: 1 });
  }

  upload(bytes: number): void {
    this.uploaded += bytes;
    this.everUploaded += bytes;
  }

  fail(message = 'the disk is gone'): void {
    this.error = new MillraceError('ERR_STORAGE_IO', message);
    this.state = 'error';
    this.emit({ type: 'error', error: this.error });
  }

  /** A recheck ends; unlike the first check it is no event. */
  async endRecheck(done: number): Promise<void> {
    this.done = done;
    this.#settle();
    this.#recheck?.();
    await turn();
  }

  // --- what is asked of it ---------------------------------------------------------------------------------------

  pause(): void {
    if (this.state === 'closed' || this.state === 'error') return;
    this.#paused = true;
    if (this.state !== 'checking') this.state = 'paused';
  }

  resume(): void {
    if (this.state === 'checking') this.#paused = false;
    if (this.state !== 'paused' && this.state !== 'error') return;
    this.#paused = false;
    this.error = undefined;
    this.#settle();
  }

  recheck(): Promise<void> {
    this.state = 'checking';
    return new Promise(resolve => {
      this.#recheck = resolve;
    });
  }

  async close(): Promise<void> {
    this.state = 'closed';
    await this.closing;
    this.onClosed();
  }

  async removeData(): Promise<void> {
    this.calls.push('removeData');
  }

  async setDir(dir: string, { move }: { move: boolean }): Promise<void> {
    this.calls.push(`setDir ${dir} ${move ? 'move' : 'is there'}`);
  }

  reannounce(): void {
    this.calls.push('reannounce');
  }

  setLimits(limits: object, options: object): void {
    this.calls.push(`setLimits ${JSON.stringify({ ...limits, ...options })}`);
  }

  setMaxPeers(maxPeers: number): void {
    this.calls.push(`setMaxPeers ${maxPeers}`);
  }

  setGroup(group: string | undefined): void {
    this.calls.push(`setGroup ${group}`);
  }

  setSequential(on: boolean): void {
    this.calls.push(`setSequential ${on}`);
  }

  setTrackers(tiers: readonly (readonly string[])[]): void {
    this.trackers = tiers;
  }

  fileDone(): number {
    return 0;
  }

  haveBits(): Uint8Array {
    return new Uint8Array(Math.ceil(this.metainfo.pieceCount / 8));
  }

  light(): TorrentGlance {
    const { state, error, done, wanted, downloaded, uploaded, everDownloaded, everUploaded } = this;
    return {
      ...{ state, error, done, wanted, downloaded, uploaded, everDownloaded, everUploaded },
      ...{ upRate: this.upRate, downRate: this.downRate, working: this.working },
      ...{ wasted: 0, failedPieces: 0, peers: 0, checkProgress: 0 },
    };
  }

  stats(): object {
    return { ...this.light(), name: this.metainfo.name, peers: [], trackers: [] };
  }

  #settle(): void {
    this.state = this.#paused ? 'paused' : this.#lacks ? 'downloading' : 'seeding';
  }
}

/** A magnet link that is followed until somebody plays the peers. */
export interface Sought {
  readonly magnet: string;
  readonly options: AddOptions;
  found(bytes: Uint8Array): void;
  failed(error: MillraceError): void;
}

/** Opens .torrent files by their path, as the engine does, and does nothing with them. */
export class FakeSession {
  dht: { follow: SessionDht['follow'] } | undefined;
  /** Magnet links that were ever added. */
  readonly sought: Sought[] = [];
  readonly torrents = new Map<string, FakeTorrent>();
  /** All that were ever opened. */
  readonly opened: FakeTorrent[] = [];
  readonly forgotten: string[] = [];
  limits: object = {};
  readonly groups = new Map<string, object>();
  address: { host: string; port: number } | undefined = { host: '0.0.0.0', port: 6881 };
  get addresses() {
    return this.address === undefined ? [] : [this.address];
  }
  /** Opening waits for it. */
  opening: Promise<void> = Promise.resolve();
  /** Ports that somebody else has. */
  readonly taken = new Set<number>();

  /** For those who want the engine's. */
  get real(): Session {
    return this as unknown as Session;
  }

  async add(source: string, options: AddOptions): Promise<Torrent> {
    if (/^magnet:/i.test(source)) return this.#open(await this.#seek(source, options), options);
    return this.#open(readFileSync(source), options);
  }

  #seek(magnet: string, options: AddOptions): Promise<Uint8Array> {
    return new Promise((found, failed) => {
      this.sought.push({ magnet, options, found, failed });
      options.signal?.addEventListener('abort', () => failed(new MillraceError('ERR_ABORTED', 'aborted')));
    });
  }

  async #open(bytes: Uint8Array, options: AddOptions): Promise<Torrent> {
    const metainfo = parseMetainfo(bytes);
    if (this.torrents.has(metainfo.infoHash))
      throw new MillraceError('ERR_DUPLICATE_TORRENT', 'the session has this torrent');
    const torrent = new FakeTorrent(metainfo, options, () => this.torrents.delete(metainfo.infoHash));
    this.torrents.set(metainfo.infoHash, torrent);
    this.opened.push(torrent);
    await this.opening;
    return torrent as unknown as Torrent;
  }

  async forget(infoHash: string): Promise<void> {
    this.forgotten.push(infoHash);
  }

  setLimits(limits: object): void {
    this.limits = limits;
  }

  setGroup(name: string, limits: object): void {
    this.groups.set(name, limits);
  }

  async listenOn({ port }: { port: number }): Promise<{ host: string; port: number }> {
    if (this.taken.has(port)) throw new MillraceError('ERR_NET_ADDRESS_IN_USE', `port ${port} is taken`);
    this.address = { host: '0.0.0.0', port: port === 0 ? 40_000 : port };
    return this.address;
  }

  light(): object {
    return { memory: { usedBytes: 0, budgetBytes: 0, tableBytes: 0 } };
  }
}

/** One round of the event loop, in which what was put off is done. */
export function turn(): Promise<void> {
  return new Promise(done => setImmediate(done));
}
