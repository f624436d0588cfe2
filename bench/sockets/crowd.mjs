// One server and a crowd of clients, in processes of their own.
import { availableParallelism, platform } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { fileLimit, limitsOf, NEARLY, openFiles, readCounters, threadTime } from './limits.mjs';

/** One core is the server's; four processes ask more than one can answer. */
const CLIENT_PROCESSES = Math.min(4, Math.max(1, availableParallelism() - 1));

/** File descriptors of a process besides its clients'. */
const SPARE_FILES = 100;

const SAMPLE_MS = 100;

/** The system opens a connection for a client before the server has taken it; a busy machine may keep it from that so long. */
const MAX_TAKE_MS = 2000;

/** Addresses that questions come from, so that ports do not run out; others than Linux have only the first. */
const SOURCES =
  platform() === 'linux' ? [2, 3, 4, 5, 6, 7, 8, 9].map(last => `127.0.0.${last}`) : [undefined];

export class Crowd {
  /** @type {import('../lib/processes.mjs').NodeProcess[]} */
  clients = [];

  /**
   * @param {import('../lib/processes.mjs').Processes} processes
   * @param {{ kind: 'line' | 'http' | 'udp', maxConnections?: number, maxFiles?: number }} options for the server:
   *   what the tracker over HTTP allows itself, and what `ulimit -n` allows it
   */
  static async open(processes, { kind, maxConnections, maxFiles }) {
    const crowd = new Crowd();
    crowd.processes = processes;
    crowd.kind = kind;
    crowd.maxConnections = maxConnections;
    crowd.server = processes.node(new URL('server-process.mjs', import.meta.url), limited(maxFiles));
    crowd.address = { ...(await crowd.server.ask('start', { kind, maxConnections })), sources: SOURCES };
    crowd.fileLimit = await fileLimit(crowd.server.pid);
    crowd.ownFiles = await openFiles(crowd.server.pid);
    return crowd;
  }

  /** @param {{ clients: number, seconds: number, lateMs: number }} options */
  async ask({ clients, seconds, lateMs }) {
    const { kind, address, server } = this;
    const parts = await this.#clientProcesses(clients);
    const all = (name, args) => Promise.all(parts.map((part, i) => part.ask(name, args?.(i))));
    const countersBefore = await readCounters();
    const files = new FileWatch(server.pid);
    await all('open', i => ({
      kind,
      server: address,
      count: Math.floor((clients + i) / parts.length),
      lateMs,
    }));
    await files.sees(this.ownFiles + this.#mostConnections(clients)); // and nobody has gone yet
    const { result: rates, shares } = await busyWhile([server, ...parts], () =>
      all('run', () => ({ seconds })),
    );
    const ends = await all('drain');
    const counters = await readCounters();
    const [serverShare, ...clientShares] = shares;
    const load = {
      files: files.end(),
      fileLimit: this.fileLimit,
      ownFiles: this.ownFiles,
      maxConnections: this.maxConnections,
      overflows: {
        backlog: counters.backlog - countersBefore.backlog,
        datagrams: counters.datagrams - countersBefore.datagrams,
      },
      server: serverShare,
      clients: clientShares,
    };
    const sum = pick => ends.reduce((total, end) => total + pick(end), 0);
    return {
      perSecond: rates.reduce((total, { perSecond }) => total + perSecond, 0),
      latencies: ends.flatMap(({ latencies }) => latencies),
      answered: sum(end => end.answered),
      refused: sum(end => end.refused),
      late: sum(end => end.late),
      load,
      limits: limitsOf({ ...load, asked: clients, refused: sum(end => end.refused) }),
    };
  }

  /** Connections of so many clients that the server has at a time. */
  #mostConnections(clients) {
    if (this.kind === 'udp') return 0;
    const room = (this.fileLimit - this.ownFiles) * NEARLY;
    return Math.floor(Math.min(clients, this.maxConnections ?? clients, room));
  }

  async stop() {
    await Promise.all([this.server, ...this.clients].map(process => process.stop()));
  }

  /** As many as there are cores for, or as the clients need file descriptors. They stay, so that they are warm. */
  async #clientProcesses(clients) {
    const script = new URL('client-process.mjs', import.meta.url);
    const room = (await fileLimit(process.pid)) - SPARE_FILES;
    const wanted = Math.min(clients, Math.max(CLIENT_PROCESSES, Math.ceil(clients / room)));
    while (this.clients.length < wanted) this.clients.push(this.processes.node(script));
    return this.clients.slice(0, wanted);
  }
}

/** Most file descriptors that a process had while it was watched. */
class FileWatch {
  #most = 0;
  #timer;

  /** @param {number} pid */
  constructor(pid) {
    this.pid = pid;
    this.#timer = setInterval(() => this.look(), SAMPLE_MS);
  }

  async look() {
    this.#most = Math.max(this.#most, await openFiles(this.pid));
  }

  /** Resolves when it has had so many, or does not get there. */
  async sees(count) {
    const endMs = performance.now() + MAX_TAKE_MS;
    for (;;) {
      await this.look();
      if (this.#most >= count || performance.now() > endMs) return;
      await setTimeout(1);
    }
  }

  end() {
    clearInterval(this.#timer);
    return this.#most;
  }
}

/** Node.js raises the soft limit to the hard one when it starts, so both are set. */
function limited(maxFiles) {
  if (maxFiles === undefined) return {};
  return { execPath: 'sh', execArgv: ['-c', `ulimit -n ${maxFiles} && exec "$0" "$@"`, process.execPath] };
}

/** Shares of the time for which the main threads ran, and were ready to, while `work` went on. */
async function busyWhile(processes, work) {
  const times = () => Promise.all(processes.map(({ pid }) => threadTime(pid)));
  const before = await times();
  const startMs = performance.now();
  const result = await work();
  const after = await times();
  const seconds = (performance.now() - startMs) / 1000;
  const shares = after.map(({ ran, ready }, i) => ({
    ran: (ran - before[i].ran) / seconds,
    ready: (ready - before[i].ready) / seconds,
  }));
  return { result, shares };
}
