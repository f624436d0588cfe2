// A swarm over Linux network namespaces, see README.md and `--help`. Needs root, iproute2 and `npm run build`.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { formatBytes, formatCount, formatPieceLength, formatSeconds } from '../../dist/cli/format.js';
import { Output } from '../../dist/cli/output.js';
import { writePayload, writeTorrent } from '../lib/payload.mjs';
import { Workspace } from '../lib/workspace.mjs';
import { checkRates } from './check-rates.mjs';
import { ownRun, removeLeftovers, removeRun } from './leftovers.mjs';
import { Network } from './network.mjs';
import { HELP, parseOptions } from './options.mjs';
import { announceUrl, hostsOf, runRace, SEED, startTracker } from './race.mjs';
import { print, resultOf } from './report.mjs';
import { Refusal } from './system.mjs';

const EXIT = { ok: 0, failed: 1, usage: 2, refused: 3 };

/** Of the payload. */
const FILE = 'swarm.bin';

async function main() {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(`${HELP}\n`);
    return EXIT.ok;
  }
  if (process.platform !== 'linux') throw new Refusal('network namespaces are a thing of Linux');
  if (process.getuid() !== 0) throw new Refusal('network namespaces need root');

  const run = ownRun();
  const workspace = await Workspace.open(options.dir, `${run}-`);
  const base = dirname(workspace.root);
  // However this process ends: all of it is synchronous, and a signal is an end like any other.
  process.on('exit', () => removeRun(run, base));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => process.exit(128 + constants.signals[signal]));
  removeLeftovers(base);

  const output = new Output(options.json, process);
  const { scenario } = options;
  const network = new Network(run);
  const hosts = hostsOf(options.probe ? { ...scenario, ups: [], downs: [] } : scenario);
  network.build(hosts, scenario);
  if (options.probe) return EXIT.ok;
  if (options.checkRates) return (await checkRates(network, scenario, output)) ? EXIT.ok : EXIT.failed;
  return swarm({ run, network, scenario, workspace, output });
}

function readOptions() {
  try {
    return parseOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`error: ${error.message}\n`);
    process.exit(EXIT.usage);
  }
}

async function swarm({ run, network, scenario, workspace, output }) {
  const { size, pieceLength, ups } = scenario;
  const seedDir = await workspace.fresh(SEED);
  const payload = await writePayload(join(seedDir, FILE), size);
  const announce = announceUrl(network);
  const { torrent, metainfo } = await writeTorrent(payload, workspace.path('swarm.torrent'), {
    pieceLength,
    announce,
  });
  const { pieceCount } = metainfo;
  output.event('start', { name: FILE, length: size, pieceCount, pieceLength, leechers: ups.length, run });
  output.line(
    `${formatBytes(size)} in ${formatCount(pieceCount, 'piece')} of ${formatPieceLength(pieceLength)},` +
      ` from 1 seed to ${formatCount(ups.length, 'downloader')}, each a host`,
  );
  const dirOf = id => workspace.path(id);
  for (let i = 0; i < ups.length; i++) await mkdir(dirOf(`peer${i + 1}`));
  await startTracker(network);
  const emit = (name, fields) => {
    output.event(name, fields);
    if (name === 'complete') output.line(`${fields.id} after ${formatSeconds(fields.seconds)}`);
  };
  const outcome = await runRace({ network, scenario, torrent, seedDir, dirOf, emit });
  const same = await compare(payload, outcome.finishes, dirOf);
  const result = resultOf(scenario, outcome, same);
  print(output, result, network.congestion(SEED));
  return result.peers.every(({ ok }) => ok) ? EXIT.ok : EXIT.failed;
}

/** By SHA-256. @returns {Promise<Map<string, boolean>>} whether a peer has every byte */
async function compare(payload, finishes, dirOf) {
  const expected = await sha256(payload);
  const same = new Map();
  for (const { id, seconds } of finishes)
    same.set(id, seconds !== undefined && (await sha256(join(dirOf(id), FILE))) === expected);
  return same;
}

async function sha256(path) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

try {
  process.exit(await main());
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  // Ctrl-C reaches the commands that we run as well: when that was it, the signal is told now.
  await setImmediate();
  process.stderr.write(`error: ${error.message}\n`);
  process.exit(EXIT.refused);
}
