import { Command, CommanderError } from 'commander';
import { VERSION } from '../files.js';
import {
  type AddCommand,
  addCommonOptions,
  type CommandGroup,
  type CommandSetup,
  type CommonOptions,
} from './context.js';
import { Interrupt } from './exit.js';
import { describeFailure, EXIT_FAILURE, EXIT_OK, EXIT_USAGE } from './failure.js';
import { safeText } from './format.js';
import { type Io, Output } from './output.js';

const EXIT_HELP = `
Exit codes:
  0  success; also a seed or tracker that was stopped by Ctrl-C
  1  failure: the message is on stderr, with --json an "error" object is on stdout
  2  wrong usage
  128+n  interrupted by signal n before the work was done (130 for Ctrl-C)

Sizes and rates take 65536, 256KiB, 1.5GiB (powers of 1024) or 10MB, 10MB/s (powers of 1000).
The first Ctrl-C saves state, says goodbye to trackers and ends within 5 seconds;
a second one ends at once.`;

/** Only the command that is named gets loaded, all of them for the help: modules cost more than small work. */
const COMMANDS: ReadonlyMap<string, (add: AddCommand) => Promise<void>> = new Map([
  ['create', async add => add((await import('./commands/create.js')).createSetup)],
  ['info', async add => add((await import('./commands/info.js')).infoSetup)],
  ['seed', async add => add((await import('./commands/seed.js')).seedSetup)],
  ['download', async add => add((await import('./commands/download.js')).downloadSetup)],
  ['verify', async add => add((await import('./commands/verify.js')).verifySetup)],
  ['tracker', async add => add((await import('./commands/tracker.js')).trackerSetup)],
  ['swarm', async add => add((await import('./commands/swarm.js')).swarmSetup)],
  ['bound', async add => add((await import('./commands/bound.js')).boundSetup)],
  ['simulate', async add => add((await import('./commands/simulate.js')).simulateSetup)],
  ['daemon', async add => add((await import('./commands/daemon.js')).daemonSetup)],
  ['ctl', async add => add((await import('./commands/ctl.js')).ctlGroup)],
  ['bench', async add => add((await import('./commands/bench.js')).benchSetup)],
] satisfies [string, (add: AddCommand) => Promise<void>][]);

/** Runs one command line and resolves with its exit code. Never rejects. */
export async function main(argv: readonly string[], io: Io = process): Promise<number> {
  let exitCode = EXIT_OK;
  // Whoever read our output may have gone (EPIPE), or its disk is full. The work goes on; only the latter is a failure.
  io.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') exitCode ||= EXIT_FAILURE;
  });
  io.stderr.on('error', () => {});
  const program = new Command('millrace')
    .description('A BitTorrent engine whose hot path is WebAssembly.')
    .version(VERSION, '--version', 'print the version')
    .helpOption('-h, --help', 'show what a command does and takes')
    .helpCommand('help [command]', 'show what a command does and takes')
    .addHelpText('after', EXIT_HELP)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: text => void io.stdout.write(text),
      writeErr: text => void io.stderr.write(text),
      getOutHelpWidth: () => Math.min(io.stdout.columns ?? 100, 110),
      getErrHelpWidth: () => Math.min(io.stderr.columns ?? 100, 110),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });

  const addTo =
    (parent: Command): AddCommand =>
    setup => {
      if ('commands' in setup) setup.commands.forEach(addTo(addGroup(parent, setup)));
      else
        addCommand(parent, setup, async (args, options) => {
          exitCode = (await runCommand(setup, args, options, io)) || exitCode;
        });
    };
  const add = addTo(program);
  const named = COMMANDS.get(argv[0]);
  for (const load of named ? [named] : COMMANDS.values()) await load(add);

  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT_OK;
    const output = new Output(argv.includes('--json'), io);
    output.event('error', { code: 'ERR_OPTION', message: error.message.replace(/^error: /, '') });
    return EXIT_USAGE;
  }
}

function addGroup(parent: Command, { usage, summary, description, examples }: CommandGroup): Command {
  const group = parent.command(usage).summary(summary).description(flowing(description)).helpCommand(false);
  return group.addHelpText('after', describeExamples(examples));
}

function addCommand<Options extends CommonOptions>(
  parent: Command,
  setup: CommandSetup<Options>,
  action: (args: string[], options: Options) => Promise<void>,
): void {
  const command = parent.command(setup.usage).summary(setup.summary).description(flowing(setup.description));
  setup.options(command);
  addCommonOptions(command);
  command.addHelpText('after', describeExamples(setup.examples));
  command.action(async () => action(command.args, command.opts<Options>()));
}

/** Paragraphs as one line each, which the help then breaks where the terminal ends; what is indented stays. */
function flowing(text: string): string {
  return text.replace(/(?<=\S)\n(?=\S)/g, ' ');
}

function describeExamples(examples: CommandGroup['examples']): string {
  return `\nExamples:\n${examples.map(([line, meaning]) => `  # ${meaning}\n  millrace ${line}`).join('\n')}`;
}

async function runCommand<Options extends CommonOptions>(
  setup: CommandSetup<Options>,
  args: string[],
  options: Options,
  io: Io,
): Promise<number> {
  const output = new Output(options.json === true, io);
  const interrupt = new Interrupt();
  interrupt.watch();
  try {
    return await setup.run({ io, output, interrupt }, options, ...args);
  } catch (error) {
    if (interrupt.cause !== undefined) {
      if (!output.json) io.stderr.write('interrupted\n');
      return interrupt.exitCode;
    }
    const failure = describeFailure(error);
    if (output.json) output.event('error', { code: failure.code, message: failure.message });
    else io.stderr.write(`error: ${safeLines(failure.message)} (${failure.code})\n`);
    return failure.exitCode;
  } finally {
    interrupt.unwatch();
  }
}

/** A message may have lines of its own and names from torrents. */
function safeLines(text: string): string {
  return text.split('\n').map(safeText).join('\n');
}
