import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { IpRangeCollector, IpRanges } from '../../engine/policy/ip-ranges.js';
import { mapStorageError } from '../../engine/storage/errors.js';
import { parseBlocklistLine } from '../rules/blocklist-line.js';
import { Slices } from '../slices.js';

/** The largest lists in use have 10 MB, packed 3. */
export const MAX_FILE_BYTES = 64 * 1024 * 1024;
/** Unpacked: what a bomb may cost is some time. Nothing of it is kept but ranges. */
const MAX_TEXT_BYTES = 128 * 1024 * 1024;
const MAX_LINES = 5_000_000;
/** A bad line of 1000 characters may take 0.7 ms (Node 20.20), and what has so many is something else. */
const MAX_BAD_LINES = 20_000;
/** 32 MB while they are sorted. */
const MAX_RANGES = 2_000_000;
/** Read and parsed at once. */
const CHUNK_BYTES = 16 * 1024;
/** More in one line is none of a list; it is passed over as it comes. */
const MAX_LINE_BYTES = 4096;
/** As many as a log line bears, and so much of each. */
const MAX_BAD_SHOWN = 5;
const BAD_LINE_SHOWN = 80;

export interface BlocklistContents {
  readonly ranges: IpRanges;
  readonly lines: number;
  /** Lines in no form that is known: how many, and the first few. */
  readonly badLines: number;
  readonly bad: readonly { readonly line: number; readonly text: string }[];
}

/** What is no blocklist, or not one that is taken. */
export class BlocklistError extends Error {}

/** @throws BlocklistError, MillraceError ERR_STORAGE_* */
export async function readBlocklist(path: string, slices = new Slices()): Promise<BlocklistContents> {
  let file: FileHandle | undefined;
  try {
    // a pipe in its place is not waited for
    file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = await file.stat();
    if (!stat.isFile()) throw new BlocklistError('is not a file');
    if (stat.size > MAX_FILE_BYTES) throw new BlocklistError(`has more than ${MAX_FILE_BYTES} bytes`);
    const stream = file.createReadStream({ start: 0, autoClose: false, highWaterMark: CHUNK_BYTES });
    const chunks: AsyncIterable<Buffer> = (await isGzip(file))
      ? // what goes wrong is thrown where it is read
        pipeline(stream, createGunzip({ chunkSize: CHUNK_BYTES }), () => {})
      : stream;
    const reader = new BlocklistReader();
    for await (const chunk of chunks) {
      reader.write(chunk);
      await slices.step();
    }
    return await reader.end(slices);
  } catch (error) {
    if (error instanceof BlocklistError) throw error;
    if (String((error as NodeJS.ErrnoException).code).startsWith('Z_'))
      throw new BlocklistError('is damaged, or not all of it is there', { cause: error });
    throw mapStorageError(error, basename(path));
  } finally {
    await file?.close();
  }
}

async function isGzip(file: FileHandle): Promise<boolean> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, 0);
  return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b; // RFC 1952 section 2.3.1
}

class BlocklistReader {
  readonly #ranges = new IpRangeCollector();
  readonly #bad: { line: number; text: string }[] = [];
  #badLines = 0;
  #lines = 0;
  #bytes = 0;
  /** The begin of a line whose end is yet to come. */
  #rest = '';
  /** That line is too long: its begin was told of, its end is passed over. */
  #passing = false;

  write(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_TEXT_BYTES)
      throw new BlocklistError(`has more than ${MAX_TEXT_BYTES} bytes of text`);
    // only names are not ASCII
    const text = this.#rest + chunk.toString('latin1');
    let start = 0;
    for (let end = text.indexOf('\n'); end >= 0; start = end + 1, end = text.indexOf('\n', start)) {
      if (this.#passing) this.#passing = false;
      else this.#line(text.slice(start, end));
    }
    this.#rest = this.#passing ? '' : text.slice(start);
    if (this.#rest.length > MAX_LINE_BYTES) {
      this.#line(this.#rest);
      this.#rest = '';
      this.#passing = true;
    }
  }

  async end(slices: Slices): Promise<BlocklistContents> {
    if (this.#rest !== '') this.#line(this.#rest);
    if (this.#ranges.size === 0 && this.#badLines > 0)
      throw new BlocklistError(`has no line that is one of a blocklist, such as line ${this.#bad[0].line}`);
    const ranges = await slices.run(IpRanges.inSteps(this.#ranges));
    return { ranges, lines: this.#lines, badLines: this.#badLines, bad: this.#bad };
  }

  #line(text: string): void {
    if (++this.#lines > MAX_LINES) throw new BlocklistError(`has more than ${MAX_LINES} lines`);
    // the byte order mark of UTF-8, as Latin-1 has it
    const range = parseBlocklistLine(this.#lines === 1 ? text.replace(/^\u00ef\u00bb\u00bf/, '') : text);
    if (range === undefined) {
      if (++this.#badLines > MAX_BAD_LINES)
        throw new BlocklistError(`has more than ${MAX_BAD_LINES} bad lines`);
      if (this.#bad.length < MAX_BAD_SHOWN)
        this.#bad.push({ line: this.#lines, text: text.slice(0, BAD_LINE_SHOWN).trim() });
    } else if (range !== null) {
      this.#ranges.add(range);
      if (this.#ranges.size > MAX_RANGES) throw new BlocklistError(`has more than ${MAX_RANGES} ranges`);
    }
  }
}
