import { PassThrough } from 'node:stream';
import { main } from '../../../src/cli/main.js';

export interface MainResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as JSON lines. */
  readonly events: readonly Record<string, unknown>[];
}

/** Runs a command line in this process, away from its streams. */
export async function runMain(
  argv: readonly string[],
  env: Record<string, string> = {},
): Promise<MainResult> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const [out, err] = [collect(stdout), collect(stderr)];
  const exitCode = await main(argv, { stdin: new PassThrough(), stdout, stderr, env });
  return {
    exitCode,
    stdout: out(),
    stderr: err(),
    get events() {
      return out()
        .split('\n')
        .filter(line => line !== '')
        .map(line => JSON.parse(line));
    },
  };
}

function collect(stream: PassThrough): () => string {
  let text = '';
  stream.on('data', chunk => {
    text += chunk;
  });
  return () => {
    for (let chunk = stream.read(); chunk !== null; chunk = stream.read());
    return text;
  };
}
