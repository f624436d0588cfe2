import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { AddOptions, PeerAddress, SessionOptions, SessionStats } from '../../dist/index.js';
import type { Stage } from './stage.js';

const MAIN = fileURLToPath(new URL('./e2e-peer-main.mjs', import.meta.url));

export interface PeerSpec {
  readonly session?: SessionOptions;
  /** Path of the .torrent. */
  readonly torrent: string;
  readonly add?: AddOptions;
  /** Globals that are deleted before the library is loaded. */
  readonly without?: readonly string[];
  /** Flags of node. */
  readonly flags?: readonly string[];
}

/** A torrent's event as it comes out of the process, an error as its code and message. */
export interface PeerEvent {
  readonly event: string;
  readonly [fact: string]: unknown;
}

/** A session with one torrent in a process of its own, on 127.0.0.1. */
export class Peer {
  readonly events: PeerEvent[] = [];
  /** Status of the process; undefined when a signal ended it. */
  readonly exited: Promise<number | undefined>;
  readonly #child: ChildProcess;
  readonly #watchers = new Set<(event: PeerEvent | undefined) => void>();
  #stderr = '';
  #asked = 0;

  /** Starts it; the stage kills it at the end of the test if it still runs. */
  constructor(stage: Stage, { flags, session, ...spec }: PeerSpec) {
    const whole = { ...spec, session: { listen: { host: '127.0.0.1' }, ...session } };
    this.#child = fork(MAIN, [JSON.stringify(whole)], {
      execArgv: [...(flags ?? [])],
      stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
    });
    this.#child.stderr!.on('data', chunk => (this.#stderr += chunk));
    this.#child.on('message', event => this.#onEvent(event as PeerEvent));
    this.exited = once(this.#child, 'close').then(([code]) => {
      for (const watch of this.#watchers) watch(undefined);
      return code ?? undefined;
    });
    stage.defer(() => this.kill());
  }

  /** Where it listens. */
  async address(): Promise<PeerAddress> {
    return (await this.event('listening')).address as PeerAddress;
  }

  /** The first event of this name, also one of the past. @throws Error when the process ends without it */
  event(name: string, fits: (event: PeerEvent) => boolean = () => true): Promise<PeerEvent> {
    const wanted = (event: PeerEvent) => event.event === name && fits(event);
    const past = this.events.find(wanted);
    if (past !== undefined) return Promise.resolve(past);
    return new Promise((resolve, reject) => {
      const watch = (event: PeerEvent | undefined) => {
        const lost = event === undefined || (event.event === 'failed' && name !== 'failed');
        if (!lost && !wanted(event)) return;
        this.#watchers.delete(watch);
        if (lost)
          reject(new Error(`no ${name}: ${JSON.stringify(event ?? 'process ended')}\n${this.#stderr}`));
        else resolve(event);
      };
      this.#watchers.add(watch);
    });
  }

  /** Calls back with every event from now on. */
  watch(listener: (event: PeerEvent) => void): void {
    this.#watchers.add(event => event !== undefined && listener(event));
  }

  async stats(): Promise<SessionStats> {
    return (await this.#ask('stats')) as SessionStats;
  }

  /** Ends one of its worker threads. @returns whether there was one */
  async terminateWorker(): Promise<boolean> {
    return (await this.#ask('terminateWorker')) as boolean;
  }

  /** Closes the session; the process must end by itself then. @returns its status */
  async close(): Promise<number | undefined> {
    await this.#ask('close');
    return this.exited;
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  async #ask(command: string): Promise<unknown> {
    const id = ++this.#asked;
    this.#child.send({ id, command });
    return (await this.event('answer', event => event.id === id)).result;
  }

  #onEvent(event: PeerEvent): void {
    this.events.push(event);
    for (const watch of this.#watchers) watch(event);
  }
}
