import { patchOf, toRow } from './row.js';
import type { PageTorrent } from './source.js';
import type { Change, Patch, Row } from './wire.js';

interface Entry {
  row: Row;
  /** In which it was met last. */
  round: number;
}

/** The torrents as all viewers know them, and what a new look at them changes. */
export class TorrentList {
  readonly #entries = new Map<number, Entry>();
  #round = 0;

  /** Rows as they are when they are reached: the list may change meanwhile, and what comes new is reached in the end. */
  *rows(): Generator<Row> {
    for (const { row } of this.#entries.values()) yield row;
  }

  /** One change for each `sliceSize` torrents, undefined when nothing changed in it; what is gone comes last. */
  *update(torrents: Iterable<PageTorrent>, sliceSize: number): Generator<Change | undefined> {
    this.#round++;
    let rows: Row[] = [];
    let patches: Patch[] = [];
    let read = 0;
    for (const torrent of torrents) {
      const row = toRow(torrent);
      const entry = this.#entries.get(row.id);
      if (entry === undefined) {
        this.#entries.set(row.id, { row, round: this.#round });
        rows.push(row);
      } else {
        const patch = patchOf(entry.row, row);
        if (patch !== undefined) {
          patches.push(patch);
          // kept only then: 10,000 rows that live for a second make a round 13 ms of CPU time instead of 7 (Node 20.20)
          entry.row = row;
        }
        entry.round = this.#round;
      }
      if (++read % sliceSize === 0) {
        yield changeOf(rows, patches, []);
        rows = [];
        patches = [];
      }
    }
    yield changeOf(rows, patches, this.#sweep());
  }

  /** Ids of torrents that this round did not meet. */
  #sweep(): number[] {
    const gone: number[] = [];
    for (const [id, { round }] of this.#entries) if (round !== this.#round) gone.push(id);
    for (const id of gone) this.#entries.delete(id);
    return gone;
  }
}

function changeOf(
  rows: readonly Row[],
  patches: readonly Patch[],
  gone: readonly number[],
): Change | undefined {
  if (rows.length === 0 && patches.length === 0 && gone.length === 0) return undefined;
  return {
    ...(rows.length > 0 && { rows }),
    ...(patches.length > 0 && { patches }),
    ...(gone.length > 0 && { gone }),
  };
}
