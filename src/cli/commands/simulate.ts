import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { MAX_SIMULATED_PEERS } from '../../sim/index.js';
import { parseShare } from '../../values/parse.js';
import { type CommandSetup, type CommonOptions, type Context, value } from '../context.js';
import { CliError, EXIT_OK } from '../failure.js';
import { safeText } from '../format.js';
import type { Output } from '../output.js';
import { addFieldOptions, readFlags } from '../simulate/flags.js';
import { type Outcome, shortfall } from '../simulate/outcome.js';
import { formatReport, summarize } from '../simulate/report-file.js';
import { findKernels, KERNELS, type KernelsName, run } from '../simulate/run.js';
import { buildScenario, DEFAULT_SCENARIO, type Order } from '../simulate/scenario.js';
import { readScenarioFile } from '../simulate/scenario-file.js';
import { parseSweep, printSweepHead, printSweepRow } from '../simulate/sweep.js';
import { printOutcome } from '../simulate/table.js';

interface SimulateOptions extends CommonOptions {
  readonly freeRiders?: number;
  readonly liars?: number;
  readonly sweep?: readonly number[];
  readonly kernels?: KernelsName;
  readonly out?: string;
  readonly svg?: string;
}

export const simulateSetup: CommandSetup<SimulateOptions> = {
  usage: 'simulate [scenario]',
  summary: 'run a swarm of up to a million peers in virtual time, against the bounds',
  description: `Runs a swarm in virtual time: the picker, the choker and the kernels are those of real downloads,
the network is a model. Then it compares the times with the least ones that any swarm could need.

A scenario is a JSON file, docs/scenario.md has its fields; options override what it says. Without
one it is that of the defaults below. The same scenario gives the same report, byte for byte.

Exits with 1 when a peer that did not give up is not complete at the end. With --json it prints
{"event":"simulate", ...}: the report, docs/simulate.md explains it, without its lists of peers and
samples; with --sweep one for each number of peers.`,
  examples: [
    ['simulate', 'a hundred peers, 2 MB/s each'],
    [
      'simulate --peers 1000 --size 1GB --up 1MB/s,5MB/s --profile cluster --svg run.svg',
      'draw what happens',
    ],
    ['simulate --free-riders 20% --departure linger:60s --json', 'some take and do not give'],
    ['simulate --sweep 10,30,100,300,1000 --svg scaling.svg', 'the figure of the textbooks, measured'],
    ['simulate flash-crowd.json --seed 7 --out report.json', 'a scenario from a file, with other luck'],
  ],
  options(command: Command) {
    addFieldOptions(command);
    command
      .optionsGroup('Downloaders:')
      .option(
        '--free-riders <share>',
        'as 20%: so many never upload, a group of their own',
        value(parseShare),
      )
      .option('--liars <share>', 'so many send bad data in place of blocks', value(parseShare))
      .optionsGroup('Run:')
      .addOption(
        new Option('--sweep <numbers>', 'run with so many peers each, as 10,100,1000')
          .argParser(value(text => parseSweep(text, MAX_SIMULATED_PEERS)))
          .conflicts(['peers', 'out']),
      )
      .addOption(new Option('--kernels <name>', 'what computes; reports are the same').choices(KERNELS))
      .optionsGroup('Output:')
      .option('--out <file>', 'write the whole report as JSON; replaces what is there')
      .option('--svg <file>', 'draw completion, copies and use of uplinks over time, or the sweep');
  },
  run: simulate,
};

async function simulate(context: Context, options: SimulateOptions, file?: string): Promise<number> {
  const { freeRiders, liars, sweep, out, svg } = options;
  const order: Order = {
    base: file === undefined ? DEFAULT_SCENARIO : readScenarioFile(file),
    flags: readFlags({ ...options }),
    freeRiders,
    liars,
  };
  const { output, interrupt } = context;
  // A run is one turn of the event loop, in which nobody would hear a signal; there is nothing to save either.
  interrupt.unwatch();
  const kernels = findKernels(options.kernels);
  const outcomes: Outcome[] = [];
  for (const peers of sweep ?? [undefined]) {
    const outcome = run(context, buildScenario(order, peers), kernels);
    outcomes.push(outcome);
    output.event('simulate', summarize(outcome.report));
    if (sweep === undefined) printOutcome(output, outcome);
    else {
      if (outcomes.length === 1) printSweepHead(output, outcome);
      printSweepRow(output, outcome);
    }
  }
  if (out !== undefined) await write(output, 'report', out, formatReport(outcomes[0].report));
  if (svg !== undefined) await write(output, 'svg', svg, await draw(outcomes, sweep !== undefined));
  for (const outcome of outcomes) {
    const reason = shortfall(outcome);
    if (reason !== undefined) throw new CliError('EINCOMPLETE', reason);
  }
  return EXIT_OK;
}

async function draw(outcomes: readonly Outcome[], sweep: boolean): Promise<string> {
  if (sweep) return (await import('../simulate/sweep-figure.js')).drawSweep(outcomes);
  return (await import('../simulate/figure.js')).drawOutcome(outcomes[0]);
}

async function write(output: Output, event: string, path: string, text: string): Promise<void> {
  await writeFile(path, text);
  output.event(event, { path: resolve(path) });
  output.line(`\n${safeText(path)} is written`);
}
