/** Who sent bad data, and who will have nothing to do with whom for it. */
export class Liars {
  /** Peers whose data is bad, by number. */
  readonly lies: Uint8Array;
  readonly #banned = new Set<number>();

  constructor(lies: Uint8Array) {
    this.lies = lies;
  }

  /**
   * Who of the sources of a bad piece is banned for it: all that lied. The engine knows one of several once it has fetched
   * the piece again, from peers on parole, which takes it a piece's time longer.
   */
  convict(peer: number, sources: readonly number[]): readonly number[] {
    const liars = sources.filter(source => this.lies[source]);
    for (const liar of liars) this.#banned.add(this.#pair(peer, liar));
    return liars;
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
