import type { Traffic } from './durability.js';

/** Payload and failures, summed up. */
export interface Tally {
  readonly uploaded: number;
  readonly downloaded: number;
  readonly wasted: number;
  readonly failedPieces: number;
}

/** Those who count while a torrent is at work. */
export interface Counters {
  readonly core: {
    readonly downloads: { readonly receivedBytes: number; readonly wastedBytes: number };
    readonly failedPieces: number;
  };
  readonly neighbours: { readonly uploader: { readonly sentBytes: number } };
}

const NO_TALLY: Tally = { uploaded: 0, downloaded: 0, wasted: 0, failedPieces: 0 };
const NO_TRAFFIC: Traffic = { uploaded: 0, downloaded: 0 };

/** What a torrent has moved. Who counted it comes and goes with its rests, and sessions do. */
export class Account {
  /** Of earlier sessions. */
  earlier = NO_TRAFFIC;
  /** Of this session, by those who count no more. */
  #kept = NO_TALLY;

  constructor(readonly torrent: { readonly working: Counters | undefined }) {}

  /** Of this session. */
  get tally(): Tally {
    const { working } = this.torrent;
    if (working === undefined) return this.#kept;
    const { downloads, failedPieces } = working.core;
    return {
      uploaded: this.#kept.uploaded + working.neighbours.uploader.sentBytes,
      downloaded: this.#kept.downloaded + downloads.receivedBytes,
      wasted: this.#kept.wasted + downloads.wastedBytes,
      failedPieces: this.#kept.failedPieces + failedPieces,
    };
  }

  /** Of this session and those before. */
  get ever(): Traffic {
    const { uploaded, downloaded } = this.tally;
    return { uploaded: this.earlier.uploaded + uploaded, downloaded: this.earlier.downloaded + downloaded };
  }

  /** Whoever counts goes now: to be called while they are still there. */
  keep(): void {
    this.#kept = this.tally;
  }
}
