import { addressKey, PeerList } from './peer-list.js';

/** Peers up to which a swarm is searched by scan; above, it keeps an index. Most swarms never get there. */
const SCAN_PEERS = 16;

/** Seeders and leechers of one torrent. A peer is its address and port, whatever its peer id says. */
export class Swarm {
  readonly seeders: PeerList;
  readonly leechers: PeerList;
  /** Downloads reported as completed while this swarm was known. */
  completed = 0;
  /** Position by address: index * 2, plus 1 for seeders. */
  #index: Map<number | string, number> | undefined;

  constructor(stride: number) {
    this.seeders = new PeerList(stride);
    this.leechers = new PeerList(stride);
  }

  get count(): number {
    return this.seeders.count + this.leechers.count;
  }

  /**
   * Moves the peer to the end of its list and names the list; undefined for a stranger. Whoever selects peers for it
   * then leaves out the last one, and removing it is a pop.
   */
  bringToEnd(address: Uint8Array): PeerList | undefined {
    let list: PeerList;
    let at: number;
    if (this.#index === undefined) {
      at = this.seeders.indexOf(address);
      list = at >= 0 ? this.seeders : this.leechers;
      if (at < 0) at = this.leechers.indexOf(address);
      if (at < 0) return undefined;
    } else {
      const position = this.#index.get(addressKey(address, 0, address.length));
      if (position === undefined) return undefined;
      list = position & 1 ? this.seeders : this.leechers;
      at = position >>> 1;
    }
    this.#swap(list, at, list.count - 1);
    return list;
  }

  add(list: PeerList, address: Uint8Array, peerId: Uint8Array, nowSeconds: number): void {
    list.push(address, peerId, nowSeconds);
    if (this.#index !== undefined) this.#note(list, list.count - 1);
    else if (this.count > SCAN_PEERS) this.#buildIndex();
  }

  removeAt(list: PeerList, at: number): void {
    this.#swap(list, at, list.count - 1);
    this.#index?.delete(list.keyAt(list.count - 1));
    list.pop();
    // Half the threshold, so that a swarm at the border does not build an index again and again.
    if (this.count < SCAN_PEERS / 2) this.#index = undefined;
  }

  #swap(list: PeerList, i: number, j: number): void {
    if (i === j) return;
    list.swap(i, j);
    if (this.#index === undefined) return;
    this.#note(list, i);
    this.#note(list, j);
  }

  #note(list: PeerList, at: number): void {
    this.#index!.set(list.keyAt(at), at * 2 + (list === this.seeders ? 1 : 0));
  }

  #buildIndex(): void {
    this.#index = new Map();
    for (const list of [this.seeders, this.leechers])
      for (let i = 0; i < list.count; i++) this.#note(list, i);
  }
}
