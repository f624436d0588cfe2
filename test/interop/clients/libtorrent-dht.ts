import { fileURLToPath } from 'node:url';
import type { PeerAddress } from '../../../dist/index.js';
import type { JsonLine, Program } from '../../lib/program.js';
import type { Stage } from '../../lib/stage.js';
import { until } from '../../lib/until.js';
import { PYTHON } from './libtorrent.js';

const SCRIPT = fileURLToPath(new URL('libtorrent-dht.py', import.meta.url));

/** Nodes of libtorrent in one process; the script tells which commands they take and what they tell. */
export class LibtorrentNodes {
  private constructor(
    readonly program: Program,
    readonly addresses: readonly PeerAddress[],
  ) {}

  /** Resolves when all of them listen; they know nobody yet. */
  static async start(stage: Stage, host: string, count: number): Promise<LibtorrentNodes> {
    const program = stage.run(PYTHON, [SCRIPT, host, String(count)]);
    const ports = new Map<unknown, number>();
    await until(
      `${count} nodes of libtorrent`,
      () => {
        for (const line of program.json)
          if (line.event === 'listening') ports.set(line.node, line.port as number);
        return ports.size === count;
      },
      { explain: () => program.tail() },
    );
    const addresses = Array.from({ length: count }, (_, node) => ({ host, port: ports.get(node)! }));
    return new LibtorrentNodes(program, addresses);
  }

  do(command: string, facts: object = {}): void {
    this.program.type(JSON.stringify({ do: command, ...facts }));
  }

  /** The first event, former ones included, that has these facts. */
  async event(name: string, facts: object = {}, timeoutMs = 30_000): Promise<JsonLine> {
    const wanted = Object.entries({ event: name, ...facts });
    return until(
      `${name} ${JSON.stringify(facts)}`,
      () => this.program.json.find(line => wanted.every(([key, fact]) => line[key] === fact)),
      { timeoutMs, explain: () => this.program.tail() },
    );
  }

  /** Resolves when each of the first nodes knows at least so many others. */
  async know(others: number, first = this.addresses.length, timeoutMs = 60_000): Promise<void> {
    let asked = 0;
    await until(
      `${others} nodes known to each`,
      () => {
        const answers = this.program.json.filter(line => line.event === 'nodes');
        if (answers.length < asked) return false;
        const counts = (answers.at(-1)?.counts as number[] | undefined)?.slice(0, first);
        if (counts?.every(count => count >= others)) return true;
        this.do('nodes');
        asked++;
        return false;
      },
      { timeoutMs, everyMs: 100, explain: () => this.program.tail() },
    );
  }
}
