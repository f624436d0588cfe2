// The command line of the suite.
import { parseArgs } from 'node:util';

/** In the order in which they run. */
export const PARTS = ['kernels', 'wire', 'loopback', 'scale', 'memory', 'sockets', 'peers'];

/** Parts that need nothing but the package. */
export const OWN_PARTS = PARTS.filter(part => part !== 'peers');

/** Parts with figures that compare across machines, for `npm run bench:check`. */
export const CHECKED_PARTS = OWN_PARTS.filter(part => part !== 'sockets');

/** Other engines, the fastest first; see peers/clients.mjs. */
export const ENGINES = ['libtorrent', 'aria2', 'webtorrent', 'transmission'];

export const HELP = `Usage: node bench/run.mjs [part...] [options]

Parts: ${PARTS.join(', ')}. Without any: all of them.

  --quick          small transfers and few samples, under 2 minutes; the figures are rough
  --samples <n>    rounds of every comparison (default 5, with --quick 3)
  --engines <list> other engines for part peers: ${ENGINES.join(',')} (default: all that are installed)
  --out <folder>   where to write the report (default: bench/results)
  --no-report      only print the tables
  --dir <folder>   where to work (default: /dev/shm when it has room, else the folder for temporary files)
  --json           print the results as one JSON object on stdout instead of tables
  -h, --help       show this`;

/**
 * @typedef {object} SuiteOptions
 * @property {readonly string[]} parts
 * @property {boolean} quick
 * @property {number} samples
 * @property {readonly string[]} engines
 * @property {string | undefined} out
 * @property {string | undefined} dir
 * @property {boolean} json
 * @property {boolean} help
 */

/**
 * @param {readonly string[]} argv
 * @param {string} defaultOut
 * @returns {SuiteOptions}
 * @throws {RangeError | TypeError} for what it does not know
 */
export function parseOptions(argv, defaultOut) {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      quick: { type: 'boolean', default: false },
      samples: { type: 'string' },
      engines: { type: 'string' },
      out: { type: 'string' },
      'no-report': { type: 'boolean', default: false },
      dir: { type: 'string' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  return {
    parts: chooseParts(positionals, PARTS),
    quick: values.quick,
    samples: resolveSamples(values.samples, values.quick),
    engines: chooseEngines(values.engines),
    out: values['no-report'] ? undefined : (values.out ?? defaultOut),
    dir: values.dir,
    json: values.json,
    help: values.help,
  };
}

/**
 * The named parts in the order in which they run, or all.
 * @param {readonly string[]} names @param {readonly string[]} all
 */
export function chooseParts(names, all) {
  const unknown = names.filter(name => !PARTS.includes(name));
  if (unknown.length > 0) {
    throw new RangeError(`there is no part '${unknown[0]}', the parts are ${PARTS.join(', ')}`);
  }
  return names.length === 0 ? all : PARTS.filter(part => names.includes(part));
}

function chooseEngines(list) {
  if (list === undefined) return ENGINES;
  const names = list.split(',').map(name => name.trim().toLowerCase());
  const unknown = names.find(name => !ENGINES.includes(name));
  if (unknown === undefined) return ENGINES.filter(name => names.includes(name));
  throw new RangeError(`there is no engine '${unknown}', the engines are ${ENGINES.join(', ')}`);
}

/** @param {string | number | undefined} given @param {boolean} quick */
export function resolveSamples(given, quick) {
  if (given === undefined) return quick ? 3 : 5;
  const samples = Number(given);
  if (Number.isInteger(samples) && samples >= 1 && samples <= 1000) return samples;
  throw new RangeError(`samples is ${given}, must be a whole number from 1 to 1000`);
}
