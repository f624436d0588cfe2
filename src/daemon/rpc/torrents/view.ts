import type { Metainfo, TorrentStats } from '../../../index.js';
import type { Entry } from '../../torrents/entry.js';
import { type Status, statusOf } from '../../torrents/status.js';
import type { RpcContext } from '../context.js';
import type { Dialect } from '../spelling.js';

type Light = ReturnType<NonNullable<Entry['torrent']>['light']>;

/** A torrent that could not be opened. */
const UNKNOWN: Light = {
  state: 'error',
  done: 0,
  wanted: 0,
  downRate: 0,
  upRate: 0,
  downloaded: 0,
  uploaded: 0,
  wasted: 0,
  failedPieces: 0,
  everDownloaded: 0,
  everUploaded: 0,
  peers: 0,
  checkProgress: 0,
  working: false,
};

/** A torrent while it is described; each thing that several fields need is asked for once. */
export class TorrentView {
  #light: Light | undefined;
  #stats: TorrentStats | undefined;
  #status: Status | undefined;

  constructor(
    readonly entry: Entry,
    readonly context: RpcContext,
    readonly dialect: Dialect,
  ) {}

  get light(): Light {
    this.#light ??= this.entry.torrent?.light() ?? UNKNOWN;
    return this.#light;
  }

  /** With peers and trackers: not for lists of all torrents. */
  get stats(): TorrentStats | undefined {
    this.#stats ??= this.entry.torrent?.stats();
    return this.#stats;
  }

  get status(): Status {
    this.#status ??= statusOf(this.entry);
    return this.#status;
  }

  get metainfo(): Metainfo | undefined {
    return this.entry.torrent?.metainfo;
  }

  get size(): number {
    return this.metainfo?.length ?? this.entry.record.length;
  }

  /** Of one that could not be opened everything: nobody is to take it for complete. */
  get left(): number {
    if (this.entry.torrent === undefined) return this.size;
    return Math.max(0, this.light.wanted - this.light.done);
  }
}
