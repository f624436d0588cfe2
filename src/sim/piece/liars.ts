/** Who sent bad data, and who will have nothing to do with whom for it. */
export class Liars {
  /** Peers whose data is bad, by number. */
  readonly lies: Uint8Array;
  readonly #banned = new Set<number>();
  /** Liars whose part of a bad piece is known, by peer and piece, until the piece is good. */
  readonly #suspects = new Map<number, number[]>();

  constructor(
    lies: Uint8Array,
    readonly pieces: number,
  ) {
    this.lies = lies;
  }

  /** A piece from one peer alone convicts it; otherwise its liars are known once the piece is good. @returns the convicted */
  judge(peer: number, piece: number, sources: readonly number[], good: boolean): readonly number[] {
    const key = peer * this.pieces + piece;
    const suspects = this.#suspects.get(key) ?? [];
    const liars = sources.filter(source => this.lies[source]);
    if (!good && sources.length > 1) {
      this.#suspects.set(key, [...suspects, ...liars]);
      return [];
    }
    if (good) this.#suspects.delete(key);
    const convicted = good ? suspects : liars;
    for (const liar of convicted) this.#banned.add(this.#pair(peer, liar));
    return convicted;
  }

  /** The piece failed at the peer, and nobody knows by whom. */
  suspects(peer: number, piece: number): boolean {
    return this.#suspects.size > 0 && this.#suspects.has(peer * this.pieces + piece);
  }

  /** One of them has banned the other. */
  apart(a: number, b: number): boolean {
    return (
      this.#banned.size > 0 && (this.#banned.has(this.#pair(a, b)) || this.#banned.has(this.#pair(b, a)))
    );
  }

  /** The peer is back under another address. */
  forget(peer: number): void {
    const peers = this.lies.length;
    for (const ban of this.#banned) if (ban % peers === peer) this.#banned.delete(ban);
  }

  #pair(peer: number, banned: number): number {
    return peer * this.lies.length + banned;
  }
}
