import type { MillraceError } from '../errors.js';

/**
 * What was written and is not yet durable. A failed fdatasync is final: Linux marks the lost pages clean, so the next
 * fdatasync of the same file would succeed and lie.
 */
export class SyncLedger<File> {
  #files = new Set<File>();
  #folders = new Set<string>();
  #failure: MillraceError | undefined;
  #last: Promise<void> = Promise.resolve();

  fileWritten(file: File): void {
    this.#files.add(file);
  }

  entryAdded(folder: string): void {
    this.#folders.add(folder);
  }

  /** From now on every sync fails with `error`. */
  fail(error: MillraceError): void {
    this.#failure ??= error;
  }

  /**
   * Everything noted before the call is durable when it resolves. Calls run one after the other: the second must
   * not return while the first still flushes what both were asked for.
   */
  sync(
    syncFile: (file: File) => Promise<void>,
    syncFolder: (folder: string) => Promise<void>,
  ): Promise<void> {
    const run = this.#last.then(() => this.#flush(syncFile, syncFolder));
    this.#last = run.catch(() => {});
    return run;
  }

  async #flush(
    syncFile: (file: File) => Promise<void>,
    syncFolder: (folder: string) => Promise<void>,
  ): Promise<void> {
    if (this.#failure) throw this.#failure;
    const files = this.#files;
    const folders = this.#folders;
    this.#files = new Set();
    this.#folders = new Set();
    try {
      for (const file of files) {
        await syncFile(file);
        files.delete(file);
      }
      for (const folder of folders) {
        await syncFolder(folder);
        folders.delete(folder);
      }
    } catch (error) {
      for (const file of files) this.#files.add(file);
      for (const folder of folders) this.#folders.add(folder);
      throw error;
    }
    if (this.#failure) throw this.#failure;
  }
}
