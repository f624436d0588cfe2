import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SHARE_ENV, type Worker } from 'node:worker_threads';
import type { Piscina } from 'piscina';
import { MillraceError } from '../engine/errors.js';
import type { Arena } from './arena.js';
import { createMailboxBuffer, Mailbox } from './mailbox.js';
import type { TaskData } from './task.js';
import { ownersView, releaseAreas } from './threads.js';

/** Workers lost without one finished batch between them: they cannot start, there is no point in going on. */
const MAX_LOSSES_IN_A_ROW = 20;

const TASK_FILE = fileURLToPath(new URL('../../dist/bundle/task.js', import.meta.url));

export interface CrewEvents {
  /** A worker ended that nobody asked to end. */
  lost(): void;
  /** No worker lives long enough to be of use: there will be none any more. */
  broken(error: MillraceError): void;
}

/** The pool's threads and the mailbox that they serve. A thread that dies is replaced. */
export class Crew {
  /** Workers that ended by themselves. */
  lost = 0;
  #lossesInARow = 0;
  #piscina: Piscina | undefined;
  #mailbox: Mailbox | undefined;
  #starting: Promise<Mailbox> | undefined;

  constructor(
    readonly arena: Arena,
    readonly seats: number,
    readonly events: CrewEvents,
  ) {}

  /** Once the threads are on their way. */
  get mailbox(): Mailbox | undefined {
    return this.#mailbox;
  }

  get threads(): readonly Worker[] {
    return this.#piscina?.threads ?? [];
  }

  start(): Promise<Mailbox> {
    this.#starting ??= this.#start();
    return this.#starting;
  }

  finishedBatch(): void {
    this.#lossesInARow = 0;
  }

  async stop(reason: MillraceError): Promise<void> {
    const mailbox = await this.#starting;
    const piscina = this.#piscina;
    this.#piscina = undefined;
    mailbox?.close(reason);
    if (piscina === undefined) return;
    const owners = ownersView(this.arena.buffer, this.arena.areas);
    await Promise.all(piscina.threads.map(thread => started(thread, owners)));
    await piscina.destroy();
    releaseAreas(owners, () => false);
  }

  /** Piscina is loaded with the threads: 20 ms that a command without jobs saves. */
  async #start(): Promise<Mailbox> {
    const { Piscina } = await import('piscina');
    const { module, memory, buffer, areas, receiveAt } = this.arena;
    const { seats } = this;
    const mailbox = createMailboxBuffer(seats);
    const piscina = new Piscina({
      filename: TASK_FILE,
      name: 'serve',
      minThreads: seats,
      maxThreads: seats,
      idleTimeout: Number.POSITIVE_INFINITY,
      // Tasks leave nothing asynchronous behind, so workers may sleep in Atomics.wait between them.
      atomics: 'sync',
      recordTiming: false,
      trackUnmanagedFds: false,
      env: SHARE_ENV,
      execArgv: [],
      workerData: { module, memory, buffer, areas, receiveAt, mailbox, seats } satisfies TaskData,
    });
    piscina.on('error', () => {}); // a worker that failed without a task: 'workerDestroy' counts it
    piscina.on('workerDestroy', () => this.#onWorkerGone(piscina));
    this.#piscina = piscina;
    this.#mailbox = new Mailbox(mailbox, seats, server => piscina.run(server));
    piscina.on('message', message => this.#mailbox!.onMessage(message));
    return this.#mailbox;
  }

  #onWorkerGone(piscina: Piscina): void {
    if (this.#piscina !== piscina) return; // stop() ended it
    this.lost++;
    this.#lossesInARow++;
    this.events.lost();
    // Piscina takes the worker off its list right after this event.
    queueMicrotask(() => {
      const alive = new Set(piscina.threads.map(thread => thread.threadId));
      releaseAreas(ownersView(this.arena.buffer, this.arena.areas), id => alive.has(id));
      if (this.#lossesInARow >= MAX_LOSSES_IN_A_ROW) this.#break(piscina);
      // A worker that died while it started is not replaced, and tasks in Piscina's queue would wait for ever:
      // another task, an empty one, makes it start a thread.
      else if (piscina.queueSize > 0) piscina.run(undefined, { name: 'idle' }).catch(() => {});
    });
  }

  #break(piscina: Piscina): void {
    const error = new MillraceError(
      'ERR_WORKER_LOST',
      `${this.#lossesInARow} workers in a row ended before they finished a batch`,
      { lost: this.lost },
    );
    this.#piscina = undefined;
    this.#mailbox!.close(error);
    this.events.broken(error);
    void piscina.destroy();
  }
}

/** Node 20 aborts the process when a thread is ended while it loads its modules. The first message comes after that. */
async function started(thread: Worker, owners: Int32Array): Promise<void> {
  if (owners.includes(thread.threadId)) return;
  thread.ref();
  await Promise.race([once(thread, 'message'), once(thread, 'exit')]).catch(() => {});
}
