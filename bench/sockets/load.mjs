// A closed loop: each client asks, waits for what comes of it, and asks again.
import { setTimeout } from 'node:timers/promises';

/** Whoever was refused waits so long: to ask again at once would only keep the server busy with refusing. */
const AFTER_REFUSAL_MS = 500;

/** Clients that open at a time: less than fills the backlog of a server, which is meant for questions. */
const WAVE = 100;

/** Clients that are not open by then open when they ask. */
const MAX_OPEN_MS = 3000;

export class Load {
  #counts = { answered: 0, refused: 0, late: 0 };
  /** Milliseconds of each answer. @type {number[]} */
  #latencies = [];
  #asking = 0;
  #over = false;
  #idle = () => {};

  /** @param {import('./tcp-clients.mjs').Clients} clients @param {{ count: number, lateMs: number }} options */
  constructor(clients, { count, lateMs }) {
    this.clients = clients;
    this.count = count;
    this.lateMs = lateMs;
  }

  /** Lets the clients come, in waves. They ask nothing yet. */
  async open() {
    const endMs = performance.now() + MAX_OPEN_MS;
    for (let from = 0; from < this.count && performance.now() < endMs; from += WAVE) {
      const wave = Array.from({ length: Math.min(WAVE, this.count - from) }, (_, i) => from + i);
      await Promise.race([
        Promise.all(wave.map(client => this.clients.open(client))),
        setTimeout(MAX_OPEN_MS),
      ]);
    }
  }

  /** All ask at once, and go on for so many seconds. @returns answers that came within them, a second */
  async run(seconds) {
    const startMs = performance.now();
    for (let client = 0; client < this.count; client++) this.#next(client);
    await setTimeout(seconds * 1000 - (performance.now() - startMs));
    this.#over = true;
    return { perSecond: (this.#counts.answered * 1000) / (performance.now() - startMs) };
  }

  /** What became of every question, those included that were under way at the end. */
  async drain() {
    if (this.#asking > 0) await new Promise(resolve => (this.#idle = resolve));
    return { ...this.#counts, latencies: this.#latencies };
  }

  #next(client) {
    if (this.#over) return;
    this.#asking++;
    const startMs = performance.now();
    this.clients.ask(client, this.lateMs, outcome => {
      this.#counts[outcome]++;
      if (outcome === 'answered') this.#latencies.push(performance.now() - startMs);
      if (outcome === 'refused') setTimeout(AFTER_REFUSAL_MS).then(() => this.#next(client));
      else this.#next(client);
      if (--this.#asking === 0 && this.#over) this.#idle();
    });
  }
}
