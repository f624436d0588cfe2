import { createHash } from 'node:crypto';
import { type Arena, createArena } from '../../workers/arena.js';
import { createPool, type WorkerPool } from '../../workers/pool.js';
import { MillraceError } from '../errors.js';
import type { PeerKey } from '../ids.js';
import { PeerMemory } from '../policy/peer-memory.js';
import { createRng, type Rng } from '../policy/rng.js';
import { mapStorageError } from '../storage/errors.js';
import { HandleCache } from '../storage/handle-cache.js';
import { SharedLimits } from './limits.js';
import { MemoryBudget } from './memory-budget.js';
import type { ResolvedOptions } from './options.js';
import { OwnAddresses } from './own-addresses.js';
import { ReadCache } from './read-cache.js';
import { TimerQueue } from './timer-queue.js';
import { LimitGroups } from './torrent-limits.js';
import type { KernelsOption, LogSink, SessionStats } from './types.js';

/** Memory, threads and open files: what all torrents of a session share, and what create and verify use alone. */
export interface Machinery {
  readonly arena: Arena;
  readonly pool: WorkerPool;
  readonly budget: MemoryBudget;
  readonly cache: ReadCache;
  readonly handles: HandleCache;
  close(): Promise<void>;
}

export interface MachineryOptions {
  readonly workers: number;
  readonly kernels: KernelsOption;
  readonly memoryBytes: number;
  /** Default: as many as the handle cache has by itself. */
  readonly maxOpenFiles?: number;
  readonly onWorkerLost?: () => void;
}

export function createMachinery({
  workers,
  kernels,
  memoryBytes,
  maxOpenFiles,
  onWorkerLost,
}: MachineryOptions): Machinery {
  const arena = createArena({ budgetBytes: memoryBytes, threads: workers, kernels });
  const pool = createPool({
    arena,
    workers,
    mapError: failure =>
      failure.code === 'EOF'
        ? new MillraceError(
            'ERR_STORAGE_MISSING',
            `a file is shorter than the torrent says: ${failure.message}`,
          )
        : mapStorageError(failure, 'torrent data'),
    onWorkerLost,
  });
  const budget = new MemoryBudget(arena.slots);
  const cache = new ReadCache(budget);
  const handles = new HandleCache({ maxHandles: maxOpenFiles });
  return {
    arena,
    pool,
    budget,
    cache,
    handles,
    async close() {
      await pool.close();
      await handles.close();
    },
  };
}

/** Everything that a torrent gets from its session. */
export interface Engine extends Machinery {
  readonly options: ResolvedOptions;
  readonly peerId: Uint8Array;
  readonly rng: Rng;
  readonly log: LogSink;
  /** Limits of the whole session. */
  readonly limits: SharedLimits;
  readonly groups: LimitGroups;
  /** Calls that torrents wait for while they have nothing else to do. */
  readonly timers: TimerQueue;
  readonly memory: PeerMemory;
  /** Where we are for others. */
  readonly own: OwnAddresses;
  /** Whether peers exchange addresses of others, from now on. */
  pex: boolean;
  nextPeerKey(): PeerKey;
  nextTorrentNumber(): number;
  sha1(bytes: Uint8Array): Uint8Array;
}

export function createEngine(options: ResolvedOptions, peerId: Uint8Array): Engine {
  let peers = 0;
  let torrents = 0;
  const { log, seed, limits } = options;
  const machinery = createMachinery({
    workers: options.workers,
    kernels: options.kernels,
    memoryBytes: options.memoryBytes,
    maxOpenFiles: options.maxOpenFiles,
    onWorkerLost: () => log.warn({ code: 'ERR_WORKER_LOST' }, 'a worker thread ended and was replaced'),
  });
  return {
    ...machinery,
    options,
    peerId,
    rng: createRng(seed),
    log,
    limits: new SharedLimits(limits),
    groups: new LimitGroups(),
    timers: new TimerQueue(),
    memory: new PeerMemory(),
    own: new OwnAddresses(),
    pex: options.pex,
    nextPeerKey: () => ++peers,
    nextTorrentNumber: () => ++torrents,
    sha1,
  };
}

export function sha1(bytes: Uint8Array): Uint8Array {
  return createHash('sha1').update(bytes).digest();
}

export function describeKernels({ arena }: Machinery): SessionStats['kernels'] {
  const { kernels, hash, sharedMemory, reason } = arena.describe();
  return { name: kernels, sha1: hash.sha1, sha256: hash.sha256, sharedMemory, reason };
}

/** A slot must hold a piece, and one is being filled while another is being written. */
export function checkPieceFits(pieceLength: number, budgetBytes: number): void {
  if (2 * pieceLength <= budgetBytes) return;
  throw new MillraceError(
    'ERR_MEMORY_BUDGET',
    `pieces have ${pieceLength} bytes, the memory budget of ${budgetBytes} holds less than two`,
    { pieceLength, budgetBytes },
  );
}
