import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Sample } from './e2e-stage.js';
import type { Stage } from './stage.js';

const MAIN = fileURLToPath(new URL('./allocations-main.mjs', import.meta.url));

/** V8 collects once the young generation is full: MiB for each of its halves, more than a transfer here allocates. */
const YOUNG_MIB = 256;
const FLAGS = [`--min-semi-space-size=${YOUNG_MIB}`, `--max-semi-space-size=${YOUNG_MIB}`];

/** Blocks of a request, BEP 3 as practised. */
const BLOCK_BYTES = 16 * 1024;

interface Measured {
  readonly bytes: number;
  readonly heap: number;
  readonly collections: number;
}

export interface Allocated {
  readonly bytesPerBlock: number;
  /** Collections in between: with one of them the figure would be too low. */
  readonly collections: number;
}

/** A download from a process to another; what each allocates in the second half, when its code is warm. */
export async function measureAllocations(
  stage: Stage,
  { torrent, dir }: Sample,
): Promise<{ seed: Allocated; downloader: Allocated }> {
  const seed = new Measurable(stage, { torrent, dir });
  const address = await seed.told('address');
  const downloader = new Measurable(stage, { torrent, dir: stage.path('allocations'), seed: address });
  const measureBoth = async (name: string) => {
    const own = (await downloader.told(name)) as Measured;
    return { seed: await seed.measure(), downloader: own };
  };
  const half = await measureBoth('half');
  const end = await measureBoth('end');
  return { seed: between(half.seed, end.seed), downloader: between(half.downloader, end.downloader) };
}

/** A process of allocations-main.mjs. */
class Measurable {
  readonly #child: ChildProcess;
  readonly #exit: Promise<never>;
  readonly #told: Record<string, unknown>[] = [];

  constructor(stage: Stage, options: object) {
    this.#child = fork(MAIN, [JSON.stringify(options)], { execArgv: FLAGS });
    this.#child.on('message', message => this.#told.push(message as Record<string, unknown>));
    const exit = once(this.#child, 'exit');
    this.#exit = exit.then(([code, signal]) => Promise.reject(new Error(`it ended with ${code ?? signal}`)));
    this.#exit.catch(() => {});
    stage.defer(async () => {
      this.#child.kill('SIGKILL');
      await exit;
    });
  }

  /** What it says under this name; all it said before is passed over. */
  async told(name: string): Promise<unknown> {
    for (;;) {
      const next = this.#told.shift();
      if (next === undefined) await Promise.race([once(this.#child, 'message'), this.#exit]);
      else if (name in next) return next[name];
    }
  }

  measure(): Promise<Measured> {
    this.#child.send('measure');
    return this.told('measured') as Promise<Measured>;
  }
}

function between(from: Measured, to: Measured): Allocated {
  const blocks = (to.bytes - from.bytes) / BLOCK_BYTES;
  return { bytesPerBlock: (to.heap - from.heap) / blocks, collections: to.collections - from.collections };
}
