// The command line and the worker threads as few files instead of many: each module costs Node 0.5 ms to load. The
// library itself is not bundled.
import { isAbsolute } from 'node:path';

const external = id => !id.startsWith('.') && !isAbsolute(id);
const output = { dir: 'dist/bundle', chunkFileNames: '[name].js' };

// Apart from each other, so that a thread loads one file.
export default [
  { input: 'dist/cli/main.js', external, output },
  { input: 'dist/workers/task.js', external, output },
];
