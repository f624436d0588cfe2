import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate as nextRound } from 'node:timers/promises';
import { encodeEvent, type Row } from './wire.js';

/** Above it a viewer does not keep up and is dropped; 10,000 busy torrents are 1 MB a second. */
export const MAX_BACKLOG_BYTES = 4 * 1024 * 1024;
/** The first list waits for the network above it. */
const LIST_BACKLOG_BYTES = 256 * 1024;
/** Some 70 kB, half a millisecond of work. */
const ROWS_PER_EVENT = 200;

/** One open stream of events. */
export class Viewer {
  /** Gets changes of the list, since it has the list or is about to. */
  isFollowing = false;
  hasDetail = false;

  constructor(
    readonly response: ServerResponse,
    readonly watched: string | undefined,
  ) {}

  get isGone(): boolean {
    return this.response.destroyed || this.response.writableEnded;
  }

  /** Writes, or drops a viewer who has not read what was written before. */
  send(event: string | Uint8Array): void {
    if (this.isGone) return;
    if (this.response.writableLength > MAX_BACKLOG_BYTES) this.response.destroy();
    else this.response.write(event);
  }

  /** In pieces, as fast as they are read. Changes may be sent between them: a row is always sent as it is then. */
  async sendList(rows: Iterable<Row>): Promise<void> {
    this.isFollowing = true;
    this.send(encodeEvent('begin', {}));
    let batch: Row[] = [];
    for (const row of rows) {
      batch.push(row);
      if (batch.length < ROWS_PER_EVENT) continue;
      this.send(encodeEvent('change', { rows: batch }));
      batch = [];
      await this.#room();
      if (this.isGone) return;
    }
    if (batch.length > 0) this.send(encodeEvent('change', { rows: batch }));
    this.send(encodeEvent('ready', {}));
  }

  async #room(): Promise<void> {
    const { response } = this;
    await nextRound();
    while (!this.isGone && response.writableLength > LIST_BACKLOG_BYTES) {
      const stop = new AbortController();
      const over = { signal: stop.signal };
      await Promise.race([once(response, 'drain', over), once(response, 'close', over)]).catch(() => {});
      stop.abort();
    }
  }
}
