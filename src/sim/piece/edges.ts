/** No edge, no peer. */
export const NONE = -1;

/** How a neighbour stands with the owner of an edge. The owner lets it download; */
export const UNCHOKED = 1;
/** something is on its way to it; */
export const SERVING = 2;
/** and it wants so many times this: pieces that the owner has and it lacks. It is interested while there is one. */
export const OFFER = 4;

/**
 * Connections as each side sees them: an edge is a peer's view of one neighbour, and `back` the neighbour's view of the
 * peer. A peer's edges lie side by side, and what it asks of all of them at once is small, so that it stays in few lines
 * of cache; places of neighbours that left are used again.
 */
export class EdgeTable {
  /** A peer's edges are `first[peer]` up to `end[peer]`, those with `other` NONE left out. */
  readonly first: Int32Array;
  readonly end: Int32Array;
  readonly degree: Int32Array;
  readonly other: Int32Array;
  readonly back: Int32Array;
  /** UNCHOKED, SERVING, and OFFER for each piece, in one number since they change together; 0 without a neighbour. */
  readonly standing: Int32Array;
  /** Bytes that came from the neighbour since the turn before the last one began, and those of them in that turn. */
  readonly gotBytes: Float64Array;
  readonly gotBefore: Float64Array;
  readonly connectedAtMs: Float64Array;
  readonly unchokedAtMs: Float64Array;

  /** `capacities`: most neighbours of each peer. */
  constructor(readonly capacities: Int32Array) {
    const peers = capacities.length;
    this.first = new Int32Array(peers);
    this.end = new Int32Array(peers);
    this.degree = new Int32Array(peers);
    let edges = 0;
    for (let peer = 0; peer < peers; peer++) {
      this.first[peer] = this.end[peer] = edges;
      edges += capacities[peer];
    }
    this.other = new Int32Array(edges).fill(NONE);
    this.back = new Int32Array(edges).fill(NONE);
    this.standing = new Int32Array(edges);
    this.gotBytes = new Float64Array(edges);
    this.gotBefore = new Float64Array(edges);
    this.connectedAtMs = new Float64Array(edges);
    this.unchokedAtMs = new Float64Array(edges);
  }

  isFull(peer: number): boolean {
    return this.degree[peer] >= this.capacities[peer];
  }

  find(peer: number, other: number): number {
    for (let edge = this.first[peer]; edge < this.end[peer]; edge++)
      if (this.other[edge] === other) return edge;
    return NONE;
  }

  /** @returns `a`'s edge to `b` */
  connect(a: number, b: number, nowMs: number): number {
    const edge = this.#take(a, b, nowMs);
    const back = this.#take(b, a, nowMs);
    this.back[edge] = back;
    this.back[back] = edge;
    return edge;
  }

  /** Forgets both sides. */
  disconnect(edge: number): void {
    const back = this.back[edge];
    this.degree[this.other[edge]]--;
    this.degree[this.other[back]]--;
    for (const side of [edge, back]) {
      this.other[side] = this.back[side] = NONE;
      this.standing[side] = 0;
    }
  }

  /** Bytes a second from the neighbour over the last two turns, which BEP 3 calls a 20 s rolling average. */
  rate(edge: number, seconds: number): number {
    return this.gotBytes[edge] / seconds;
  }

  /** A turn of the rolling average ends for all edges of the peer. */
  turn(peer: number): void {
    for (let edge = this.first[peer]; edge < this.end[peer]; edge++)
      this.gotBefore[edge] = this.gotBytes[edge] -= this.gotBefore[edge];
  }

  #take(peer: number, other: number, nowMs: number): number {
    let edge = this.first[peer];
    while (edge < this.end[peer] && this.other[edge] !== NONE) edge++;
    if (edge === this.end[peer]) this.end[peer]++;
    this.degree[peer]++;
    this.other[edge] = other;
    this.gotBytes[edge] = this.gotBefore[edge] = 0;
    this.connectedAtMs[edge] = nowMs;
    this.unchokedAtMs[edge] = Number.NEGATIVE_INFINITY;
    return edge;
  }
}
