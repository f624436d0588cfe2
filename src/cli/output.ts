import type { Writable } from 'node:stream';
import { styleText } from 'node:util';

/** A standard stream: a terminal when `isTTY`, and then so many columns wide. */
export interface OutputStream extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** What a command sees of the process around it; tests hand in their own. */
export interface Io {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

type Style = Parameters<typeof styleText>[0];

/**
 * Standard output of a command: either JSON objects, one a line and nothing else, or text for people. Each command
 * calls both `event` and `line`; the one that does not apply does nothing.
 */
export class Output {
  readonly #stream: OutputStream;
  readonly #colors: boolean;

  constructor(
    readonly json: boolean,
    io: Pick<Io, 'stdout' | 'env'>,
  ) {
    this.#stream = io.stdout;
    this.#colors = !json && isTerminal(io) && !io.env.NO_COLOR;
    this.terminal = !json && isTerminal(io) ? io.stdout : undefined;
  }

  /** The stream to draw live bars on; undefined when there is no terminal to draw on. */
  readonly terminal: OutputStream | undefined;

  event(name: string, fields: object): void {
    this.object({ event: name, ...fields });
  }

  object(value: object): void {
    if (this.json) this.#write(JSON.stringify(value));
  }

  line(text = ''): void {
    if (!this.json) this.#write(text);
  }

  style(style: Style, text: string): string {
    return this.#colors ? styleText(style, text) : text;
  }

  #write(line: string): void {
    this.#stream.write(`${line}\n`);
  }
}

function isTerminal({ stdout, env }: Pick<Io, 'stdout' | 'env'>): boolean {
  return stdout.isTTY === true && env.TERM !== 'dumb';
}
