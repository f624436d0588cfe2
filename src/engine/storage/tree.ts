import type { Stats } from 'node:fs';
import { join } from 'node:path';
import { MillraceError } from '../errors.js';
import { mapStorageError } from './errors.js';
import type { MappedFile } from './file-map.js';
import { statPlain } from './stamps.js';
import { forEachLimited } from './turnstile.js';

/** libuv runs four file operations at once. */
const CONCURRENT_STATS = 4;

/** Where the files of a torrent lie, or are to lie. */
export interface Tree {
  /** The user's own choice; it may be a link, and nothing below it may. */
  readonly root: string;
  /** Folders on the way to the torrent's own names. */
  readonly below: readonly string[];
}

/** A file at two places. */
export interface Standing {
  readonly file: MappedFile;
  /** `move`: at the first alone. `there`: at the second, alone or as a copy. `none`: at neither. `taken`: by another. */
  readonly state: 'move' | 'there' | 'none' | 'taken';
  /** At the first place. */
  readonly stat: Stats | undefined;
}

export function pathIn({ below }: Tree, file: MappedFile): readonly string[] {
  return [...below, ...file.path];
}

export function folderIn(tree: Tree, file: MappedFile): readonly string[] {
  return pathIn(tree, file).slice(0, -1);
}

export function nameOf({ path }: MappedFile): string {
  return path[path.length - 1];
}

/** Compares what is at two places. */
export async function survey(from: Tree, to: Tree, files: readonly MappedFile[]): Promise<Standing[]> {
  const standings = new Array<Standing>(files.length);
  await forEachLimited(files.entries(), CONCURRENT_STATS, async ([index, file]) => {
    const [stat, other] = [await statIn(from, file), await statIn(to, file)];
    standings[index] = { file, stat, state: standingOf(stat, other) };
  });
  return standings;
}

function standingOf(stat: Stats | undefined, other: Stats | undefined): Standing['state'] {
  if (other === undefined) return stat === undefined ? 'none' : 'move';
  return stat === undefined || isSame(stat, other) || isCopy(stat, other) ? 'there' : 'taken';
}

export function statIn(tree: Tree, file: MappedFile): ReturnType<typeof statPlain> {
  const path = pathIn(tree, file);
  return statPlain(join(tree.root, ...path)).catch(error =>
    Promise.reject(mapStorageError(error, path.join('/'))),
  );
}

/** One file, reached in two ways. */
export function isSame(a: Stats, b: Stats): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** A file and what {@link copyFiles} made of it: a copy gets the time of its original when it is complete and durable. */
export function isCopy(original: Stats, copy: Stats): boolean {
  return original.size === copy.size && Math.round(copy.mtimeMs) === copyTimeMs(original);
}

/** Whole milliseconds: finer times do not survive a double. */
export function copyTimeMs({ mtimeMs }: Stats): number {
  return Math.ceil(mtimeMs);
}

/** @throws MillraceError ERR_ABORTED */
export function assertWanted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new MillraceError('ERR_ABORTED', 'the move was aborted', {}, signal.reason);
}
