import { pieceMap } from './piece-map.js';
import type { PageDetail } from './source.js';
import type { Cut, Detail } from './wire.js';

/** Rows of a table that are sent: more is not read on a page, and a torrent may have 100,000 files. */
export const MAX_TABLE_ROWS = 200;

type Part = Exclude<keyof Detail, 'hash'>;

/** What the viewers of one torrent know of it. */
export class DetailParts {
  readonly #sent = new Map<Part, string>();

  constructor(readonly hash: string) {}

  /** The parts that differ from the last time, as JSON of an event; undefined when none does. */
  changes(detail: PageDetail): string | undefined {
    const changed = Object.entries(partsOf(detail)).flatMap(([name, part]) => {
      const json = JSON.stringify(part);
      if (this.#sent.get(name as Part) === json) return [];
      this.#sent.set(name as Part, json);
      return [`"${name}":${json}`];
    });
    return changed.length === 0 ? undefined : this.#event(changed);
  }

  /** For a viewer who comes later. */
  all(): string {
    return this.#event([...this.#sent].map(([name, json]) => `"${name}":${json}`));
  }

  #event(fields: readonly string[]): string {
    return `event: detail\ndata: {"hash":${JSON.stringify(this.hash)},${fields.join(',')}}\n\n`;
  }
}

function partsOf(detail: PageDetail): Omit<Detail, 'hash'> {
  const { dir, pieces, peers, trackers, files, limitedBy } = detail;
  const busiest = [...peers].sort((a, b) => b.down + b.up - (a.down + a.up));
  return {
    dir,
    pieces: pieceMap(pieces),
    peers: cut(busiest.map(peer => ({ ...peer, down: Math.round(peer.down), up: Math.round(peer.up) }))),
    trackers: cut(trackers),
    files: cut(files),
    limitedBy: limitedBy.map(({ name, share }) => ({ name, share: Math.round(share * 1000) / 1000 })),
  };
}

function cut<T>(items: readonly T[]): Cut<T> {
  return { total: items.length, first: items.slice(0, MAX_TABLE_ROWS) };
}
