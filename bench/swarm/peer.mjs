// The command line program on a host, read through its JSON events.
import { fileURLToPath } from 'node:url';
import { Process } from '../lib/processes.mjs';

const BIN = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));

/** Peers have so long to say goodbye to the tracker, as under `millrace swarm`. */
const GRACE_MS = 3000;

export class Peer extends Process {
  #watchers = new Map();
  /** The newest of every field that an event had. @type {Record<string, any>} */
  latest = {};

  /**
   * @param {import('./network.mjs').Network} network @param {string} id of the host
   * @param {readonly string[]} args @param {(event: any) => void} [onEvent]
   */
  constructor(network, id, args, onEvent = () => {}) {
    super(network.spawnNode(id, [BIN, ...args, '--json']));
    this.id = id;
    this.onEvent = onEvent;
  }

  /** Resolves with `performance.now()` of the next such event; rejects when the process ends before. */
  event(name, timeoutMs) {
    const told = new Promise(resolve => this.#watchers.set(name, resolve));
    const event = this.within(told, `event ${name} of ${this.id}`, timeoutMs);
    event.catch(() => {}); // whoever waits for it sees it
    return event;
  }

  /** Lets a supervised peer begin. */
  go() {
    this.child.stdin.write('go\n');
  }

  /** Asks a supervised peer to end; resolves when it is gone. */
  async leave() {
    this.child.stdin.end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), GRACE_MS);
    await this.ended;
    clearTimeout(timer);
  }

  onLine(line) {
    super.onLine(line);
    if (!line.startsWith('{"event"')) return;
    const event = JSON.parse(line);
    Object.assign(this.latest, event);
    this.#watchers.get(event.event)?.(performance.now());
    this.onEvent(event);
  }
}
