import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

export interface ProgramOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A line of a program that is a JSON object. */
export type JsonLine = Readonly<Record<string, unknown>>;

/** How long a program gets to end by itself after SIGTERM. */
const STOP_MS = 5_000;

/** Lines of output that failures show. */
const TAIL_LINES = 40;

/** Whatever is still running when this process exits goes with it. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A child process of a test, read line by line. Its stdin stays open: a program may take its end as a sign to stop. */
export class Program {
  /** Everything it printed so far, both streams. */
  readonly lines: string[] = [];
  /** Those lines of stdout that are JSON objects. */
  readonly json: JsonLine[] = [];
  /** Exit status, or -1 when a signal ended it. */
  readonly exited: Promise<number>;
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  #status: number | undefined;

  constructor(command: string, args: readonly string[], options: ProgramOptions = {}) {
    const { cwd, env } = options;
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: 'pipe' });
    this.#child = child;
    running.add(child);
    child.stdin?.on('error', () => {});
    const read = [this.#read(child.stdout!, true), this.#read(child.stderr!, false)];
    const ended = new Promise<number>(resolve => {
      child.once('exit', code => resolve(code ?? -1));
      child.once('error', error => {
        this.lines.push(String(error));
        resolve(-1);
      });
    });
    this.exited = Promise.all([ended, ...read]).then(([code]) => {
      running.delete(child);
      this.#status = code;
      for (const look of this.#watchers) look();
      return code;
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves with the first JSON line, former ones included, that has this `event`. */
  event(name: string, timeoutMs = 30_000): Promise<JsonLine> {
    return this.#first(`event "${name}"`, () => this.json.find(line => line.event === name), timeoutMs);
  }

  /** Resolves with the first line, former ones included, that matches. */
  line(pattern: RegExp, timeoutMs = 30_000): Promise<string> {
    return this.#first(`line ${pattern}`, () => this.lines.find(line => pattern.test(line)), timeoutMs);
  }

  /** Resolves when the program ends; rejects when its status is another. */
  async exits(status = 0, timeoutMs = 60_000): Promise<void> {
    const found = await this.#first('the end', () => this.#status, timeoutMs);
    if (found !== status) throw new Error(`exit status ${found}, wanted ${status}\n${this.tail()}`);
  }

  /** The last lines, to explain a failure with. */
  tail(): string {
    return [`--- ${this.#child.spawnargs.join(' ')}`, ...this.lines.slice(-TAIL_LINES)].join('\n');
  }

  /** A line for its stdin. */
  type(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Ends its stdin, which asks it to leave in good order. */
  endInput(): void {
    this.#child.stdin?.end();
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.#status !== undefined) return;
    this.endInput();
    this.#child.kill(signal);
    const late = setTimeout(() => this.#child.kill('SIGKILL'), STOP_MS);
    await this.exited;
    clearTimeout(late);
  }

  async #read(stream: Readable, parse: boolean): Promise<void> {
    const reader = createInterface({ input: stream });
    reader.on('line', line => {
      this.lines.push(line);
      if (parse && line.startsWith('{')) this.#parse(line);
      for (const look of this.#watchers) look();
    });
    await once(reader, 'close');
  }

  #parse(line: string): void {
    try {
      this.json.push(JSON.parse(line));
    } catch {
      // Not JSON after all.
    }
  }

  #first<T>(what: string, find: () => T | undefined, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        act();
      };
      const look = () => {
        const found = find();
        if (found !== undefined) settle(() => resolve(found));
        else if (this.#status !== undefined)
          settle(() => reject(new Error(`ended before ${what}\n${this.tail()}`)));
      };
      const timer = setTimeout(
        () => settle(() => reject(new Error(`${what} did not come within ${timeoutMs} ms\n${this.tail()}`))),
        timeoutMs,
      );
      this.#watchers.add(look);
      look();
    });
  }
}
