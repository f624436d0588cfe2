import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));

export interface CliEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** `millrace ... --json` in a process of its own; uses the build in dist. */
export class CliProcess {
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  readonly events: CliEvent[] = [];
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  stderr = '';
  readonly #checks = new Set<() => void>();
  /** It has ended, and all that it said has come. */
  #over = false;

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.child = spawn(process.execPath, [BIN, ...keptApart(args), '--json'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    createInterface({ input: this.child.stdout }).on('line', line => {
      this.events.push(JSON.parse(line));
      for (const check of this.#checks) check();
    });
    this.child.stderr.on('data', text => {
      this.stderr += text;
    });
    this.ended = new Promise(resolve => {
      this.child.once('close', (code, signal) => {
        this.#over = true;
        resolve(code ?? signal ?? 'unknown');
        for (const check of this.#checks) check();
      });
    });
  }

  /** The first such event, now or later; rejects when the process ends without one. */
  event(name: string, matches: (event: CliEvent) => boolean = () => true): Promise<CliEvent> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = this.events.find(event => event.event === name && matches(event));
        if (found) resolve(found);
        else if (!this.#over) return;
        else reject(new Error(`no ${name}: ${JSON.stringify(this.events.slice(-5))} ${this.stderr}`));
        this.#checks.delete(check);
      };
      this.#checks.add(check);
      check();
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }
}

/** Peers of a test must not meet the world, nor those of other tests, unless it says so. */
function keptApart(args: readonly string[]): readonly string[] {
  const [command] = args;
  const ways = command === 'seed' || command === 'download' || command === 'daemon' ? ['dht', 'lsd'] : [];
  return [...args, ...ways.filter(way => !args.includes(`--${way}`)).map(way => `--no-${way}`)];
}
