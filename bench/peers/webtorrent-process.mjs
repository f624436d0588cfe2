// A process with one webtorrent client, from the folder that install.mjs made.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { serve } from '../lib/child.mjs';

const [folder] = process.argv.slice(2);
const { default: WebTorrent } = await import(
  pathToFileURL(createRequire(`${folder}/`).resolve('webtorrent')).href
);

/** Nothing that looks for peers elsewhere, and TCP as by all others. */
const QUIET = {
  dht: false,
  tracker: false,
  lsd: false,
  natUpnp: false,
  natPmp: false,
  utp: false,
  utPex: false,
};

let client;
let torrent;

function open(source, options) {
  client ??= new WebTorrent(QUIET);
  client.removeAllListeners('error');
  return new Promise((resolve, reject) => {
    client.on('error', reject);
    torrent = client.add(source, { announce: [], ...options });
    torrent.on('ready', resolve);
  });
}

serve({
  async seed({ torrent: source, dir, host }) {
    await open(source, { path: dir, skipVerify: true });
    return { host, port: client.torrentPort };
  },

  prepare: ({ torrent: source, dir }) => open(source, { path: dir }),

  async download({ host, port }) {
    const first = new Promise(resolve => torrent.once('download', () => resolve(performance.now())));
    const done = new Promise(resolve => torrent.once('done', () => resolve(performance.now())));
    torrent.addPeer(`${host}:${port}`);
    const [startMs, endMs] = await Promise.all([first, done]);
    return { seconds: (endMs - startMs) / 1000 };
  },

  drop: () => new Promise((resolve, reject) => torrent.destroy(error => (error ? reject(error) : resolve()))),

  close() {},
});
