import type { Writable } from 'node:stream';

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

/** Codes that turn a style on and off (ECMA-48 SGR). */
const STYLES = { bold: [1, 22], red: [31, 39], green: [32, 39] } as const;

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

  style(style: keyof typeof STYLES, text: string): string {
    const [on, off] = STYLES[style];
    return this.#colors ? `\u001b[${on}m${text}\u001b[${off}m` : text;
  }

  #write(line: string): void {
    this.#stream.write(`${line}\n`);
  }
}

function isTerminal({ stdout, env }: Pick<Io, 'stdout' | 'env'>): boolean {
  return stdout.isTTY === true && env.TERM !== 'dumb';
}
