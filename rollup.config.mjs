// The command line and the worker threads as few files instead of many: each module costs Node 0.5 ms to load. The
// library itself is not bundled.
import { readFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';

const external = id => !id.startsWith('.') && !isAbsolute(id);
const output = { dir: 'dist/bundle', chunkFileNames: '[name].js' };

const PAGE = new URL('src/daemon/page/client/', import.meta.url);

/** Puts the files that are no modules beside the script. */
const pageFiles = {
  name: 'page-files',
  async generateBundle() {
    for (const fileName of ['index.html', 'style.css'])
      this.emitFile({ type: 'asset', fileName, source: await readFile(new URL(fileName, PAGE)) });
  },
};

// Apart from each other, so that a thread loads one file.
export default [
  { input: 'dist/cli/main.js', external, output },
  { input: 'dist/workers/task.js', external, output },
  // What browsers load of the status page: one script, nothing external.
  {
    input: 'dist/daemon/page/client/main.js',
    output: { file: 'dist/page/app.js', format: 'iife' },
    plugins: [pageFiles],
  },
];
