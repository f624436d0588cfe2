import { fileURLToPath } from 'node:url';
import { missingProgram, programVersion } from './client.mjs';

/** Debian's python3-libtorrent belongs to Debian's Python, whatever else is first in the path. */
const PYTHON = '/usr/bin/python3';
const SCRIPT = fileURLToPath(new URL('libtorrent-process.py', import.meta.url));

function start(processes) {
  return processes.lines(PYTHON, [SCRIPT]);
}

/** @type {import('./client.mjs').Client & { startIdle(processes: import('../lib/processes.mjs').Processes): any }} */
export const libtorrent = {
  name: 'libtorrent',
  share: 1,
  missing: () => missingProgram(PYTHON, ['-c', 'import libtorrent'], 'python3-libtorrent'),
  version: () => programVersion(PYTHON, ['-c', 'import libtorrent; print(libtorrent.version)']),

  async seed({ processes, torrent, dir, host }) {
    const process = start(processes);
    return { process, address: await process.ask('seed', { torrent, dir, host }) };
  },

  async downloader({ processes, torrent, dir, host }) {
    const process = start(processes);
    return {
      process,
      prepare: () => process.ask('prepare', { torrent, dir, host }),
      download: address => process.ask('download', address),
      drop: () => process.ask('drop'),
    };
  },

  /** For the idle torrents of part `memory`. */
  startIdle: start,
};
