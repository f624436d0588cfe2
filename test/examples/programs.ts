import { fileURLToPath } from 'node:url';
import type { Program } from '../lib/program.js';
import type { Stage } from '../lib/stage.js';

export type Kind = 'udp' | 'tcp';

export const BUILT = fileURLToPath(new URL('../../dist/examples/sockets/', import.meta.url));

/** One of the built programs. */
export function runExample(stage: Stage, name: string, ...args: readonly (string | number)[]): Program {
  return stage.run(process.execPath, [`${BUILT}${name}.js`, ...args.map(String)]);
}

/** A server on a free port of this machine alone. */
export async function startServer(stage: Stage, kind: Kind): Promise<{ server: Program; port: number }> {
  const server = runExample(stage, `${kind}-server`, '127.0.0.1', 0);
  return { server, port: portOf(await server.line(/ port \d+$/)) };
}

export function portOf(line: string): number {
  return Number(/\bport (\d+)$/.exec(line)![1]);
}

/** What a client prints for a line. */
export async function answerOf(client: Program, line: string): Promise<string> {
  client.type(line);
  await client.exits();
  return client.lines.join('\n');
}
