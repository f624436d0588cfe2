/** What the four programs have in common: arguments, the line to send, and one line about what went wrong. */
import { realpathSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { BUFFER_BYTES, encode, PORT } from './upper-case.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `bind(("", port))` of the lecture: all addresses of this machine, so that others can ask too. */
export const ALL_ADDRESSES = '0.0.0.0';

/** A client that has waited for so long gives up: its question or the answer got lost, or the server sleeps. */
export const ANSWER_MS = 5_000;

const FACTS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has this port',
  EADDRNOTAVAIL: 'this machine does not have this address',
  EACCES: 'this port needs more rights',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the other side gave up the connection',
  ENOTFOUND: 'there is no host of this name',
  ABORT_ERR: `no answer within ${ANSWER_MS / 1000} s`,
};

/**
 * Runs a program with the address of its arguments, `[host] [port]`, if its module is the one that was started.
 * A failure is one line on stderr and exit code 1, wrong arguments are exit code 2.
 */
export async function start(
  module: string,
  defaultHost: string,
  program: (address: Address) => Promise<void>,
): Promise<void> {
  const [, script, host = defaultHost, port = String(PORT)] = process.argv;
  if (script === undefined || realpathSync(script) !== fileURLToPath(module)) return;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535 || process.argv.length > 4) {
    console.error('usage: [host] [port], the port a number from 0 to 65535');
    process.exitCode = 2;
    return;
  }
  const address = { host, port: Number(port) };
  try {
    await program(address);
  } catch (error) {
    report(error, address);
    process.exitCode = 1;
  }
}

export function report(error: unknown, { host, port }: Address): void {
  const { code = '', message } = error as NodeJS.ErrnoException;
  console.error(`error: ${host} port ${port}: ${FACTS[code] ?? message ?? code}`);
}

/** One line of stdin, as bytes to send. */
export async function readMessage(): Promise<Buffer> {
  if (process.stdin.isTTY) process.stdout.write('Enter a message: ');
  const lines = createInterface({ input: process.stdin });
  for await (const line of lines) {
    lines.close(); // or an open terminal would keep the program from ending
    const message = encode(line);
    if (message.length < Buffer.byteLength(line))
      console.error(`note: a message has at most ${BUFFER_BYTES} bytes, the rest is not sent`);
    return message;
  }
  throw new Error('there was no line to send');
}
