import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Interrupt } from './exit.js';
import type { Io, Output } from './output.js';

/** What every command gets besides its own options and arguments. */
export interface Context {
  readonly io: Io;
  readonly output: Output;
  readonly interrupt: Interrupt;
}

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export interface CommonOptions {
  readonly json?: boolean;
  readonly logLevel: LogLevel;
}

/** A command's work; resolves with the exit code. */
export type Handler<Options extends CommonOptions> = (
  context: Context,
  options: Options,
  ...args: string[]
) => Promise<number>;

/** Adds a command to the program. */
export type AddCommand = <Options extends CommonOptions>(setup: CommandSetup<Options> | CommandGroup) => void;

export interface CommandSetup<Options extends CommonOptions> {
  /** Name and arguments as commander writes them: `info <source>`. */
  readonly usage: string;
  /** One line for the list of commands. */
  readonly summary: string;
  readonly description: string;
  /** Command lines without the leading `millrace`, each with what it does. */
  readonly examples: readonly (readonly [command: string, meaning: string])[];
  readonly options: (command: Command) => void;
  readonly run: Handler<Options>;
}

/** Commands under one name. */
export interface CommandGroup extends Omit<CommandSetup<never>, 'options' | 'run'> {
  /** Each with options of its own. */
  readonly commands: readonly CommandSetup<never>[];
}

/** Options of every command. */
export function addCommonOptions(command: Command): void {
  command
    .option('--json', 'print one JSON object a line on stdout and nothing else')
    .addOption(
      new Option('--log-level <level>', 'what to log on stderr')
        .choices(LOG_LEVELS)
        .default('warn')
        .env('MILLRACE_LOG'),
    );
}

/** Makes commander say what is wrong with an option's value, and exit 2, when the parser throws a RangeError. */
export function value<T>(parse: (text: string) => T): (text: string) => T {
  return text => {
    try {
      return parse(text);
    } catch (error) {
      if (error instanceof RangeError) throw new InvalidArgumentError(error.message);
      throw error;
    }
  };
}

/** For an option that may be given many times. */
export function values<T>(
  parse: (text: string) => T,
): (text: string, before: readonly T[] | undefined) => T[] {
  const one = value(parse);
  return (text, before = []) => [...before, one(text)];
}
