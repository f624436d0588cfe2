import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const NODE_MAJOR = Number(process.versions.node.split('.')[0]);

/** Where install.mjs puts webtorrent: a folder for each Node.js, for which version runs depends on it. */
export const WEBTORRENT_FOLDER =
  process.env.MILLRACE_BENCH_WEBTORRENT ?? join(tmpdir(), `millrace-bench-webtorrent-node${NODE_MAJOR}`);
