import type { Command } from 'commander';
import {
  type KernelsOption,
  type Metainfo,
  readTorrent,
  type VerifyResult,
  verifyTorrent,
} from '../../files.js';
import type { CommandSetup, CommonOptions, Context } from '../context.js';
import { EXIT_FAILURE, EXIT_OK } from '../failure.js';
import {
  formatBytes,
  formatCount,
  formatRanges,
  formatRate,
  formatSeconds,
  round3,
  safeText,
  toRanges,
} from '../format.js';
import { addEngineOptions } from '../peer-options.js';
import { openProgress } from '../progress.js';

interface VerifyOptions extends CommonOptions {
  readonly dir: string;
  readonly workers?: number;
  readonly kernels?: KernelsOption;
}

/** Lines of bad files that people are shown; --json has all. */
const MAX_FILES_SHOWN = 50;

export const verifySetup: CommandSetup<VerifyOptions> = {
  usage: 'verify <torrent>',
  summary: 'check files against a torrent',
  description: `Hashes the files of a torrent and compares every piece.

Exits with 1 when a piece is bad or missing. With --json the last object is
{"event":"verify","ok","pieces","good","bad","files","bytes","seconds"}: bad is a list of
[first, last] piece numbers, files are the paths that those pieces touch.`,
  examples: [['verify debian.torrent --dir ~/Downloads', 'check ~/Downloads/<name of the torrent>']],
  options(command: Command) {
    command.requiredOption('--dir <folder>', 'folder that holds the files of the torrent');
    addEngineOptions(command);
  },
  run: verify,
};

async function verify(context: Context, options: VerifyOptions, source: string): Promise<number> {
  const { output, interrupt } = context;
  const metainfo = await readTorrent(source);
  const progress = openProgress(output);
  let result: VerifyResult;
  try {
    result = await verifyTorrent(metainfo, {
      dir: options.dir,
      workers: options.workers,
      kernels: options.kernels,
      onProgress: (done, total) => progress.update({ label: 'Checking', done, total }),
      signal: interrupt.signal,
    });
  } finally {
    progress.stop();
  }
  report(context, metainfo, result);
  return result.bad.length === 0 ? EXIT_OK : EXIT_FAILURE;
}

function report(
  { output }: Context,
  metainfo: Metainfo,
  { pieces, good, bad, bytes, seconds }: VerifyResult,
): void {
  const ok = bad.length === 0;
  const ranges = toRanges(bad);
  const files = filesOf(metainfo, ranges);
  output.event('verify', { ok, pieces, good, bad: ranges, files, bytes, seconds: round3(seconds) });

  const effort = `${formatBytes(bytes)} in ${formatSeconds(seconds)}, ${formatRate(bytes / seconds)}`;
  if (ok) {
    output.line(`${output.style('green', 'ok')}: all ${formatCount(pieces, 'piece')} are good (${effort})`);
    return;
  }
  output.line(
    `${output.style('red', 'bad')}: ${bad.length} of ${formatCount(pieces, 'piece')} bad or missing (${effort})`,
  );
  output.line(`pieces: ${formatRanges(ranges)}`);
  output.line('files:');
  for (const path of files.slice(0, MAX_FILES_SHOWN)) output.line(`  ${safeText(path)}`);
  if (files.length > MAX_FILES_SHOWN) output.line(`  and ${files.length - MAX_FILES_SHOWN} more`);
}

/** Files that have at least a byte in one of the pieces. Both lists are in rising order. */
function filesOf({ files, pieceLength }: Metainfo, ranges: readonly (readonly [number, number])[]): string[] {
  const touched: string[] = [];
  let at = 0;
  for (const { path, offset, length, pad } of files) {
    if (pad || length === 0) continue;
    while (at < ranges.length && (ranges[at][1] + 1) * pieceLength <= offset) at++;
    if (at === ranges.length) break;
    if (ranges[at][0] * pieceLength < offset + length) touched.push(path.join('/'));
  }
  return touched;
}
