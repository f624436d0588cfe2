import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { LimitedBy } from '../../index.js';
import { CliError } from '../failure.js';
import { PACKAGE_ROOT } from '../package-root.js';

const BIN = fileURLToPath(new URL('bin/millrace.js', PACKAGE_ROOT));

/** Lines of stderr that are kept to explain a failure. */
const STDERR_LINES = 20;

/** A progress event of a child, see openProgress. */
export interface ChildProgress {
  readonly done: number;
  readonly total: number;
  readonly down: number;
  readonly up: number;
  readonly peers: number;
  readonly downloaded: number;
  readonly uploaded: number;
}

/** `millrace seed` or `millrace download` in a process of its own, read through its JSON events. */
export class PeerProcess {
  readonly #child: ChildProcess;
  readonly #stderr: string[] = [];
  #failure: CliError | undefined;

  /** Resolves when it listens; rejects when it ends before. */
  readonly listening: Promise<void>;
  /** Resolves with `performance.now()` of the moment its download was complete; rejects when it ends before. */
  readonly complete: Promise<number>;
  /** What it said of itself last: of the download when it was complete, of a seed when it ended. */
  limitedBy: LimitedBy | undefined;
  /** Bytes that it said to have sent. */
  uploaded = 0;
  /** Resolves when the process is gone. */
  readonly exited: Promise<void>;

  constructor(
    readonly id: string,
    args: readonly string[],
    onProgress: (progress: ChildProgress) => void,
  ) {
    const child = spawn(process.execPath, [BIN, ...args, '--json', '--supervised'], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    // A child that is gone reads no more: its exit is told elsewhere.
    child.stdin!.on('error', () => {});
    createInterface({ input: child.stderr! }).on('line', line => {
      this.#stderr.push(line);
      if (this.#stderr.length > STDERR_LINES) this.#stderr.shift();
    });

    this.exited = new Promise(resolve => {
      child.once('close', () => resolve());
      child.once('error', () => resolve());
    });
    const ended = new Promise<never>((_, reject) => {
      child.once('error', error =>
        reject(new CliError('ERR_CHILD', `${id} cannot be started: ${error.message}`)),
      );
      child.once('close', (code, signal) => reject(this.#failure ?? this.#explain(code, signal)));
    });
    ended.catch(() => {});

    const lines = createInterface({ input: child.stdout! });
    const events = { listening: () => {}, complete: (_atMs: number) => {} };
    this.listening = Promise.race([new Promise<void>(resolve => (events.listening = resolve)), ended]);
    this.complete = Promise.race([new Promise<number>(resolve => (events.complete = resolve)), ended]);
    this.listening.catch(() => {});
    this.complete.catch(() => {});
    lines.on('line', line => {
      const event = JSON.parse(line);
      if (event.event === 'listening') events.listening();
      else if (event.event === 'progress') onProgress(event);
      else if (event.event === 'complete') events.complete(performance.now());
      else if (event.event === 'error') this.#failure = new CliError(event.code, `${id}: ${event.message}`);
      this.uploaded = event.uploaded ?? this.uploaded;
      if (event.limitedBy) this.limitedBy = event.limitedBy;
    });
  }

  /** Lets it begin. */
  go(): void {
    this.#child.stdin!.write('go\n');
  }

  /** Asks it to end; resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#child.stdin!.end();
    const timer = setTimeout(() => this.kill(), graceMs);
    await this.exited;
    clearTimeout(timer);
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #explain(code: number | null, signal: NodeJS.Signals | null): CliError {
    const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`;
    return new CliError('ERR_CHILD', [`${this.id} ${how}`, ...this.#stderr].join('\n  '));
  }
}
