import type { MillraceError } from '../errors.js';
import { abortable, Deferred } from './waits.js';

/** Readers of a file that is still arriving: each waits for pieces and says which it needs next. */
export class PieceWaits {
  readonly #waits = new Map<number, Deferred>();
  /** What each reader wants next, in its order. */
  readonly #wanted = new Map<object, readonly number[]>();
  #failure: MillraceError | undefined;

  constructor(
    readonly has: (piece: number) => boolean,
    readonly setUrgent: (pieces: readonly number[]) => void,
  ) {}

  /** Resolves when the piece is verified. @throws MillraceError ERR_ABORTED, or what the torrent failed with */
  async until(piece: number, signal?: AbortSignal): Promise<void> {
    if (this.has(piece)) return;
    if (this.#failure !== undefined) throw this.#failure;
    let wait = this.#waits.get(piece);
    if (wait === undefined) this.#waits.set(piece, (wait = new Deferred()));
    await abortable(wait.promise, signal);
  }

  arrived(piece: number): void {
    this.#waits.get(piece)?.resolve();
    this.#waits.delete(piece);
  }

  allArrived(): void {
    for (const wait of this.#waits.values()) wait.resolve();
    this.#waits.clear();
  }

  /** Nothing more will arrive: all waits reject, those to come as well. */
  fail(error: MillraceError): void {
    this.#failure = error;
    for (const wait of this.#waits.values()) wait.reject(error);
    this.#waits.clear();
  }

  /** Pieces arrive again. */
  recover(): void {
    this.#failure = undefined;
  }

  /** The pieces that this reader needs before all others; [] when it is done. */
  want(reader: object, pieces: readonly number[]): void {
    if (pieces.length === 0) this.#wanted.delete(reader);
    else this.#wanted.set(reader, pieces);
    // Readers take turns: the first wish of each, then the second of each.
    const lists = [...this.#wanted.values()];
    const urgent = new Set<number>();
    const longest = Math.max(0, ...lists.map(list => list.length));
    for (let i = 0; i < longest; i++) for (const list of lists) if (i < list.length) urgent.add(list[i]);
    this.setUrgent([...urgent]);
  }
}

/** Every wait fails: for readers of a torrent that was closed. */
export function failedWaits(error: MillraceError): PieceWaits {
  const waits = new PieceWaits(
    () => false,
    () => {},
  );
  waits.fail(error);
  return waits;
}
