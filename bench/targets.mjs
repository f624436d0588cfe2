// What a full run must reach: every figure that was promised, in one list. `npm run bench` judges them at its end.

const KiB256 = '4 × 256 KiB';
const PIECES = ['256 KiB', '1 MiB', '4 MiB'];
const NEIGHBOURS = '50 neighbours';

/**
 * @typedef {object} Target
 * @property {string} what
 * @property {string} figure its id in the report
 * @property {number} [atLeast] the bound, in `unit`
 * @property {number} [atMost]
 * @property {string} [unit] a ratio by default
 * @property {number} [scale] of the figure in `unit`
 */

/** @type {readonly Target[]} */
export const TARGETS = [
  ...['256 KiB', '1 MiB'].flatMap(pieces => [
    {
      what: `MB/s against libtorrent, pieces of ${pieces}`,
      figure: `peers.libtorrent.${pieces}.rate, millrace/libtorrent`,
      atLeast: 2,
    },
    {
      what: `CPU per GB of both sides against libtorrent, pieces of ${pieces}`,
      figure: `peers.libtorrent.${pieces}.cpu, millrace/libtorrent`,
      atMost: 0.75,
    },
  ]),
  ...Object.entries({ aria2: 3, webtorrent: 4, Transmission: 5 }).map(([engine, atLeast]) => ({
    what: `MB/s against ${engine}`,
    figure: `peers.${engine}.256 KiB.rate, millrace/${engine}`,
    atLeast,
  })),
  ...PIECES.map(pieces => ({
    what: `share of the limit of the machine, pieces of ${pieces}`,
    figure: `loopback.${pieces}.share of the limit`,
    atLeast: 70,
    unit: '%',
    scale: 0.01,
  })),
  {
    what: 'start to first verified piece',
    figure: 'loopback.first piece',
    atMost: 250,
    unit: 'ms',
    scale: 1e-3,
  },
  ...hashing('SHA-1', 'sha1x4', { native: 1, portable: 2, js: 6 }),
  ...hashing('SHA-256', 'sha256x4', { native: 0.5, portable: 2, js: 5 }),
  ...['16,384', '1,000,000'].flatMap(pieces => [
    {
      what: `availability of ${pieces} pieces, wasm against js`,
      figure: `kernels.availabilityAdd, Remove.${pieces} pieces, ${NEIGHBOURS}.wasm/js`,
      atLeast: 5,
    },
    {
      what: `pick among ${pieces} pieces, wasm against js`,
      figure: `kernels.pickRarest.${pieces} pieces, ${NEIGHBOURS}.wasm/js`,
      atLeast: 5,
    },
  ]),
  {
    what: '500 connections to one seed against 1, MB/s in all',
    figure: 'scale.connections.500/1',
    atLeast: 0.8,
  },
  {
    what: 'verifying 512 MiB with 2 workers',
    figure: 'scale.hashing.2 workers.verify',
    atLeast: 1.8,
    unit: 'GB/s',
    scale: 1e9,
  },
  {
    what: 'making a torrent of 512 MiB against mktorrent',
    figure: 'peers.create.millrace/mktorrent',
    atLeast: 1.2,
  },
  {
    what: 'peak memory of a download of 8 GiB',
    figure: 'memory.growth.downloader.peak',
    atMost: 220,
    unit: 'MB',
    scale: 1e6,
  },
  {
    what: 'its growth',
    figure: 'memory.growth.downloader.slope',
    atMost: 1,
    unit: 'MB/GiB',
  },
  {
    what: '10,000 idle torrents: memory',
    figure: 'memory.idle.millrace.all',
    atMost: 200,
    unit: 'MB',
    scale: 1e6,
  },
  { what: '10,000 idle torrents: time to add', figure: 'memory.idle.millrace.add', atMost: 4, unit: 's' },
  {
    what: '10,000 idle torrents: share of a core',
    figure: 'memory.idle.millrace.cpu',
    atMost: 2,
    unit: '%',
    scale: 0.01,
  },
];

/** Four messages of 256 KiB a call against node:crypto with and without the CPU's SHA extensions, and against js. */
function hashing(name, kernel, bounds) {
  const against = {
    native: 'node:crypto with SHA extensions',
    portable: 'node:crypto without SHA extensions',
    js: 'js',
  };
  return Object.entries(bounds).map(([other, atLeast]) => ({
    what: `${name} by wasm against ${against[other]}`,
    figure: `kernels.${kernel}.${KiB256}.wasm/${other}`,
    atLeast,
  }));
}
