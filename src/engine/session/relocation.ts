import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { isMillraceError, MillraceError } from '../errors.js';
import type { InfoHash } from '../ids.js';
import { copyFiles } from '../storage/copy-files.js';
import { moveFiles } from '../storage/move-files.js';
import { removeCopied, removeFiles, removeFolders } from '../storage/remove-files.js';
import { renameBeneath } from '../storage/rename-beneath.js';
import type { Tree } from '../storage/tree.js';
import type { MoveOptions, TorrentState } from './types.js';
import type { Workings } from './workings.js';

/** The torrent as far as its files are moved about. */
export interface RelocationOwner {
  readonly infoHash: InfoHash;
  readonly workings: Workings;
  readonly state: TorrentState;
  /** Keeps peers away until `release`. */
  hold(): void;
  release(): void;
  /** Calls `change`, after which the files may be others: finds out which pieces are there. */
  reconsider(change: () => Promise<void>): Promise<void>;
  saveResume(): Promise<void>;
  /** The files are where they are to stay. */
  settled(): void;
  /** What could not be done, and does no harm. */
  warn(error: unknown, message: string): void;
}

/** Moves a torrent's files and renames them, one wish after the other, while the torrent goes on as far as it can. */
export class Relocation {
  #last: Promise<unknown> = Promise.resolve();
  readonly #ending = new AbortController();

  constructor(readonly owner: RelocationOwner) {}

  /** @throws MillraceError ERR_OPTION, ERR_NOT_FOUND, ERR_STORAGE_*; the torrent is as it was then */
  rename(path: string, name: string): Promise<void> {
    return this.#next(async () => {
      const { workings } = this.owner;
      const { place } = workings;
      const plan = place.plan({ path, name });
      if (plan.from === plan.to) return;
      await workings.relocate(async () => {
        if (!workings.inMemory) await renameBeneath(place.dir, plan.folder, plan.from, plan.to);
        place.take({ path, name }, plan);
      });
    });
  }

  /** @throws MillraceError ERR_ABORTED, ERR_CLOSED, ERR_STORAGE_*; after a failed move the torrent is where it was */
  setDir(dir: string, { move, onProgress = () => {}, signal }: MoveOptions): Promise<void> {
    return this.#next(async () => {
      const { owner } = this;
      const { workings } = owner;
      const { place } = workings;
      const point = async () => {
        place.dir = dir;
      };
      if (workings.inMemory || (await isSameFolder(place.dir, dir))) return point();
      if (!move) await owner.reconsider(() => workings.relocate(point));
      else await this.#move(dir, onProgress, signal);
      if (owner.state === 'checking' || owner.state === 'closed') return;
      await owner.saveResume().catch(error => owner.warn(error, 'resume state was not saved'));
    });
  }

  /** Deletes the files of a torrent that is closed. */
  async removeData(): Promise<void> {
    const { place, inMemory } = this.owner.workings;
    if (!inMemory) await removeFiles(treeAt(place.dir), place.onDisk);
  }

  /** Ends what is under way. Never rejects. */
  async close(): Promise<void> {
    this.#ending.abort();
    await this.#last;
  }

  async #move(
    dir: string,
    onProgress: NonNullable<MoveOptions['onProgress']>,
    outer: AbortSignal | undefined,
  ): Promise<void> {
    const { owner } = this;
    const { workings } = owner;
    const { place } = workings;
    const signal = outer === undefined ? this.#ending.signal : AbortSignal.any([outer, this.#ending.signal]);
    const files = place.onDisk;
    const [from, to] = [treeAt(place.dir), treeAt(dir)];
    const switchOver = (work: () => Promise<void>) =>
      workings.relocate(async () => {
        await work();
        place.dir = dir;
      });
    if (!workings.isComplete) owner.hold();
    try {
      try {
        await switchOver(() => moveFiles(from, to, files, { signal }));
      } catch (error) {
        if (!isMillraceError(error) || error.facts.errno !== 'EXDEV') throw error;
        // Beside its place, so that nothing half-copied is ever taken for the file.
        const aside: Tree = { root: to.root, below: [`.${owner.infoHash}.moving`] };
        const onCopied = rising(onProgress);
        const copy = () => copyFiles(from, aside, files, { unless: to, signal, onProgress: onCopied });
        if (workings.isComplete) await copy(); // peers are served meanwhile
        await switchOver(async () => {
          await copy(); // what has changed since, if anything
          await moveFiles(aside, to, files, { signal });
        });
        await removeFolders(aside, files);
      }
      onProgress(workings.metainfo.length, workings.metainfo.length);
    } finally {
      owner.release();
    }
    await removeCopied(from, to, files).catch(error => owner.warn(error, 'files were left where they were'));
  }

  #next(work: () => Promise<void>): Promise<void> {
    const run = this.#last.then(async () => {
      if (this.owner.state === 'closed') throw new MillraceError('ERR_CLOSED', 'the torrent was closed');
      try {
        await work();
      } finally {
        this.owner.settled();
      }
    });
    this.#last = run.catch(() => {});
    return run;
  }
}

function treeAt(dir: string): Tree {
  return { root: resolve(dir), below: [] };
}

async function isSameFolder(a: string, b: string): Promise<boolean> {
  if (resolve(a) === resolve(b)) return true;
  const [one, other] = await Promise.all(
    [a, b].map(dir => stat(dir, { bigint: true }).catch(() => undefined)),
  );
  return one !== undefined && other !== undefined && one.dev === other.dev && one.ino === other.ino;
}

/** A second look at what is done tells nothing. */
function rising(tell: (doneBytes: number, totalBytes: number) => void): typeof tell {
  let most = -1;
  return (doneBytes, totalBytes) => {
    if (doneBytes <= most) return;
    most = doneBytes;
    tell(doneBytes, totalBytes);
  };
}
