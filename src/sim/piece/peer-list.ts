/** Peers to look at once, in the order in which they were named. */
export class PeerList {
  #peers: number[] = [];
  #taken: number[] = [];
  readonly #marked: Uint8Array;

  constructor(peers: number) {
    this.#marked = new Uint8Array(peers);
  }

  get size(): number {
    return this.#peers.length;
  }

  add(peer: number): void {
    if (this.#marked[peer]) return;
    this.#marked[peer] = 1;
    this.#peers.push(peer);
  }

  /** Those that were named so far; they may be named again from now on. Valid until the next call. */
  take(): readonly number[] {
    const peers = this.#peers;
    this.#peers = this.#taken;
    this.#peers.length = 0;
    this.#taken = peers;
    for (const peer of peers) this.#marked[peer] = 0;
    return peers;
  }
}
