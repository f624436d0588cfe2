import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import type { WorkerPool } from '../../workers/pool.js';
import type { LimitedBy, LimitLedger } from '../policy/limiting.js';
import { downloadWaits, uploadWaits } from '../swarm/bottleneck.js';
import type { TorrentCore } from '../swarm/torrent-core.js';
import type { PieceIo } from './piece-io.js';

/** How often the event loop and the workers are asked what they did, and only in turns: an idle torrent costs nothing. */
const MEASURE_MS = 100;

export interface BottleneckWatchOptions {
  /** Books on while nobody watches. */
  readonly ledger: LimitLedger;
  readonly core: TorrentCore;
  readonly pool: WorkerPool;
  readonly io: PieceIo;
  /** A rate limit keeps some peer from being read. */
  readonly held: () => boolean;
  /** Pieces that are being hashed or written. */
  readonly verifying: () => number;
}

/** Counters as they stood at a time. */
interface Reading {
  readonly atMs: number;
  readonly loop: EventLoopUtilization;
  readonly hashMs: number;
  readonly fileMs: number;
  readonly storageMs: number;
}

/** Books what a torrent waits for, turn by turn, with what event loop and workers did meanwhile. */
export class BottleneckWatch {
  /** Undefined while the torrent is not active. */
  #last: Reading | undefined;

  constructor(readonly options: BottleneckWatchOptions) {}

  /** The torrent goes online: its time counts from now on. */
  start(nowMs: number): void {
    this.#last = this.#read(nowMs);
    this.turn(nowMs);
  }

  stop(nowMs: number): void {
    this.#measure(nowMs);
    this.#last = undefined;
    this.options.ledger.turn(undefined, nowMs);
  }

  /** After whatever may have changed what the torrent waits for. */
  turn(nowMs: number): void {
    if (this.#last === undefined) return;
    if (nowMs - this.#last.atMs >= MEASURE_MS) this.#measure(nowMs);
    const { core, held, verifying } = this.options;
    const peers = core.peers.values();
    const waits = core.picker.finished
      ? uploadWaits(peers)
      : downloadWaits(peers, core.downloads.openPieces, { held: held(), verifying: verifying() }, nowMs);
    this.options.ledger.turn(waits, nowMs);
  }

  limitedBy(nowMs: number): LimitedBy {
    this.#measure(nowMs);
    return this.options.ledger.shares();
  }

  #read(nowMs: number): Reading {
    const { pool, io } = this.options;
    const { hashMs, fileMs } = pool.stats();
    const loop = performance.eventLoopUtilization();
    return { atMs: nowMs, loop, hashMs, fileMs, storageMs: io.storageMs };
  }

  #measure(nowMs: number): void {
    const last = this.#last;
    if (last === undefined || nowMs <= last.atMs) return;
    const now = this.#read(nowMs);
    const { utilization } = performance.eventLoopUtilization(now.loop, last.loop);
    const hashMs = now.hashMs - last.hashMs;
    const fileMs = now.fileMs - last.fileMs;
    const diskMs = fileMs + now.storageMs - last.storageMs;
    // Without worker threads the loop is busy with jobs, too.
    const jobs = this.options.pool.stats().workers === 0 ? (hashMs + fileMs) / (nowMs - last.atMs) : 0;
    this.options.ledger.measure({ busy: utilization - jobs, jobs, hashMs, diskMs }, nowMs);
    this.#last = now;
  }
}
