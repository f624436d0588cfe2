import type { Recorder } from '../recorder.js';
import type { VirtualClock } from '../virtual-clock.js';
import { type EdgeTable, NONE, OFFER, SERVING, UNCHOKED } from './edges.js';
import { ALONE, BAD, type Downloads, type Flows } from './flow.js';
import type { Liars } from './liars.js';
import type { Links } from './links.js';
import type { PiecePicking } from './picking.js';

/** Pieces on their way. Edges are named by their sender's side: each carries one flow at most. */
export class Transfers {
  /** When something began to move last. */
  movedMs = 0;

  readonly #flows: Flows;
  readonly #downloads: Downloads;
  /** What each edge's owner downloads over it, while it is served. */
  readonly #flowOf: Int32Array;

  constructor(
    readonly clock: VirtualClock,
    readonly edges: EdgeTable,
    readonly links: Links,
    readonly picking: PiecePicking,
    readonly recorder: Recorder,
    readonly liars: Liars | undefined,
  ) {
    this.#flows = links.flows;
    this.#downloads = links.downloads;
    this.#flowOf = new Int32Array(edges.other.length);
  }

  /** Begins to send over the edge when the neighbour is let, and there is something that it wants. */
  start(edge: number): void {
    const { edges, clock } = this;
    const standing = edges.standing[edge];
    if (standing < OFFER || (standing & (UNCHOKED | SERVING)) !== UNCHOKED) return;
    const back = edges.back[edge];
    const from = edges.other[back];
    const to = edges.other[edge];
    const download = this.picking.choose(to, from);
    if (download === NONE) return;
    if (this.liars !== undefined) this.#note(download, from, this.liars);
    const flow = this.#flows.begin(from, to, back, download);
    this.#flowOf[back] = flow;
    edges.standing[edge] |= SERVING;
    this.recorder.started(to, clock.nowMs);
    this.movedMs = clock.nowMs;
    this.links.add(flow, clock.nowMs);
  }

  /** The piece is there. @returns the edges that brought it, free for another one */
  finish(download: number): number[] {
    const { clock, edges } = this;
    const senders: number[] = [];
    const { items } = this.#downloads.flows;
    const start = this.#downloads.flows.start(download);
    const end = start + this.#downloads.flowsOf(download);
    for (let i = start; i < end; i++) {
      senders.push(edges.back[this.#flows.edgeOf(items[i])]);
      this.#free(items[i]); // not used again before the next start
    }
    this.links.finish(download, clock.nowMs);
    this.movedMs = clock.nowMs;
    this.picking.close(download);
    return senders;
  }

  /**
   * Ends what goes over the edge in the middle of its piece: what came stays, and other neighbours may go on with it.
   * @returns whether there was anything
   */
  cut(edge: number): boolean {
    if ((this.edges.standing[edge] & SERVING) === 0) return false;
    const flow = this.#flowOf[this.edges.back[edge]];
    const download = this.#flows.downloadOf(flow);
    this.links.remove(flow, this.clock.nowMs);
    this.#free(flow);
    this.picking.interrupted(download);
    return true;
  }

  /** Something that the peer was fetching is free again: neighbours that let it may bring it. */
  wake(peer: number): void {
    const { edges } = this;
    for (let edge = edges.first[peer]; edge < edges.end[peer]; edge++)
      if (edges.other[edge] !== NONE) this.start(edges.back[edge]);
  }

  #free(flow: number): void {
    this.edges.standing[this.edges.back[this.#flows.edgeOf(flow)]] &= ~SERVING;
    this.#flows.free(flow);
  }

  /** A part of the piece comes from that peer: when it lies, the piece will fail its hash. */
  #note(download: number, from: number, liars: Liars): void {
    const { sources } = this.#downloads;
    const known = sources.get(download);
    if (known === undefined) {
      sources.set(download, [from]);
      if (liars.suspects(this.#downloads.peerOf(download), this.#downloads.pieceOf(download)))
        this.#downloads.mark(download, ALONE);
    } else if (!known.includes(from)) known.push(from);
    if (liars.lies[from]) this.#downloads.mark(download, BAD);
  }
}
