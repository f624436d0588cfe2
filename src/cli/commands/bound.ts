import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { parseBytes, parseCount, parseRange, parseRate, parseRates } from '../../values/parse.js';
import { type BoundPlan, boundsOf, evenly, rowsOf, type Sweep } from '../bound/bounds.js';
import { boundEvent, printBounds, printSweep } from '../bound/report.js';
import { type CommandSetup, type CommonOptions, type Context, value } from '../context.js';
import { EXIT_OK, usageError } from '../failure.js';
import { safeText } from '../format.js';
import type { Output } from '../output.js';

interface BoundOptions extends CommonOptions {
  readonly size: number;
  readonly seedUp: number;
  readonly up: readonly number[];
  readonly down?: readonly number[];
  readonly pieces?: number;
  readonly peers?: number;
  readonly sweep?: Sweep;
  readonly svg?: string;
  readonly log?: boolean;
}

const MAX_PEERS = 1_000_000_000;
/** A sweep in JSON is a line for each. */
const MAX_SWEEP = 100_000;
const MAX_PIECES = 1_000_000_000;

export const boundSetup: CommandSetup<BoundOptions> = {
  usage: 'bound',
  summary: 'compute the least time in which a file can reach all peers',
  description: `Computes lower bounds of the time in which a file of F bytes reaches N peers from one seed:

  client-server  max(F / down, N F / seed-up): the seed sends every copy
  peer-to-peer   max(F / down, F / seed-up, N F / (seed-up + all up)): peers pass on what they have
  by pieces      with --pieces M; also F / seed-up + floor(log2 N) (F / M) / fastest upload:
                 a piece is passed on once all of it is there

"down" is the slowest download; "ratio", client-server / peer-to-peer, is what sharing gains.

--up and --down take one rate for all peers, or a list with one for each, as in 1MB/s,5MB/s. It is
repeated when there are more peers: two rates stand for two halves. Here 0 is no upload at all,
not one without limit. Without --down, downloads do not limit.

With --json it prints {"event":"bound","length","peers","pieces","bound":{"clientServer",
"peerToPeer","discrete"},"ratio"}, times in seconds; with --sweep a line for each number of peers,
and with --svg a last one, {"event":"svg","path"}.`,
  examples: [
    ['bound --size 1GB --peers 100 --seed-up 10MB/s --up 2MB/s --pieces 1000', 'a hundred equal peers'],
    [
      'bound --size 1GB --peers 100 --seed-up 10MB/s --up 1MB/s,5MB/s --down 8MB/s,50MB/s',
      'half of them slow, half of them fast',
    ],
    ['bound --size 1GB --sweep 1..1000 --seed-up 10MB/s --up 1MB/s', 'a table over the number of peers'],
    ['bound --size 1GB --sweep 1..100 --seed-up 10MB/s --up 1MB/s --svg time.svg', 'the same as a figure'],
  ],
  options(command: Command) {
    command
      .requiredOption('--size <size>', 'size of the file', value(parseBytes))
      .requiredOption('--seed-up <rate>', 'upload rate of the seed', value(parseRate))
      .requiredOption('--up <rates>', 'upload rate of the peers, one or a list', value(parseRates))
      .option('--down <rates>', 'download rate of the peers, one or a list', value(parseRates))
      .option(
        '--pieces <number>',
        'equal pieces that the file is cut into',
        value(text => parseCount(text, 1, MAX_PIECES)),
      )
      .option(
        '--peers <number>',
        'downloaders, the seed not counted',
        value(text => parseCount(text, 1, MAX_PEERS)),
      )
      .addOption(
        new Option('--sweep <from..to>', 'from so many peers to so many')
          .argParser(value((text): Sweep => parseRange(text, 1, MAX_SWEEP)))
          .conflicts('peers'),
      )
      .option('--svg <file>', 'draw the sweep into this file instead of a table; replaces what is there')
      .option('--log', 'with --svg: logarithmic axes, which show a wide sweep better');
  },
  run: bound,
};

async function bound({ output }: Context, options: BoundOptions): Promise<number> {
  const { size, seedUp, up, down, pieces, peers, sweep, svg, log } = options;
  const plan: BoundPlan = { fileBytes: size, pieces, seedUp, up, down };
  if (sweep) await showSweep(output, plan, sweep, { svg, log });
  else if (svg !== undefined) throw usageError('svg', '--svg draws a sweep: say --sweep 1..100');
  else if (peers === undefined)
    throw usageError('peers', 'say how many peers there are: --peers 100 or --sweep 1..100');
  else showOne(output, plan, peers);
  return EXIT_OK;
}

function showOne(output: Output, plan: BoundPlan, peers: number): void {
  const longest = Math.max(plan.up.length, plan.down?.length ?? 0);
  if (longest > peers) throw usageError('peers', `there are ${longest} rates for ${peers} peers`);
  const bounds = boundsOf(plan, peers);
  output.event('bound', boundEvent(plan, bounds));
  printBounds(output, plan, bounds);
}

async function showSweep(
  output: Output,
  plan: BoundPlan,
  sweep: Sweep,
  { svg, log }: Pick<BoundOptions, 'svg' | 'log'>,
): Promise<void> {
  // The longest time comes first, so that what is refused is refused before anything is printed.
  boundsOf(plan, sweep.to);
  if (output.json)
    for (const peers of evenly(sweep, MAX_SWEEP))
      output.event('bound', boundEvent(plan, boundsOf(plan, peers)));
  if (svg === undefined) {
    printSweep(
      output,
      plan,
      rowsOf(sweep).map(peers => boundsOf(plan, peers)),
    );
    return;
  }
  const { drawFigure } = await import('../bound/figure.js');
  await writeFile(svg, drawFigure(plan, sweep, log));
  output.event('svg', { path: resolve(svg) });
  output.line(`${safeText(svg)}: ${sweep.from} to ${sweep.to} peers`);
}
