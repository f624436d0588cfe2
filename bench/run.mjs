// Entry of the benchmark suite: `npm run bench -- [part...] [--quick]`, see `--help`. Needs `npm run build`.
import { fileURLToPath } from 'node:url';
import { main } from './lib/main.mjs';

const controller = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => controller.abort());

try {
  process.exitCode = await main(process.argv.slice(2), {
    stdout: process.stdout,
    stderr: process.stderr,
    defaultOut: fileURLToPath(new URL('results', import.meta.url)),
    signal: controller.signal,
  });
} catch (error) {
  if (!controller.signal.aborted) throw error;
  process.stderr.write('interrupted\n');
  process.exitCode = 130;
}
