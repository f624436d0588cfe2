import { closeSync, constants, openSync, write, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { errnoOf } from '../../engine/storage/errors.js';
import { closeRaw, openRaw } from '../../engine/storage/raw-fs.js';

const FLAGS = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND;
/** Less what the umask takes: the group may read it, as with other logs. */
const MODE = 0o640;
/** What waits for a slow disk; more is lost. */
const MAX_WAITING_BYTES = 1024 * 1024;

const LINE_FEED = 10;

const append = promisify(write);

/** A line that says how many were lost, and why. */
export type LossNotice = (lines: number, reason: string) => string;

/**
 * A file that lines are appended to. A disk that is slow, full or gone costs lines and nothing else: the loop never waits,
 * memory is bounded, nothing is thrown. Not pino's own destination: on a full disk that keeps all lines and, when the
 * process ends, tries for ever (sonic-boom 4.2).
 */
export class LogFile {
  readonly #path: string;
  readonly #notice: LossNotice;
  #fd: number;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #draining: Promise<void> | undefined;
  #appending: Promise<void> | undefined;
  #lost = 0;
  #lostTo = '';
  /** The file ends within a line. */
  #torn = false;
  #closed = false;

  /** @throws what the system says: a file that cannot be opened to begin with is a mistake of the user's. */
  constructor(path: string, notice: LossNotice) {
    this.#path = path;
    this.#notice = notice;
    this.#fd = openSync(path, FLAGS, MODE);
  }

  write(line: string): void {
    if (this.#closed) return;
    const bytes = Buffer.byteLength(line);
    if (this.#waitingBytes + bytes > MAX_WAITING_BYTES) {
      this.#lose(1, 'the disk is too slow');
      return;
    }
    this.#waiting.push(line);
    this.#waitingBytes += bytes;
    this.#draining ??= this.#drain().finally(() => (this.#draining = undefined));
  }

  /** The file of this name anew, as its last one was renamed. @throws what the system says, and goes on with the old. */
  async reopen(): Promise<void> {
    const fd = await openRaw(this.#path, FLAGS, MODE);
    if (this.#closed) return closeRaw(fd);
    const old = this.#fd;
    this.#fd = fd;
    // what is under way still goes to the old one
    await this.#appending;
    await closeRaw(old);
  }

  /** All that waits, at once: the process is about to end. */
  flushSync(): void {
    if (this.#closed) return;
    try {
      writeFileSync(this.#fd, this.#take().join(''));
    } catch {
      // nobody is left to be told
    }
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#draining;
    closeSync(this.#fd);
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      this.#appending = this.#append(this.#fd, this.#take());
      await this.#appending;
    }
  }

  async #append(fd: number, lines: readonly string[]): Promise<void> {
    const lost = this.#lost;
    const notice = lost > 0 ? this.#notice(lost, this.#lostTo) : '';
    const bytes = Buffer.from((this.#torn ? '\n' : '') + notice + lines.join(''));
    let done = 0;
    try {
      while (done < bytes.length) done += (await append(fd, bytes, done)).bytesWritten;
      this.#torn = false;
      this.#lost -= lost;
    } catch (error) {
      if (done > 0) this.#torn = bytes[done - 1] !== LINE_FEED;
      this.#lose(lines.length, errnoOf(error) || 'failed');
    }
  }

  #take(): string[] {
    const lines = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    return lines;
  }

  #lose(lines: number, reason: string): void {
    this.#lost += lines;
    this.#lostTo = reason;
  }
}
