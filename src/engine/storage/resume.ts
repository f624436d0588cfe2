import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { hasBit, listBits, noBits, setBit } from '../bits.js';
import type { Storage } from '../swarm/ports.js';
import { closedError, mapStorageError } from './errors.js';
import { HintJournal } from './hint-journal.js';
import { closeRaw } from './raw-fs.js';
import {
  decodeResume,
  encodeResume,
  type ResumeRecord,
  type ResumeShape,
  resumeLength,
} from './resume-format.js';
import { makeStateFolder, readBounded, replaceFile } from './state-file.js';

export interface ResumeStoreOptions extends ResumeShape {
  /** Made with mode 0700 when it does not exist. */
  readonly stateDir: string;
}

export interface ResumeState extends ResumeRecord {
  /** Pieces that were verified and written, but not known to be durable when the process ended. */
  readonly hints: readonly number[];
}

export interface Checkpoint {
  /** Verified pieces, as a copy that is taken before the call: it must not change any more. */
  readonly have: Uint8Array;
  readonly storage: Storage;
  /** Bytes since the torrent was added. */
  readonly uploaded: number;
  readonly downloaded: number;
}

interface Waiting {
  checkpoint: Checkpoint;
  readonly promise: Promise<void>;
  readonly settle: (result: Promise<void>) => void;
}

/** Deletes what is remembered of a torrent that no store is open for. @throws MillraceError ERR_STORAGE_* */
export async function removeResume(stateDir: string, infoHash: string): Promise<void> {
  for (const path of statePaths(stateDir, infoHash))
    await rm(path, { force: true }).catch(error =>
      Promise.reject(mapStorageError(error, `${infoHash}.resume`)),
    );
}

/** @throws RangeError for what is no info-hash: it becomes a path */
function statePaths(stateDir: string, infoHash: string): [resume: string, hints: string] {
  if (!/^[0-9a-f]{40}$/.test(infoHash)) throw new RangeError('infoHash must be 40 lower-case hex digits');
  return [join(stateDir, `${infoHash}.resume`), join(stateDir, `${infoHash}.hints`)];
}

/**
 * What survives of one torrent: `<infohash>.resume` never claims a piece that is not durable, `<infohash>.hints`
 * names those that may be there as well. Call `load` first. No older generation is kept: the file is replaced in one
 * step, and if it is damaged all the same, hashing everything again is safe, quick, and the better answer.
 */
export class ResumeStore {
  readonly #shape: ResumeShape;
  readonly #dir: string;
  readonly #name: string;
  readonly #journal: HintJournal;
  /** Pieces in doubt: claimed or hinted on disk and not in the newest checkpoint. */
  #pending: Uint8Array;
  #journalBegun = false;
  #running: Promise<void> | undefined;
  #waiting: Waiting | undefined;
  #closed = false;

  constructor({ stateDir, infoHash, pieceCount, fileCount }: ResumeStoreOptions) {
    const [, hints] = statePaths(stateDir, infoHash);
    this.#shape = { infoHash, pieceCount, fileCount };
    this.#dir = stateDir;
    this.#name = `${infoHash}.resume`;
    this.#journal = new HintJournal(hints, pieceCount);
    this.#pending = noBits(pieceCount);
  }

  /**
   * The state on disk, or undefined when there is none. Hints alone, of a torrent killed before its first checkpoint,
   * come with no claim and no stamp.
   * @throws MillraceError ERR_RESUME_INVALID when the state is damaged: hash everything. ERR_STORAGE_* otherwise.
   */
  async load(): Promise<ResumeState | undefined> {
    const { hints, bytes } = await this.#guard(async () => ({
      hints: await this.#journal.read(),
      bytes: await readBounded(join(this.#dir, this.#name), resumeLength(this.#shape) + 1), // one more shows excess
    }));
    for (const piece of hints) setBit(this.#pending, piece);
    if (!bytes && hints.length === 0) return undefined;
    const record = bytes
      ? decodeResume(this.#shape, bytes)
      : { claimed: noBits(this.#shape.pieceCount), stamps: [], uploaded: 0, downloaded: 0 };
    // Claims stay in doubt until a checkpoint repeats them, so that a kill during their recheck loses none.
    for (const [index, byte] of record.claimed.entries()) this.#pending[index] |= byte;
    return { ...record, hints };
  }

  /**
   * Makes the pieces in `have` durable, then says so on disk. One runs at a time; of those asked for meanwhile only
   * the newest runs, and answers for all of them.
   */
  checkpoint(checkpoint: Checkpoint): Promise<void> {
    if (this.#closed) return Promise.reject(closedError());
    const wanted = noBits(this.#shape.pieceCount).length;
    if (checkpoint.have.length !== wanted)
      throw new RangeError(`have has ${checkpoint.have.length} bytes, must have ${wanted}`);
    if (this.#waiting) {
      this.#waiting.checkpoint = checkpoint;
      return this.#waiting.promise;
    }
    if (!this.#running) return this.#start(checkpoint);
    this.#waiting = waiting(checkpoint);
    return this.#waiting.promise;
  }

  /**
   * Notes pieces that are verified and written but not yet durable. Resolves when a killed process would not lose
   * them, or when the journal could not be written: a lost hint only costs a second fetch.
   * @throws RangeError for a piece that does not exist.
   */
  async hint(pieces: readonly number[]): Promise<void> {
    const fresh: number[] = [];
    for (const piece of pieces) {
      if (!Number.isInteger(piece) || piece < 0 || piece >= this.#shape.pieceCount)
        throw new RangeError(`piece is ${piece}, must be 0 to ${this.#shape.pieceCount - 1}`);
      if (hasBit(this.#pending, piece)) continue;
      setBit(this.#pending, piece);
      fresh.push(piece);
    }
    if (this.#closed) return;
    if (!this.#journalBegun) await this.#beginJournal();
    else if (fresh.length > 0) await this.#journal.append(fresh);
  }

  /** Resolves when nothing is being written any more. The state stays on disk. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running) await this.#running.catch(() => {});
    await this.#journal.close();
  }

  /** Closes, and deletes the state. */
  async remove(): Promise<void> {
    await this.close();
    await this.#guard(async () => {
      await rm(join(this.#dir, this.#name), { force: true });
      await rm(this.#journal.path, { force: true });
    });
  }

  #start(checkpoint: Checkpoint): Promise<void> {
    const running = this.#write(checkpoint).finally(() => {
      const next = this.#waiting;
      this.#waiting = undefined;
      this.#running = undefined;
      if (next) next.settle(this.#start(next.checkpoint));
    });
    this.#running = running;
    return running;
  }

  /** The order is the promise: data durable, then stamps, then the claim, then the journal. */
  async #write({ have, storage, uploaded, downloaded }: Checkpoint): Promise<void> {
    await storage.sync();
    const stamps = await storage.stamps();
    const record = { claimed: have, stamps, uploaded, downloaded };
    await this.#guard(async () => {
      await makeStateFolder(this.#dir);
      const bytes = encodeResume(this.#shape, record);
      await closeRaw(await replaceFile(join(this.#dir, this.#name), bytes, true));
    });
    for (let i = 0; i < have.length; i++) this.#pending[i] &= ~have[i];
    await this.#beginJournal();
  }

  #beginJournal(): Promise<void> {
    this.#journalBegun = true;
    return this.#journal.restart(() => listBits(this.#pending));
  }

  #guard<T>(task: () => Promise<T>): Promise<T> {
    return task().catch(error => Promise.reject(mapStorageError(error, this.#name)));
  }
}

function waiting(checkpoint: Checkpoint): Waiting {
  let settle: Waiting['settle'] = () => {};
  const promise = new Promise<void>(resolve => (settle = resolve));
  return { checkpoint, promise, settle };
}
