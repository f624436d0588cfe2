import { fileURLToPath } from 'node:url';
import { formatAddress } from '../../../dist/index.js';
import type { JsonLine, Program } from '../../lib/program.js';
import type { Stage } from '../../lib/stage.js';
import type { Client, OtherPeer, StartOptions } from './client.js';
import { missingProgram } from './installed.js';

/** Debian's python3-libtorrent belongs to Debian's python, whatever else is first in the path. */
export const PYTHON = '/usr/bin/python3';
export const LIBTORRENT_SCRIPT = fileURLToPath(new URL('libtorrent-peer.py', import.meta.url));

/** Ends of connections that are nobody's fault. */
const IN_ORDER = [
  'End of file',
  'uninteresting upload-only peer', // both are through with it: who says so first is chance
  'Connection reset by peer', // we close with data unread
  'Broken pipe', // the same, found out as it writes
  'Connection refused', // the other side is not up yet, or is gone
  'session is closing',
  'torrent paused',
  'torrent finished', // a new seed leaves the seeds that it had
  'upload to upload connection', // both have everything
  'duplicate peer id',
  'connected to ourselves', // two of its kind tell each other by peer exchange
  'no error',
];

export interface LibtorrentOptions extends StartOptions {
  /** Bytes per second. */
  readonly up?: number;
  /** Announce to the trackers of the torrent. */
  readonly trackers?: boolean;
}

export class LibtorrentPeer implements OtherPeer {
  private constructor(
    readonly program: Program,
    readonly address: { host: string; port: number },
  ) {}

  static async start(stage: Stage, options: LibtorrentOptions): Promise<LibtorrentPeer> {
    const { torrent, dir, role, dial = [], up, trackers, host = '127.0.0.1' } = options;
    const program = stage.run(PYTHON, [
      LIBTORRENT_SCRIPT,
      'peer',
      torrent,
      dir,
      ...(role === 'seed' ? ['--seed'] : []),
      ...dial.flatMap(address => ['--dial', formatAddress(address)]),
      ...(up === undefined ? [] : ['--up', String(up)]),
      ...(trackers ? ['--trackers'] : []),
      ...['--host', host === '::1' ? '[::1]' : host],
    ]);
    const { port } = await program.event('listening');
    // Of a magnet link there is nothing to check before its metadata is here.
    if (role === 'leech' && !torrent.startsWith('magnet:')) await program.event('checked');
    return new LibtorrentPeer(program, { host, port: port as number });
  }

  async completed(timeoutMs?: number): Promise<void> {
    await this.program.event('complete', timeoutMs);
  }

  complaints(): string[] {
    const bad = (line: JsonLine) =>
      ['peer-error', 'hash-failed', 'error', 'tracker-error'].includes(String(line.event)) ||
      (line.event === 'disconnected' && !IN_ORDER.some(reason => String(line.reason).startsWith(reason)));
    return this.program.json.filter(bad).map(line => JSON.stringify(line));
  }

  tail(): string {
    return this.program.tail();
  }
}

export const libtorrent: Client = {
  name: 'libtorrent',
  missing: () => missingProgram(PYTHON, ['-c', 'import libtorrent'], 'python3-libtorrent'),
  start: (stage, options) => LibtorrentPeer.start(stage, options),
};

/** A .torrent made by libtorrent, with pad files that let every file begin at a piece (BEP 47). */
export async function createPadded(
  stage: Stage,
  path: string,
  out: string,
  pieceLength: number,
): Promise<void> {
  await stage.run(PYTHON, [LIBTORRENT_SCRIPT, 'create', path, out, String(pieceLength), '--pads']).exits();
}
