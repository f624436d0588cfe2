import { DEFAULT_RANDOM_FIRST_PIECES } from '../../engine/policy/picker-options.js';
import type { Rng } from '../../engine/policy/rng.js';
import { BLOCK_BYTES } from '../../engine/protocol/peer/messages.js';
import type { PeerPlan } from '../population.js';
import type { ResolvedScenario } from '../scenario.js';
import { Download } from './flow.js';
import type { PieceTables } from './tables.js';

/**
 * Which piece a peer fetches from a neighbour: the order of the engine's picker for a peer that is fast enough for whole
 * pieces. One that was begun and that nobody brings now, a new one, and when there is none, a part of one under way.
 */
export class PiecePicking {
  readonly #open: Download[][];
  readonly #spare: Download[] = [];
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
    readonly rng: Rng,
  ) {
    const { picker, pieces, pieceLength, fileBytes, superSeeding } = scenario;
    this.#open = plans.map(() => []);
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

  /** Pieces under way to the peer. */
  open(peer: number): readonly Download[] {
    return this.#open[peer];
  }

  choose(to: number, from: number): Download | undefined {
    return this.#resume(to, from) ?? this.#begin(to, from) ?? this.#join(to, from);
  }

  /** Nobody may bring it now. A piece of which nothing came is as if it had not been begun. */
  interrupted(download: Download): void {
    if (download.flows.length > 0) return;
    if (download.remainingBytes >= this.pieceBytes(download.piece)) this.close(download);
    else this.#interrupted[download.to]++;
  }

  /** The piece is no longer under way. */
  close(download: Download): void {
    const open = this.#open[download.to];
    const last = open.pop()!;
    if (last !== download) open[open.indexOf(download)] = last;
    this.tables.clear(this.tables.busyAt(download.to), download.piece);
    this.#spare.push(download);
  }

  /** Begun, and nobody brings it: the rarest, then the most complete. */
  #resume(to: number, from: number): Download | undefined {
    if (this.#interrupted[to] === 0) return undefined;
    const { tables } = this;
    let best: Download | undefined;
    let bestCount = 0;
    for (const download of this.#open[to]) {
      if (download.flows.length > 0 || !tables.has(tables.haveAt(from), download.piece)) continue;
      const count = tables.count(to, download.piece);
      if (
        best !== undefined &&
        (count > bestCount || (count === bestCount && download.remainingBytes >= best.remainingBytes))
      )
        continue;
      best = download;
      bestCount = count;
    }
    if (best !== undefined) this.#interrupted[to]--;
    return best;
  }

  #begin(to: number, from: number): Download | undefined {
    const piece = this.#newPiece(to, from);
    if (piece < 0) return undefined;
    const download = this.#spare.pop() ?? new Download();
    download.piece = piece;
    download.to = to;
    download.remainingBytes = download.unbookedBytes = this.pieceBytes(piece);
    download.bad = download.alone = false;
    if (download.sources.length > 0) download.sources = [];
    this.#open[to].push(download);
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
    if (tables.haveCount[to] + this.#open[to].length < this.#randomFirst)
      return tables.firstFrom(to, from, rng.below(scenario.pieces));
    return tables.rarest(to, from, tables.countsAt(to), rng.u32());
  }

  /** Nothing new: a block at least of a piece that others bring, the one that is farthest from its end. */
  #join(to: number, from: number): Download | undefined {
    const { tables } = this;
    let best: Download | undefined;
    let mostBytes = 0;
    for (const download of this.#open[to]) {
      const { remainingBytes } = download;
      if (remainingBytes < (download.flows.length + 1) * BLOCK_BYTES || remainingBytes <= mostBytes) continue;
      if (download.alone || !tables.has(tables.haveAt(from), download.piece)) continue;
      best = download;
      mostBytes = remainingBytes;
    }
    return best;
  }
}
