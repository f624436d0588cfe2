import { type Command, Option } from 'commander';
import {
  type Configuration,
  Daemon,
  type DaemonLog,
  describeConfiguration,
  hashPassword,
  loadConfiguration,
  type Mistake,
  openLog,
  printConfiguration,
  printMistakes,
  SETTING_KEYS,
  SETTINGS,
  type SettingKey,
  Systemd,
} from '../../daemon/index.js';
import { formatAddress } from '../../index.js';
import type { Kind } from '../../values/kinds.js';
import type { CommandSetup, CommonOptions, Context } from '../context.js';
import { CliError, EXIT_OK, EXIT_USAGE } from '../failure.js';
import { formatCount } from '../format.js';

interface DaemonOptions extends CommonOptions {
  readonly config?: string;
  readonly printConfig?: boolean;
  readonly checkConfig?: boolean;
  readonly hashPassword?: boolean;
  readonly [flag: string]: unknown;
}

export const daemonSetup: CommandSetup<DaemonOptions> = {
  usage: 'daemon',
  summary: 'run a seed box that clients control, until Ctrl-C',
  description: `Runs thousands of torrents unattended. Clients of Transmission control it, and so does "millrace ctl".

Each setting below is also a key of the configuration file, rpc-port = 9091, and a variable,
MILLRACE_RPC_PORT=9091. Flags stand before variables, these before the file, and that before the
defaults. SIGHUP reads the file again; one with mistakes changes nothing. docs/daemon.md has it all.`,
  examples: [
    ['daemon --download-dir /srv/torrents', 'clients on this machine, port 9091'],
    ['daemon --config /etc/millrace/daemon.toml --check-config', 'what is wrong with a file'],
    ['daemon --rpc-host 0.0.0.0 --rpc-user me', 'with MILLRACE_RPC_PASSWORD set'],
  ],
  options(command: Command) {
    command
      .option('--config <file>', 'TOML, or JSON by its name (default: ~/.config/millrace/daemon.toml)')
      .option('--print-config', 'print the settings as a file, and where each comes from')
      .option('--check-config', 'tell all mistakes, with line and key, and end')
      .option(
        '--hash-password',
        'read a password from standard input and print it as rpc-password may have it',
      );
    for (const key of SETTING_KEYS) {
      const { kind, meaning, secret } = SETTINGS[key];
      // a password on a command line is seen by all who list processes
      if (secret || key === 'log-level') continue;
      const { isSwitch, isList }: Kind<unknown> = kind;
      const option = new Option(`--${key} ${isSwitch ? '[value]' : '<value>'}`, `${meaning} (${kind.says})`);
      if (isList) option.argParser(collect);
      command.addOption(option);
      if (isSwitch) command.addOption(new Option(`--no-${key}`).hideHelp());
    }
  },
  run,
};

/** A list may be given in one flag, with commas, or in several. */
function collect(text: string, before: string | undefined): string {
  return before === undefined ? text : `${before},${text}`;
}

/** Trackers get 5 s of it. */
const STOP_MS = 10_000;

async function run(context: Context, options: DaemonOptions): Promise<number> {
  if (options.hashPassword) return printHash(context);
  const load = () =>
    loadConfiguration({
      file: options.config,
      env: process.env,
      flags: flagsOf(options),
      folder: process.cwd(),
    });
  const configuration = await load();
  const { output } = context;
  if (options.checkConfig) return check(context, configuration);
  if (options.printConfig) {
    output.line(printConfiguration(configuration));
    output.event('config', describeConfiguration(configuration));
  }
  if (configuration.mistakes.length > 0) throw mistaken(configuration.mistakes);
  return options.printConfig ? EXIT_OK : serve(context, configuration, load);
}

async function serve(
  { output, interrupt, io }: Context,
  configuration: Configuration,
  load: () => Promise<Configuration>,
): Promise<number> {
  const { settings } = configuration;
  const log = openLog({
    level: settings['log-level'],
    format: settings['log-format'],
    file: settings['log-file'],
    stderr: io.stderr as NodeJS.WriteStream,
  });
  if (settings['rpc-password'] !== undefined) log.hide(settings['rpc-password']);
  const systemd = new Systemd({
    env: process.env,
    report: err => log.logger.warn({ err }, 'systemd cannot be told'),
  });
  let running: Daemon | undefined;
  let isAsked = false; // before it runs
  const reload = () => {
    if (running === undefined) isAsked = true;
    else void reloadInto(running, load, log, systemd);
  };
  process.on('SIGHUP', reload);
  interrupt.leave('SIGHUP');
  try {
    const daemon = await Daemon.start({
      configuration,
      log: log.logger,
      onClose: () => interrupt.raise('parent'),
    });
    running = daemon;
    if (isAsked) reload();
    try {
      tellReady(output, daemon);
      void systemd.ready();
      systemd.status(formatCount(daemon.torrents, 'torrent'));
      await interrupt.raised();
      return EXIT_OK;
    } finally {
      running = undefined;
      void systemd.stopping(STOP_MS);
      await daemon.close();
    }
  } finally {
    process.off('SIGHUP', reload);
    await systemd.close();
    await log.close();
  }
}

function tellReady(output: Context['output'], daemon: Daemon): void {
  const { peers, rpcUrl, torrents } = daemon;
  const at = peers.map(formatAddress);
  output.event('ready', { torrents, rpc: rpcUrl, peers: at[0], addresses: at });
  output.line(`${formatCount(torrents, 'torrent')}, peers at ${at.join(' and ') || 'no address yet'}.`);
  if (rpcUrl !== undefined) output.line(`RPC at ${rpcUrl}\nStatus page at ${new URL('/', rpcUrl)}`);
}

/** The log is opened anew too: whoever rotates it says so by the same signal. */
async function reloadInto(
  daemon: Daemon,
  load: () => Promise<Configuration>,
  log: DaemonLog,
  systemd: Systemd,
): Promise<void> {
  const { logger } = log;
  void systemd.reloading();
  try {
    await log
      .reopen()
      .catch(err => logger.error({ err }, 'the log was not opened anew, the old file goes on'));
    const configuration = await load();
    const mistakes = printMistakes(configuration.mistakes);
    if (mistakes.length > 0) logger.error({ mistakes }, 'the configuration has mistakes, the old one stays');
    else {
      const restart = daemon.reload(configuration);
      logger.level = configuration.settings['log-level'];
      if (configuration.settings['rpc-password'] !== undefined)
        log.hide(configuration.settings['rpc-password']);
      logger.info({ restart }, 'the configuration was read again');
    }
  } catch (err) {
    logger.error({ err }, 'the configuration was not read again, the old one stays');
  }
  void systemd.ready();
}

function check({ output }: Context, { mistakes }: Configuration): number {
  for (const { where, key, message } of mistakes) output.event('mistake', { where, key, message });
  for (const line of printMistakes(mistakes)) output.line(line);
  if (mistakes.length === 0) output.line('The configuration has no mistakes.');
  return mistakes.length === 0 ? EXIT_OK : EXIT_USAGE;
}

function mistaken(mistakes: readonly Mistake[]): CliError {
  return new CliError(
    'ERR_CONFIG',
    `the configuration has mistakes:\n${printMistakes(mistakes).join('\n')}`,
    EXIT_USAGE,
  );
}

async function printHash({ output }: Context): Promise<number> {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  const password = text.replace(/\r?\n$/, '');
  if (password === '') throw new CliError('ERR_OPTION', 'no password on standard input', EXIT_USAGE);
  const hash = await hashPassword(password);
  output.line(hash);
  output.event('password', { hash });
  return EXIT_OK;
}

/** Text by key, as it was given. Commander makes camel case of names. */
function flagsOf(options: DaemonOptions): Partial<Record<SettingKey, string>> {
  const flags: Partial<Record<SettingKey, string>> = {};
  for (const key of SETTING_KEYS) {
    const value = options[key.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())];
    if (typeof value === 'boolean') flags[key] = String(value);
    else if (typeof value === 'string' && key !== 'log-level') flags[key] = value;
  }
  return flags;
}
