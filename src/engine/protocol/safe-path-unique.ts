import { beyond } from './metainfo-error.js';
import { withSuffix } from './safe-path.js';

export interface NamedFile {
  /** Safe names, at least one. */
  readonly path: readonly string[];
  readonly length: number;
  readonly pad: boolean;
}

/** Files that may want one name. libtorrent gives up after 500 tries in all, which is 32 such files. */
const MAX_SAME_NAME = 100;

/** More folders than people share; each costs memory, and a hostile path makes one in 3 bytes. */
const MAX_FOLDERS = 250_000;

const FILE = -1;

/**
 * Gives every file a path of its own: two paths never differ in case or Unicode form alone, and none is a folder of
 * another, so that one disk holds them all. A folder keeps its name, a later file gets a number: `a.txt`, `a.1.txt`.
 * Pad files of one length may share a path: nothing is ever written to them (BEP 47).
 * @throws MillraceError ERR_METAINFO_LIMIT when more than 100 files want one name or there are more than
 * 250,000 folders
 */
export function uniquePaths(files: readonly NamedFile[]): (readonly string[])[] {
  const names = new Names();
  const folders = files.map(file => names.folder(file.path));
  return files.map((file, i) => names.claim(folders[i], file));
}

class Names {
  /** Folder number and folded name, to the number of the folder or FILE. Short keys, however deep the path. */
  private readonly taken = new Map<string, number>();
  private readonly padLengths = new Map<string, number>();
  private readonly nextNumber = new Map<string, number>();
  private folders = 0;
  /** Folders of the last path asked for. */
  private readonly trail: { name: string; folder: number }[] = [];

  /** Number of the folder that the file lies in; 0 is the top. Files come folder by folder, so start from the last. */
  folder(path: readonly string[]): number {
    const depth = path.length - 1;
    let level = 0;
    while (level < depth && level < this.trail.length && this.trail[level].name === path[level]) level++;
    this.trail.length = level;
    let folder = this.trail[level - 1]?.folder ?? 0;
    for (; level < depth; level++) {
      const name = path[level];
      const key = keyOf(folder, name);
      const known = this.taken.get(key);
      folder = known ?? this.newFolder();
      if (known === undefined) this.taken.set(key, folder);
      this.trail.push({ name, folder });
    }
    return folder;
  }

  private newFolder(): number {
    if (++this.folders <= MAX_FOLDERS) return this.folders;
    throw beyond('number of folders', this.folders, MAX_FOLDERS);
  }

  claim(folder: number, { path, length, pad }: NamedFile): readonly string[] {
    const name = path[path.length - 1];
    const key = keyOf(folder, name);
    if (pad && this.padLengths.get(key) === length) return path;
    if (this.take(key, length, pad)) return path;
    // Numbers run on per stem, so that many equal names cost no more than their count.
    const stem = keyOf(folder, withSuffix(name, `.${MAX_SAME_NAME}`));
    for (let number = this.nextNumber.get(stem) ?? 1; number < MAX_SAME_NAME; number++) {
      this.nextNumber.set(stem, number + 1);
      const numbered = withSuffix(name, `.${number}`);
      if (this.take(keyOf(folder, numbered), length, pad)) return [...path.slice(0, -1), numbered];
    }
    throw beyond(
      `number of files that want the name ${JSON.stringify(name)}`,
      MAX_SAME_NAME + 1,
      MAX_SAME_NAME,
    );
  }

  private take(key: string, length: number, pad: boolean): boolean {
    if (this.taken.has(key)) return false;
    this.taken.set(key, FILE);
    if (pad) this.padLengths.set(key, length);
    return true;
  }
}

function keyOf(folder: number, name: string): string {
  return `${folder}/${foldName(name)}`;
}

/** What a file system that ignores case and Unicode form may take for the same name. Upper case first: ß is SS. */
export function foldName(name: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII is a range
  if (/^[\x00-\x7f]*$/.test(name)) return name.toLowerCase();
  return name.normalize('NFC').toUpperCase().toLowerCase().normalize('NFC');
}
