import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { WEBTORRENT_FOLDER } from './install-folder.mjs';

const MANIFEST = join(WEBTORRENT_FOLDER, 'node_modules/webtorrent/package.json');

function start(processes) {
  return processes.node(new URL('webtorrent-process.mjs', import.meta.url), { args: [WEBTORRENT_FOLDER] });
}

/** @type {import('./client.mjs').Client} */
export const webtorrent = {
  name: 'webtorrent',
  share: 1 / 2,
  missing: () => (existsSync(MANIFEST) ? undefined : 'run node bench/peers/install.mjs with this Node.js'),
  version: () => JSON.parse(readFileSync(MANIFEST, 'utf8')).version,

  async seed({ processes, torrent, dir, host }) {
    const process = start(processes);
    return { process, address: await process.ask('seed', { torrent, dir, host }) };
  },

  async downloader({ processes, torrent, dir }) {
    const process = start(processes);
    return {
      process,
      prepare: () => process.ask('prepare', { torrent, dir }),
      download: address => process.ask('download', address),
      drop: () => process.ask('drop'),
    };
  },
};
