import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { parseBytes, parseCount, parseDuration, parseRate, parseRates } from '../../values/parse.js';
import { type CommandSetup, type CommonOptions, type Context, value } from '../context.js';
import { EXIT_FAILURE, EXIT_OK } from '../failure.js';
import { addEngineOptions, addPolicyOptions } from '../peer-options.js';
import type { SwarmPlan } from '../swarm/plan.js';
import { capacitiesEvent, printReport, swarmEvent } from '../swarm/report.js';
import { runSwarm } from '../swarm/run.js';

interface SwarmOptions extends CommonOptions {
  readonly leechers: number;
  readonly seedUp: number;
  readonly up: readonly number[];
  readonly down: number;
  readonly pieceLength?: number;
  readonly slots?: number;
  readonly profile?: string;
  readonly superSeed?: boolean;
  readonly dir?: string;
  /** Milliseconds. */
  readonly timeout?: number;
  readonly workers?: number;
  readonly kernels?: string;
}

const MAX_LEECHERS = 200;
const DEFAULT_TIMEOUT_MS = 600_000;

export const swarmSetup: CommandSetup<SwarmOptions> = {
  usage: 'swarm [file]',
  summary: 'share a file across a swarm of processes and prove every byte',
  description: `Runs a whole swarm on this machine: a tracker, one seed and some downloaders, each a process of
its own on the loopback network. Then it compares every byte with the source, and the time with the
lower bounds of a server that sends to all, and of an ideal swarm.

Without a file it shares the running node executable, about 100 MB. Times count from the moment
that the last downloader is up; the seed begins then. Without rate limits the bounds are computed
from the highest rates that were measured.

The table says what each peer waited for, as shares of its time; docs/limits.md explains them.

Exits with 1 when a peer failed or a byte differs. With --json the last object is {"event":"swarm",
"peers":[{"id","seconds","rate","ok","limitedBy"}],"seed":{"limitedBy","copies"},"median","last",
"bound":{"clientServer","peerToPeer","discrete"},"ratio":{"median","last"}}: ratio is of the times to
the peer-to-peer bound, copies what the seed sent as a multiple of the file. The object before it,
"capacities", has the rates that the bounds are computed from.`,
  examples: [
    ['swarm', 'one seed, four downloaders, as fast as they can'],
    ['swarm debian.iso --leechers 8 --seed-up 10MB/s --up 10MB/s', 'like eight home connections'],
    ['swarm debian.iso --leechers 9 --seed-up 4MB/s --up 1MB/s,2MB/s,4MB/s', 'three of each kind'],
  ],
  options(command: Command) {
    command
      .option(
        '--leechers <number>',
        'downloaders',
        value(text => parseCount(text, 1, MAX_LEECHERS)),
        4,
      )
      .option('--seed-up <rate>', 'upload limit of the seed; 0 is unlimited', value(parseRate), 0)
      .option(
        '--up <rates>',
        'upload limit of each downloader; of several, as 1MB/s,2MB/s, each in turn',
        value(parseRates),
        [0],
      )
      .option('--down <rate>', 'download limit of each downloader', value(parseRate), 0)
      .option(
        '--piece-length <size>',
        'a power of two from 16KiB to 64MiB (default: by size)',
        value(parseBytes),
      )
      .option(
        '--slots <number>',
        'peers that each uploads to at once',
        value(text => parseCount(text, 1, 1000)),
      )
      .option('--dir <folder>', 'keep the files here (default: a temporary folder that is removed)')
      .option('--timeout <time>', 'give up after (default: 10m)', value(parseDuration));
    addPolicyOptions(command);
    addEngineOptions(command);
  },
  run: swarm,
};

async function swarm(context: Context, options: SwarmOptions, file?: string): Promise<number> {
  const { output } = context;
  const result = await runSwarm(context, toPlan(options, file));
  output.event('capacities', capacitiesEvent(result.capacities));
  output.event('swarm', swarmEvent(result));
  printReport(output, result);
  return result.peers.every(peer => peer.ok) ? EXIT_OK : EXIT_FAILURE;
}

function toPlan(options: SwarmOptions, file: string | undefined): SwarmPlan {
  const { leechers, seedUp, up, down, pieceLength, dir, slots, profile, superSeed, kernels } = options;
  // Many processes share the CPUs: one thread each unless there are plenty.
  const workers = options.workers ?? Math.max(1, Math.floor(availableParallelism() / (leechers + 1)));
  const childArgs = ['--workers', `${workers}`];
  if (slots !== undefined) childArgs.push('--slots', `${slots}`);
  if (profile !== undefined) childArgs.push('--profile', profile);
  if (superSeed !== undefined) childArgs.push(superSeed ? '--super-seed' : '--no-super-seed');
  if (kernels !== undefined) childArgs.push('--kernels', kernels);
  const timeoutMs = options.timeout ?? DEFAULT_TIMEOUT_MS;
  return { file, dir, leechers, pieceLength, seedUp, up, down, timeoutMs, childArgs };
}
