import type { InfoHash, MillraceError, Torrent } from '../../index.js';
import type { TorrentRecord } from './record.js';

/** A torrent of the daemon: what is remembered of it, and the engine's, when it could be opened. */
export interface Entry {
  /** From 1, in the order in which they came in this run. */
  readonly id: number;
  readonly infoHash: InfoHash;
  readonly record: TorrentRecord;
  /** Undefined while it is opened, and when that failed. */
  readonly torrent: Torrent | undefined;
  /** Why it could not be opened, or what went wrong with its files outside of the engine. */
  readonly failure: MillraceError | undefined;
  /** Place in the queue from 0, as of when it was last asked for. */
  readonly position: number;
  /** The queue lets it run. */
  readonly admitted: boolean;
  /** By the monotonic clock: the last edit or payload. */
  readonly changedMs: number;
  /** Payload was seen last. */
  readonly movedMs: number;
  /** A copy to another file system goes on. */
  readonly moving: { readonly done: number; readonly total: number } | undefined;
}

/** For the catalog and what keeps it: everybody else reads. */
export type MutableEntry = { -readonly [K in keyof Entry]: Entry[K] };
