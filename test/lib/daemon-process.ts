import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Stage } from './stage.js';
import { until } from './until.js';

const BIN = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));
const SESSION_HEADER = 'X-Transmission-Session-Id';

/** `millrace daemon` in a process of its own, on 127.0.0.1; uses the build in dist. */
export class DaemonProcess {
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly #child: ChildProcess;
  readonly #url: Promise<string>;
  #stderr = '';
  #stdout = '';
  #sessionId = '';

  /** Starts it; the stage kills it at the end of the test if it still runs. */
  constructor(stage: Stage, settings: Readonly<Record<string, string | number>>) {
    const all = { host: '127.0.0.1', port: 0, 'rpc-port': 0, dht: 'false', ...settings };
    const flags = Object.entries(all).flatMap(([key, value]) => [`--${key}`, String(value)]);
    // variables of the test's own would be taken for settings
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([key]) => !key.startsWith('MILLRACE_')),
    );
    const child = spawn(process.execPath, [BIN, 'daemon', ...flags, '--json'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    child.stderr.on('data', chunk => (this.#stderr += chunk));
    this.ended = new Promise(resolve => child.once('close', (code, signal) => resolve(code ?? signal ?? '')));
    this.#url = new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).on('line', line => {
        this.#stdout += line;
        const { event, rpc } = JSON.parse(line);
        if (event === 'ready') resolve(rpc);
      });
      void this.ended.then(how =>
        reject(new Error(`ended with ${how} before it was ready\n${this.#stderr}`)),
      );
    });
    this.#url.catch(() => {}); // whoever waits for it sees it
    stage.defer(() => this.kill());
  }

  /** Of its remote control, when it is ready. */
  get url(): Promise<string> {
    return this.#url;
  }

  /** All that it has written so far. */
  get log(): string {
    return this.#stderr + this.#stdout;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Resolves when it has said so, in its log or as its failure. */
  async said(text: string): Promise<void> {
    const said = () => this.#stderr.includes(text) || this.#stdout.includes(text);
    await until(`'${text}'`, said, { explain: () => this.#stderr + this.#stdout });
  }

  async ready(): Promise<void> {
    await this.#url;
  }

  /** @throws Error with what the daemon says, or when it is gone */
  async call(method: string, args: object = {}): Promise<Record<string, unknown>> {
    const ask = async () =>
      fetch(await this.#url, {
        method: 'POST',
        headers: { [SESSION_HEADER]: this.#sessionId },
        body: JSON.stringify({ method, arguments: args }),
      });
    let response = await ask();
    if (response.status === 409) {
      this.#sessionId = response.headers.get(SESSION_HEADER) ?? '';
      await response.arrayBuffer();
      response = await ask();
    }
    const answer = (await response.json()) as { result: string; arguments: Record<string, unknown> };
    if (answer.result !== 'success') throw new Error(`${method}: ${answer.result}\n${this.#stderr}`);
    return answer.arguments;
  }

  async torrents<T>(fields: readonly string[]): Promise<T[]> {
    return (await this.call('torrent-get', { fields })).torrents as T[];
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  /** @returns its exit code, or the signal that ended it */
  stop(): Promise<number | string> {
    this.#child.kill('SIGTERM');
    return this.ended;
  }
}
