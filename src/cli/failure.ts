import { isMillraceError, MillraceError } from '../files.js';

/** Exit codes of every command; docs/cli.md and `--help` state them. */
export const EXIT_OK = 0;
export const EXIT_FAILURE = 1;
export const EXIT_USAGE = 2;

/** A failure of the command line itself, with a code in the manner of Node's system errors. */
export class CliError extends Error {
  override readonly name = 'CliError';

  constructor(
    readonly code: string,
    message: string,
    readonly exitCode = EXIT_FAILURE,
  ) {
    super(message);
  }
}

/** Something in the command line that is wrong in a way that no parser of one option sees: exit code 2. */
export function usageError(option: string, message: string): MillraceError {
  return new MillraceError('ERR_OPTION', message, { option });
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly exitCode: number;
}

/** How an error is told to the user: a code to match on, one line to read, and the exit code. */
export function describeFailure(error: unknown): Failure {
  if (isMillraceError(error)) {
    return {
      code: error.code,
      message: error.message,
      exitCode: error.code === 'ERR_OPTION' ? EXIT_USAGE : EXIT_FAILURE,
    };
  }
  if (error instanceof CliError)
    return { code: error.code, message: error.message, exitCode: error.exitCode };
  if (error instanceof Error) {
    const { code } = error as { code?: unknown };
    if (typeof code === 'string') return { code, message: error.message, exitCode: EXIT_FAILURE };
    return {
      code: 'ERR_UNEXPECTED',
      message: `unexpected ${error.name}: ${error.message}`,
      exitCode: EXIT_FAILURE,
    };
  }
  return { code: 'ERR_UNEXPECTED', message: String(error), exitCode: EXIT_FAILURE };
}
