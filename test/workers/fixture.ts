import { createHash } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '../../src/engine/policy/rng.js';
import { type Arena, createArena } from '../../src/workers/arena.js';
import { createPool, type PoolOptions, type WorkerPool } from '../../src/workers/pool.js';

export type Mode = 'auto' | 'wasm' | 'js' | 'inline';

/** The ways to run the pool that must not differ in what they do. */
export const MODES: readonly Mode[] = ['wasm', 'js', 'inline'];

const MiB = 1024 * 1024;

/** An arena, a pool and a folder; `dispose` ends all three. */
export class Fixture {
  readonly arena: Arena;
  readonly pool: WorkerPool;
  readonly folder = mkdtempSync(join(tmpdir(), 'millrace-pool-'));
  readonly #rng = createRng(1);
  readonly #open: number[] = [];

  constructor(mode: Mode, options: Omit<PoolOptions, 'arena'> = {}) {
    const workers = mode === 'inline' ? 0 : 2;
    this.arena = createArena({
      budgetBytes: 32 * MiB,
      tablesBytes: MiB,
      threads: workers,
      kernels: mode === 'inline' ? 'auto' : mode,
    });
    this.pool = createPool({ arena: this.arena, workers, ...options });
  }

  /** A slot full of random bytes. */
  piece(length: number): { at: number; length: number; digest: Uint8Array; bytes: Uint8Array } {
    const at = this.arena.slots.allocate(length);
    if (at < 0) throw new Error('out of slots');
    const bytes = this.arena.bytes.subarray(at, at + length);
    for (let i = 0; i < length; i += 4) {
      const word = this.#rng.u32();
      for (let k = 0; k < 4 && i + k < length; k++) bytes[i + k] = word >>> (8 * k);
    }
    return { at, length, digest: sha1(bytes), bytes };
  }

  open(name: string, flags = 'w+'): number {
    const fd = openSync(join(this.folder, name), flags);
    this.#open.push(fd);
    return fd;
  }

  content(name: string): Buffer {
    return readFileSync(join(this.folder, name));
  }

  async dispose(): Promise<void> {
    await this.pool.close();
    for (const fd of this.#open) closeSync(fd);
    rmSync(this.folder, { recursive: true });
  }
}

export function sha1(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha1').update(bytes).digest());
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(bytes).digest());
}
