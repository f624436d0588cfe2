import { MillraceError } from '../errors.js';
import type { TorrentFile } from './metainfo-types.js';
import { type NameRules, safeName } from './safe-path.js';
import { foldName } from './safe-path-unique.js';

/** A file or folder of a torrent and its new name. */
export interface Rename {
  /** Names joined by `/` as they are now, from the torrent's own name on. */
  readonly path: string;
  /** One name; made safe as all names of torrents are. */
  readonly name: string;
}

export interface RenamedFiles {
  readonly files: readonly TorrentFile[];
  /** Where the file or folder lies, and the name that it gets. */
  readonly folder: readonly string[];
  readonly from: string;
  readonly to: string;
}

/**
 * The files under their new paths. Nothing else changes, and the given ones stay as they are.
 * @throws MillraceError ERR_OPTION for a name of which nothing is left, ERR_NOT_FOUND for a path that no file has,
 * ERR_STORAGE_PATH when the folder holds the name already, be it in another case
 */
export function renameFiles(
  files: readonly TorrentFile[],
  { path, name }: Rename,
  rules?: NameRules,
): RenamedFiles {
  const to = safeName(name, rules);
  if (to === '')
    throw new MillraceError('ERR_OPTION', `name is ${JSON.stringify(name)}, must be a file name`, { name });
  const names = path.split('/');
  const depth = names.length - 1;
  const from = names[depth];
  const folded = foldName(to);
  let found = false;
  const renamed = files.map(file => {
    for (let level = 0; level < depth; level++) if (file.path[level] !== names[level]) return file;
    if (file.path[depth] === from) {
      found = true;
      return { ...file, path: file.path.with(depth, to) };
    }
    if (file.path.length > depth && !file.pad && foldName(file.path[depth]) === folded)
      throw new MillraceError('ERR_STORAGE_PATH', `${path}: its folder has ${JSON.stringify(to)} already`, {
        path,
        name: to,
      });
    return file;
  });
  if (!found)
    throw new MillraceError('ERR_NOT_FOUND', `the torrent has no ${JSON.stringify(path)}`, { path });
  return { files: renamed, folder: names.slice(0, depth), from, to };
}
