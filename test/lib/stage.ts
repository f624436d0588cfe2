import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Program, type ProgramOptions } from './program.js';

/** Owns what one test starts: a temporary folder, programs, sessions. All of it ends with the test, last come first. */
export class Stage {
  readonly #ends: (() => unknown)[] = [];

  private constructor(readonly dir: string) {}

  static async open(): Promise<Stage> {
    const dir = await realpath(await mkdtemp(join(tmpdir(), 'millrace-test-')));
    const stage = new Stage(dir);
    stage.defer(() => rm(dir, { recursive: true, force: true, maxRetries: 3 }));
    return stage;
  }

  /** A path below the stage's folder; nothing is made there. */
  path(...parts: string[]): string {
    return join(this.dir, ...parts);
  }

  /** `end` runs when the test is over. */
  defer(end: () => unknown): void {
    this.#ends.push(end);
  }

  run(command: string, args: readonly string[], options?: ProgramOptions): Program {
    const program = new Program(command, args, options);
    this.defer(() => program.stop());
    return program;
  }

  async close(): Promise<void> {
    const failures: unknown[] = [];
    for (const end of this.#ends.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'the stage could not be cleared');
  }
}
