import { mkdirSync, rmSync } from 'node:fs';
import { mkdtemp, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { CliError } from '../failure.js';
import { formatBytes } from '../format.js';

/** The folder of a swarm: a temporary one that goes with the swarm, or one that the user named, which stays. */
export class Workspace {
  readonly #removeNow = () => this.remove();

  private constructor(
    readonly dir: string,
    private readonly temporary: boolean,
  ) {
    // Also after an exception or a second Ctrl-C, when nothing asynchronous runs any more.
    process.on('exit', this.#removeNow);
  }

  static async open(dir: string | undefined): Promise<Workspace> {
    if (dir === undefined) return new Workspace(await mkdtemp(join(tmpdir(), 'millrace-swarm-')), true);
    mkdirSync(dir, { recursive: true });
    return new Workspace(resolve(dir), false);
  }

  /** A new or existing folder of the swarm. */
  folder(name: string): string {
    const path = join(this.dir, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  /** @throws CliError ENOSPC when the disk has less than that free: better now than half-way. */
  async requireSpace(bytes: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.dir);
    const free = bavail * bsize;
    if (free >= bytes) return;
    throw new CliError(
      'ENOSPC',
      `the swarm needs ${formatBytes(bytes)} in ${this.dir}, ${formatBytes(free)} are free; --dir names another folder`,
    );
  }

  remove(): void {
    process.off('exit', this.#removeNow);
    if (this.temporary) rmSync(this.dir, { recursive: true, force: true, maxRetries: 3 });
  }
}
