import { access, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type CreatedTorrent, createTorrent, type KernelsOption } from '../../files.js';
import { parseBytes, parseTrackerUrl } from '../../values/parse.js';
import { type CommandSetup, type CommonOptions, type Context, value, values } from '../context.js';
import { CliError, EXIT_OK } from '../failure.js';
import { formatBytes, formatPieceLength, safeText } from '../format.js';
import { magnetOf } from '../magnet.js';
import { addEngineOptions } from '../peer-options.js';
import { openProgress } from '../progress.js';

interface CreateOptions extends CommonOptions {
  readonly out?: string;
  readonly force?: boolean;
  readonly pieceLength?: number;
  readonly announce?: string[];
  readonly private?: boolean;
  readonly comment?: string;
  readonly date: boolean;
  readonly workers?: number;
  readonly kernels?: KernelsOption;
}

export const createSetup: CommandSetup<CreateOptions> = {
  usage: 'create <path>',
  summary: 'make a torrent file of a file or folder',
  description: `Hashes a file or folder and writes a torrent file.

With --json the last object is
{"event":"create","path","infoHash","magnet","name","length","pieceLength","pieceCount"}.`,
  examples: [
    ['create debian.iso --announce http://tracker.example:6969/announce', 'makes debian.iso.torrent here'],
    ['create photos --out p.torrent --piece-length 1MiB --private', 'a folder, 1 MiB pieces'],
  ],
  options(command: Command) {
    command
      .option('--out <file>', 'where to write it (default: the name and .torrent, in this folder)')
      .option('--force', 'replace the file that is there')
      .option(
        '--piece-length <size>',
        'a power of two from 16KiB to 64MiB (default: by size)',
        value(parseBytes),
      )
      .option(
        '--announce <url>',
        'URL of a tracker; may be repeated, each is tried when those before fail',
        values(parseTrackerUrl),
      )
      .option('--private', 'peers come from the trackers alone')
      .option('--comment <text>', 'a comment for readers')
      .option('--no-date', 'leave out the date, so that the same files give the same torrent file');
    addEngineOptions(command);
  },
  run: create,
};

async function create(context: Context, options: CreateOptions, path: string): Promise<number> {
  const { output } = context;
  if (options.out !== undefined) await refuseToReplace(options.out, options);
  const created = await hash(context, options, path);
  const { metainfo } = created;
  const out = options.out ?? `${metainfo.name}.torrent`;
  await write(out, created, options);

  const { infoHash, name, length, pieceLength, pieceCount } = metainfo;
  const magnet = magnetOf(metainfo);
  output.event('create', { path: resolve(out), infoHash, magnet, name, length, pieceLength, pieceCount });
  output.line(
    `${safeText(out)}: ${formatBytes(length)} in ${pieceCount} pieces of ${formatPieceLength(pieceLength)}`,
  );
  output.line(`info-hash ${infoHash}`);
  output.line(safeText(magnet));
  return EXIT_OK;
}

async function hash(
  { output, interrupt }: Context,
  options: CreateOptions,
  path: string,
): Promise<CreatedTorrent> {
  const progress = openProgress(output);
  try {
    return await createTorrent(path, {
      pieceLength: options.pieceLength,
      announce: options.announce?.map(url => [url]),
      private: options.private,
      comment: options.comment,
      creationDate: options.date ? Math.floor(Date.now() / 1000) : undefined,
      workers: options.workers,
      kernels: options.kernels,
      onProgress: (done, total) => progress.update({ label: 'Hashing', done, total }),
      signal: interrupt.signal,
    });
  } finally {
    progress.stop();
  }
}

async function write(out: string, { bytes }: CreatedTorrent, options: CreateOptions): Promise<void> {
  try {
    await writeFile(out, bytes, { flag: options.force ? 'w' : 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw exists(out);
    throw error;
  }
}

/** Before the hashing, which may take long. */
async function refuseToReplace(out: string, { force }: CreateOptions): Promise<void> {
  const there = await access(out).then(
    () => true,
    () => false,
  );
  if (there && !force) throw exists(out);
}

function exists(out: string): CliError {
  return new CliError('EEXIST', `${safeText(out)} is there already; --force replaces it`);
}
