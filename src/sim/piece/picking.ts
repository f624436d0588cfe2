import { DEFAULT_RANDOM_FIRST_PIECES } from '../../engine/policy/picker-options.js';
import type { Rng } from '../../engine/policy/rng.js';
import { BLOCK_BYTES } from '../../engine/protocol/peer/messages.js';
import type { PeerPlan } from '../population.js';
import type { ResolvedScenario } from '../scenario.js';
import { NONE } from './edges.js';
import { ALONE, DOWNLOAD, type Downloads } from './flow.js';
import { NumberLists } from './number-lists.js';
import type { PieceTables } from './tables.js';

/**
 * Which piece a peer fetches from a neighbour: the order of the engine's picker for a peer that is fast enough for whole
 * pieces. One that was begun and that nobody brings now, a new one, and when there is none, a part of one under way.
 */
export class PiecePicking {
  /** Pieces under way to each peer. */
  readonly open: NumberLists;
  /** Pieces of each peer that were begun and that nobody brings now. */
  readonly #interrupted: Int32Array;
  /** Copies of each piece that a seed has begun to send, while it spreads its first copy. */
  readonly #sent = new Map<number, { countsAt: number; unsent: number }>();
  readonly #sentCounts: Uint16Array;
  readonly #randomFirst: number;
  readonly #lastBytes: number;

  constructor(
    readonly scenario: ResolvedScenario,
    plans: readonly PeerPlan[],
    readonly tables: PieceTables,
    readonly downloads: Downloads,
    readonly rng: Rng,
  ) {
    const { picker, pieces, pieceLength, fileBytes, superSeeding } = scenario;
    this.open = new NumberLists(plans.length);
    this.#interrupted = new Int32Array(plans.length);
    this.#sentCounts = new Uint16Array(tables.kernels.buffer);
    this.#randomFirst = picker === 'random' ? Number.POSITIVE_INFINITY : DEFAULT_RANDOM_FIRST_PIECES;
    this.#lastBytes = fileBytes - (pieces - 1) * pieceLength;
    if (superSeeding)
      for (const { number, isSeed } of plans)
        if (isSeed) this.#sent.set(number, { countsAt: tables.seedTableAt(number), unsent: pieces });
  }

  pieceBytes(piece: number): number {
    return piece === this.scenario.pieces - 1 ? this.#lastBytes : this.scenario.pieceLength;
  }

  /** @returns the download, NONE when there is nothing to fetch */
  choose(to: number, from: number): number {
    const begun = this.#interrupted[to] === 0 ? NONE : this.#resume(to, from);
    if (begun !== NONE) return begun;
    const piece = this.#newPiece(to, from);
    return piece >= 0 ? this.#begin(to, piece) : this.#join(to, from);
  }

  /** Nobody may bring it now. A piece of which nothing came is as if it had not been begun. */
  interrupted(download: number): void {
    const { downloads } = this;
    if (downloads.flowsOf(download) > 0) return;
    if (downloads.remainingBytes(download) >= this.pieceBytes(downloads.pieceOf(download)))
      this.close(download);
    else this.#interrupted[downloads.peerOf(download)]++;
  }

  /** The piece is no longer under way. */
  close(download: number): void {
    const { downloads, tables } = this;
    const peer = downloads.peerOf(download);
    this.open.drop(peer, download);
    tables.clear(tables.busyAt(peer), downloads.pieceOf(download));
    downloads.free(download);
  }

  /** Begun, and nobody brings it: the rarest, then the most complete. */
  #resume(to: number, from: number): number {
    const { tables, downloads, open } = this;
    let best = NONE;
    let bestCount = 0;
    const start = open.start(to);
    for (let i = start; i < start + open.length(to); i++) {
      const download = open.items[i];
      const piece = downloads.pieceOf(download);
      if (downloads.flowsOf(download) > 0 || !tables.has(tables.haveAt(from), piece)) continue;
      const count = tables.count(to, piece);
      if (
        best !== NONE &&
        (count > bestCount ||
          (count === bestCount && downloads.remainingBytes(download) >= downloads.remainingBytes(best)))
      )
        continue;
      best = download;
      bestCount = count;
    }
    if (best !== NONE) this.#interrupted[to]--;
    return best;
  }

  #begin(to: number, piece: number): number {
    const download = this.downloads.begin(to, piece, this.pieceBytes(piece));
    this.open.push(to, download);
    this.tables.set(this.tables.busyAt(to), piece);
    return download;
  }

  #newPiece(to: number, from: number): number {
    const { tables, rng, scenario } = this;
    const sent = this.#sent.get(from);
    if (sent !== undefined && sent.unsent > 0) {
      const piece = tables.rarest(to, from, sent.countsAt, rng.u32());
      if (piece >= 0 && this.#sentCounts[(sent.countsAt >>> 1) + piece]++ === 0) sent.unsent--;
      return piece;
    }
    if (scenario.picker === 'sequential') return tables.firstFrom(to, from, 0);
    if (tables.haveCount[to] + this.open.length(to) < this.#randomFirst)
      return tables.firstFrom(to, from, rng.below(scenario.pieces));
    return tables.rarest(to, from, tables.countsAt(to), rng.u32());
  }

  /** Nothing new: a block at least of a piece that others bring, the one that is farthest from its end. */
  #join(to: number, from: number): number {
    const { tables, open } = this;
    const { real, whole } = this.downloads;
    const haveAt = tables.haveAt(from);
    let best = NONE;
    let mostBytes = 0;
    const start = open.start(to);
    const end = start + open.length(to);
    for (let i = start; i < end; i++) {
      const at = DOWNLOAD.width * open.items[i];
      const remainingBytes = real[at + DOWNLOAD.remainingBytes];
      if (remainingBytes <= mostBytes) continue;
      if (remainingBytes < (whole[2 * at + DOWNLOAD.flows] + 1) * BLOCK_BYTES) continue;
      if (whole[2 * at + DOWNLOAD.state] & ALONE || !tables.has(haveAt, whole[2 * at + DOWNLOAD.piece]))
        continue;
      best = open.items[i];
      mostBytes = remainingBytes;
    }
    return best;
  }
}
