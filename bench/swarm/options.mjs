// The command line, and the scenario that it describes.
import { parseArgs } from 'node:util';
import { parseBytes, parseCount, parseDuration, parseRate } from '../../dist/values/parse.js';

export const HELP = `Usage: sudo node bench/swarm/namespaces.mjs [options] [-- options of every peer]

One seed and its downloaders, each a host of its own with a shaped link. Linux, root and iproute2 are needed.

  --leechers <n>         downloaders, 1 to 200 (default 16)
  --size <size>          bytes of the file (default 64MiB)
  --piece-length <size>  a power of two (default 256KiB)
  --seed-up <rate>       what the link of the seed sends, payload of TCP (default 2MB/s)
  --up <rates>           what the links of the downloaders send: one for all, or a list that is cycled (default 2MB/s)
  --down <rates>         what all links receive, likewise; 0 is unlimited (default 20MB/s)
  --delay <time>         that each link adds to what it sends, so a round trip takes twice as long (default 0ms)
  --congestion <name>    congestion control of TCP (default: cubic, or reno)
  --profile <name>       handed to every peer
  --timeout <time>       give up after (default 10m)
  --dir <folder>         where to work (default: /dev/shm when it has room, else the folder for temporary files)
  --json                 one JSON object a line; the last is like that of millrace swarm
  --check-rates          a plain TCP copy instead of a swarm: tells how well the links hold their rates
  --probe                only try whether this machine can do it, and remove what a killed run left
  -h, --help             show this

Exits with 0 when every byte is right, 1 when not, 2 for wrong options, 3 when the machine cannot or must not do it.`;

/** As many as `millrace swarm` takes. */
const MAX_LEECHERS = 200;

const OPTIONS = /** @type {const} */ ({
  leechers: { type: 'string', default: '16' },
  size: { type: 'string', default: '64MiB' },
  'piece-length': { type: 'string', default: '256KiB' },
  'seed-up': { type: 'string', default: '2MB/s' },
  up: { type: 'string', default: '2MB/s' },
  down: { type: 'string', default: '20MB/s' },
  delay: { type: 'string', default: '0ms' },
  congestion: { type: 'string' },
  profile: { type: 'string' },
  timeout: { type: 'string', default: '10m' },
  dir: { type: 'string' },
  json: { type: 'boolean', default: false },
  'check-rates': { type: 'boolean', default: false },
  probe: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
});

/**
 * Rates are bytes a second of TCP payload; a downlink of 0 is unlimited.
 * @typedef {object} Scenario
 * @property {number} size bytes
 * @property {number} pieceLength
 * @property {number} seedUp
 * @property {readonly number[]} ups one a downloader
 * @property {number} seedDown
 * @property {readonly number[]} downs one a downloader
 * @property {number} delayMs
 * @property {string | undefined} congestion
 * @property {number} timeoutMs
 * @property {readonly string[]} peerArgs
 */

/**
 * @param {readonly string[]} argv
 * @throws {RangeError | TypeError} for what it does not know
 */
export function parseOptions(argv) {
  const border = argv.includes('--') ? argv.indexOf('--') : argv.length;
  const { values } = parseArgs({ args: argv.slice(0, border), options: OPTIONS });
  const { dir, json, probe, help, profile } = values;
  const leechers = parseCount(values.leechers, 1, MAX_LEECHERS);
  const ups = values.up.split(',').map(rate => above0('up', parseRate(rate)));
  const downs = values.down.split(',').map(parseRate);
  const profileArgs = profile === undefined ? [] : ['--profile', profile];
  /** @type {Scenario} */
  const scenario = {
    size: above0('size', parseBytes(values.size)),
    pieceLength: parseBytes(values['piece-length']),
    seedUp: above0('seed-up', parseRate(values['seed-up'])),
    ups: cycled(ups, leechers),
    seedDown: downs[0],
    downs: cycled(downs, leechers),
    delayMs: parseDuration(values.delay),
    congestion: values.congestion,
    timeoutMs: parseDuration(values.timeout),
    peerArgs: [...profileArgs, ...argv.slice(border + 1)],
  };
  return { scenario, dir, json, probe, help, checkRates: values['check-rates'] };
}

/** @param {string} name @param {number} value */
function above0(name, value) {
  if (value > 0) return value;
  throw new RangeError(`--${name} is ${value}, must be above 0`);
}

/** @param {readonly number[]} list @param {number} count */
function cycled(list, count) {
  return Array.from({ length: count }, (_, i) => list[i % list.length]);
}
