import type { Command } from 'commander';
import { parseCount } from '../../values/parse.js';
import { type CommandSetup, type CommonOptions, type Context, value } from '../context.js';
import { EXIT_FAILURE, EXIT_OK } from '../failure.js';
import { PACKAGE_ROOT } from '../package-root.js';

interface BenchOptions extends CommonOptions {
  readonly quick?: boolean;
  readonly samples?: number;
  readonly out?: string;
  readonly dir?: string;
}

/** Parts of the suite that need nothing but the package; `peers` needs other engines too. */
const OWN_PARTS = ['kernels', 'wire', 'loopback', 'scale', 'memory', 'sockets'];

/** What this command needs of the suite in bench/, which is JavaScript: see bench/lib/main.mjs and options.mjs. */
interface Suite {
  chooseParts(names: readonly string[], all: readonly string[]): readonly string[];
  resolveSamples(given: number | undefined, quick: boolean): number;
  runAndPrint(options: object, io: object): Promise<number>;
}

/** The suite lies beside dist/ and src/ in the package. */
const MODULES = ['main.mjs', 'options.mjs'].map(name => new URL(`bench/lib/${name}`, PACKAGE_ROOT));

const MAX_SAMPLES = 1000;

export const benchSetup: CommandSetup<BenchOptions> = {
  usage: 'bench [parts...]',
  summary: 'measure this machine',
  description: `Runs the benchmark suite on this machine: kernels, wire, loopback, scale, memory and
sockets, or the named parts. The part peers compares with libtorrent, aria2, webtorrent and
Transmission where they are installed.

Tables go to stdout as the parts end, progress to stderr. Ratios compare across machines, times
do not. All parts take less than 10 minutes, with --quick about one. With --json the only object
has the figures of all parts.`,
  examples: [
    ['bench kernels wire', 'hashing and messages by themselves'],
    ['bench --quick --out report', 'all parts, roughly; Markdown, JSON and charts in ./report'],
  ],
  options(command: Command) {
    command.registeredArguments[0].choices([...OWN_PARTS, 'peers']);
    command
      .option('--quick', 'small transfers and few samples; the figures are rough')
      .option(
        '--samples <number>',
        'rounds of every comparison (default: 5, with --quick 3)',
        value(text => parseCount(text, 1, MAX_SAMPLES)),
      )
      .option('--out <folder>', 'where to write a report with charts (default: none is written)')
      .option('--dir <folder>', 'where to work (default: memory when it has room, else temporary files)');
  },
  run: bench,
};

async function bench({ io, interrupt }: Context, options: BenchOptions, ...parts: string[]): Promise<number> {
  const suite = await load();
  const { quick = false, samples, out, dir, json = false } = options;
  const code = await suite.runAndPrint(
    {
      parts: suite.chooseParts(parts, OWN_PARTS),
      quick,
      samples: suite.resolveSamples(samples, quick),
      out,
      dir,
      json,
    },
    { stdout: io.stdout, stderr: io.stderr, signal: interrupt.signal },
  );
  return code === 0 ? EXIT_OK : EXIT_FAILURE;
}

async function load(): Promise<Suite> {
  const modules = await Promise.all(MODULES.map(({ href }) => import(href)));
  return Object.assign({}, ...modules);
}
