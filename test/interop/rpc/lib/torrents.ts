import { mkdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { type createTorrent, readTorrent } from '../../../../dist/index.js';
import { writeSamples } from '../../../lib/sample-files.js';
import type { Stage } from '../../../lib/stage.js';
import { until } from '../../../lib/until.js';
import { writeTorrent } from '../../millrace.js';
import type { Daemon } from './daemons.js';

const KiB = 1024;
/** 14 pieces in three files, of which the last two share one. */
const FILES = {
  album: { 'album/one.bin': 300 * KiB + 5, 'album/two.bin': 100 * KiB, 'album/notes/read me.txt': 20_001 },
  single: { 'single.bin': 200 * KiB + 1 },
} as const;

export const PIECE_LENGTH = 32 * KiB;
/** Port 9 discards: nobody answers there. */
export const TRACKER = 'http://127.0.0.1:9/announce';

export interface Sample {
  readonly name: string;
  /** Path of the .torrent. */
  readonly path: string;
  /** The .torrent in base64. */
  readonly metainfo: string;
  /** Lower case, as daemons answer. */
  readonly hash: string;
  readonly magnet: string;
  readonly bytes: number;
  readonly pieces: number;
  readonly files: readonly { readonly path: string; readonly length: number }[];
  /** Writes its files below a folder. */
  writeFiles(dir: string): Promise<void>;
}

/** A torrent of a few pieces; another `seed` makes another torrent of the same files. */
export async function sample(
  stage: Stage,
  name: 'album' | 'single',
  seed = 1,
  announce = TRACKER,
): Promise<Sample> {
  const dir = stage.path(`sample-${name}-${seed}`);
  await mkdir(dir, { recursive: true });
  await writeSamples(dir, FILES[name], seed);
  const root = name === 'single' ? 'single.bin' : 'album';
  const path = stage.path(`${name}-${seed}.torrent`);
  const options: Parameters<typeof createTorrent>[1] = {
    pieceLength: PIECE_LENGTH,
    announce: [[announce]],
    comment: 'a comment',
  };
  await writeTorrent(`${dir}/${root}`, path, options);
  const { infoHash, files, pieceCount } = await readTorrent(path);
  const hash = String(infoHash);
  return {
    name: basename(root),
    path,
    metainfo: (await readFile(path)).toString('base64'),
    hash,
    magnet: `magnet:?xt=urn:btih:${hash}&dn=${root}&tr=${encodeURIComponent(announce)}`,
    bytes: files.reduce((sum, file) => sum + file.length, 0),
    pieces: pieceCount,
    files: files.map(file => ({ path: file.path.join('/'), length: file.length })),
    writeFiles: to => writeSamples(to, FILES[name], seed).then(() => undefined),
  };
}

/** Adds it, and waits until it is neither checked nor waits for that. @returns its number */
export async function addSample(
  { rpc, program }: Daemon,
  { metainfo, hash }: Sample,
  args: Readonly<Record<string, unknown>> = {},
): Promise<number> {
  await rpc.call('torrent-add', { metainfo, ...args });
  return settled(rpc, hash, () => program.tail());
}

/** Resolves with the torrent's number when nothing of it is being checked. */
export async function settled(rpc: Daemon['rpc'], hash: string, explain?: () => string): Promise<number> {
  return until(
    'the end of the check',
    async () => {
      const { id, status } = await rpc.torrent<{ id: number; status: number }>(hash, ['id', 'status']);
      return status !== STATUS.checkWait && status !== STATUS.checking && id;
    },
    { explain },
  );
}

/** Values of `status`, rpc-spec of 3.00. */
export const STATUS = {
  stopped: 0,
  checkWait: 1,
  checking: 2,
  downloadWait: 3,
  downloading: 4,
  seedWait: 5,
  seeding: 6,
} as const;
