import { bytesEqual, utf8 } from '../bytes.js';
import { BDict } from './bencode.js';
import { invalid } from './metainfo-error.js';
import type { TorrentFile } from './metainfo-types.js';

interface TreeFile {
  readonly path: readonly string[];
  readonly length: number;
}

/**
 * A hybrid torrent (BEP 52) must say the same twice: the same files in the same order, each at the start of a piece.
 * One that does not would be two torrents under one hash. Piece layers belong to v2 and are not read here.
 */
export function checkHybrid(info: BDict, files: readonly TorrentFile[], pieceLength: number): void {
  const tree = info.dict('file tree');
  if (!tree) throw invalid('hybrid torrent has no file tree');
  const v2 = [...walkTree(tree, [])];
  const v1 = rawFiles(info).filter((_, i) => !files[i].pad);
  if (v1.length !== v2.length) {
    throw invalid(`hybrid torrent has ${v1.length} files in its v1 part and ${v2.length} in its v2 part`);
  }
  v1.forEach(({ path, length }, i) => {
    const same =
      path.length === v2[i].path.length && path.every((name, at) => sameName(name, v2[i].path[at]));
    if (!same || length !== v2[i].length)
      throw invalid(`file ${i} of a hybrid torrent differs between its parts`);
  });
  for (const { offset, length, pad } of files) {
    if (!pad && length > 0 && offset % pieceLength !== 0) {
      throw invalid(`a file of a hybrid torrent starts at byte ${offset}, not at the start of a piece`, {
        offset,
      });
    }
  }
}

/** Files of the tree in its order; a file is a folder whose only key is empty. Depth is bounded by the decoder. */
function* walkTree(folder: BDict, path: readonly string[]): Generator<TreeFile> {
  for (const [name, entry] of folder) {
    if (!(entry instanceof BDict) || name === '')
      throw invalid('file tree has an entry that is not a dictionary');
    const file = entry.get('');
    if (file === undefined) {
      yield* walkTree(entry, [...path, name]);
      continue;
    }
    const length = file instanceof BDict ? file.int('length') : undefined;
    if (length === undefined || length < 0 || [...entry.keys()].length !== 1) {
      throw invalid('file tree has a bad file entry');
    }
    yield { path: [...path, name], length };
  }
}

function rawFiles(info: BDict): { path: Uint8Array[]; length: number }[] {
  const list = info.list('files');
  if (!list) return [{ path: [info.bytes('name') ?? utf8('')], length: info.int('length') ?? 0 }];
  return (list as BDict[]).map(file => ({
    path: (file.list('path') ?? []) as Uint8Array[],
    length: file.bytes('attr')?.includes(0x6c) ? 0 : (file.int('length') ?? 0),
  }));
}

function sameName(raw: Uint8Array, latin1Name: string): boolean {
  return (
    raw.length === latin1Name.length &&
    bytesEqual(
      raw,
      Uint8Array.from(latin1Name, c => c.charCodeAt(0)),
    )
  );
}
