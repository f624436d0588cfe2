/** Where the bytes of a torrent lie in its files. Pure. */

/** A file of a torrent, as the metainfo lists it. */
export interface MappedFile {
  /** Safe components below the download folder. */
  readonly path: readonly string[];
  readonly length: number;
  /** Where the file begins in the torrent. */
  readonly offset: number;
  /** Padding is never on disk: it reads as zeros and writes to it vanish (BEP 47). */
  readonly pad: boolean;
}

/** A part of one file: `file` is its number in torrent order. */
export interface FileRun {
  readonly file: number;
  readonly position: number;
  readonly length: number;
  readonly pad: boolean;
}

export class FileMap {
  readonly length: number;
  readonly #offsets: Float64Array;

  /** @throws RangeError when the files do not follow each other without gap. */
  constructor(readonly files: readonly MappedFile[]) {
    let end = 0;
    this.#offsets = new Float64Array(files.length);
    for (const [index, { offset, length }] of files.entries()) {
      if (offset !== end) throw new RangeError(`file ${index} begins at ${offset}, must be ${end}`);
      if (!Number.isSafeInteger(length) || length < 0 || !Number.isSafeInteger(end + length))
        throw new RangeError(`length of file ${index} is ${length}, must be 0 to 2^53-1 in total`);
      this.#offsets[index] = offset;
      end += length;
    }
    this.length = end;
  }

  /** The parts of files that hold the range, in order; files without bytes never appear. */
  runs(at: number, length: number): FileRun[] {
    this.#check(at, length);
    const runs: FileRun[] = [];
    const end = at + length;
    for (let file = this.#find(at); at < end; file++) {
      const { offset, length: size, pad } = this.files[file];
      const part = Math.min(end, offset + size) - at;
      if (part <= 0) continue;
      runs.push({ file, position: at - offset, length: part, pad });
      at += part;
    }
    return runs;
  }

  /** Number of the last file that begins at or before the byte: the one that holds it. */
  #find(at: number): number {
    let low = 0;
    let high = this.#offsets.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#offsets[middle] <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  #check(at: number, length: number): void {
    if (Number.isSafeInteger(at) && Number.isSafeInteger(length) && at >= 0 && length >= 0) {
      if (length <= this.length - at) return;
    }
    throw new RangeError(`range ${at}+${length} is not within 0 to ${this.length}`);
  }
}
