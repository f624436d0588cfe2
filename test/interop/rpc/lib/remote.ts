import { Program } from '../../../lib/program.js';
import { missingProgram } from '../../clients/installed.js';
import type { Daemon } from './daemons.js';

export const remoteProgram = {
  name: 'transmission-remote',
  missing: () => missingProgram('transmission-remote', ['--version'], 'transmission-cli'),
};

/** What it prints for a call that has no data. */
const SUCCESS = /responded: "success"$/;

/**
 * transmission-remote of 3.00. Only what it prints counts: it exits with 0 too when it could make nothing of an answer,
 * and then prints nothing, or `responded: "success"` where data should be.
 */
export class Remote {
  constructor(readonly daemon: Daemon) {}

  /** All lines. */
  async lines(...args: string[]): Promise<readonly string[]> {
    const { host } = new URL(this.daemon.origin);
    const login = this.daemon.rpc.user === undefined ? [] : ['--auth', this.daemon.rpc.user];
    const program = new Program('transmission-remote', [host, ...login, ...args], {
      env: { TZ: 'UTC', LC_ALL: 'C.UTF-8' },
    });
    await program.exited;
    return program.lines;
  }

  /** For commands without data. `calls` are the requests it makes of them. */
  async does(args: readonly string[], calls = 1): Promise<void> {
    const lines = await this.lines(...args);
    if (lines.length !== calls || !lines.every(line => SUCCESS.test(line)))
      throw new Error(`transmission-remote ${args.join(' ')} printed:\n${lines.join('\n')}`);
  }

  /** Pages of `  Name: value`, as `-i` and `-si` print them: by name, the first of a name. */
  async page(...args: string[]): Promise<Readonly<Record<string, string>>> {
    const page: Record<string, string> = {};
    for (const line of await this.lines(...args)) {
      const found = /^ {2}([^:]+):\s*(.*)$/.exec(line);
      if (found !== null) page[found[1]] ??= found[2].trim();
    }
    return page;
  }

  /** Rows of `-l`. */
  async list(...args: string[]): Promise<readonly ListRow[]> {
    const lines = await this.lines(...args, '-l');
    const [head, ...rows] = lines;
    if (!/^\s+ID\s+Done\s+Have\s+ETA\s+Up\s+Down\s+Ratio\s+Status\s+Name$/.test(head ?? ''))
      throw new Error(`no list:\n${lines.join('\n')}`);
    if (!rows.pop()?.startsWith('Sum:')) throw new Error(`a list without its sum:\n${lines.join('\n')}`);
    return rows.map(readRow);
  }

  /** Rows of `-f`. */
  async files(id: number): Promise<readonly FileRow[]> {
    const [, , ...rows] = await this.lines(`-t${id}`, '-f');
    return rows.map(row => {
      const found = /^\s*(\d+):\s+(\d+)% (\w+)\s+(Yes|No)\s+(\S+ \w+) {2}(.*)$/.exec(row);
      if (found === null) throw new Error(`no row of a file: ${row}`);
      const [, index, done, priority, wanted, size, name] = found;
      return { index: Number(index), done: Number(done), priority, wanted: wanted === 'Yes', size, name };
    });
  }
}

export interface ListRow {
  readonly id: number;
  /** The id had a star: something is wrong with the torrent. */
  readonly failed: boolean;
  readonly done: string;
  readonly have: string;
  readonly eta: string;
  readonly ratio: string;
  readonly status: string;
  readonly name: string;
}

export interface FileRow {
  readonly index: number;
  readonly done: number;
  readonly priority: string;
  readonly wanted: boolean;
  readonly size: string;
  readonly name: string;
}

/** Columns of `-l`, as far as two blanks part them; the status has one within. */
const ROW =
  /^\s*(\d+)(\*?)\s+(\S+)\s+(None|[\d.]+ \w+)\s+(.+?)\s+([\d.]+)\s+([\d.]+)\s+(\S+)\s{2,}(.+?)\s{2,}(.+)$/;

function readRow(row: string): ListRow {
  const found = ROW.exec(row);
  if (found === null) throw new Error(`no row of a list: ${row}`);
  const [, id, star, done, have, eta, , , ratio, status, name] = found;
  return { id: Number(id), failed: star === '*', done, have, eta, ratio, status, name };
}
