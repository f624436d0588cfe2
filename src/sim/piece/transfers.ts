import type { Recorder } from '../recorder.js';
import type { VirtualClock } from '../virtual-clock.js';
import { type EdgeTable, NONE, SERVING, UNCHOKED, WANTED } from './edges.js';
import { type Download, Flow } from './flow.js';
import type { Liars } from './liars.js';
import type { Links } from './links.js';
import type { PiecePicking } from './picking.js';

/** Pieces on their way. Edges are named by their sender's side: each carries one flow at most. */
export class Transfers {
  /** When something began to move last. */
  movedMs = 0;

  /** What each edge's owner downloads over it. */
  readonly #flows: (Flow | undefined)[];
  readonly #spare: Flow[] = [];

  constructor(
    readonly clock: VirtualClock,
    readonly edges: EdgeTable,
    readonly links: Links,
    readonly picking: PiecePicking,
    readonly recorder: Recorder,
    readonly liars: Liars | undefined,
  ) {
    this.#flows = new Array(edges.other.length).fill(undefined);
  }

  /** Begins to send over the edge when the neighbour is let, and there is something that it wants. */
  start(edge: number): void {
    const { edges, clock } = this;
    if (edges.state[edge] !== (WANTED | UNCHOKED)) return;
    const back = edges.back[edge];
    const from = edges.other[back];
    const to = edges.other[edge];
    const download = this.picking.choose(to, from);
    if (download === undefined) return;
    if (this.liars !== undefined) this.#note(download, from, this.liars);
    const flow = this.#spare.pop() ?? new Flow();
    flow.from = from;
    flow.to = to;
    flow.edge = back;
    flow.download = download;
    this.#flows[back] = flow;
    edges.state[edge] |= SERVING;
    this.recorder.started(to, clock.nowMs);
    this.movedMs = clock.nowMs;
    this.links.add(flow, clock.nowMs);
  }

  /** The piece is there. @returns the edges that brought it, free for another one */
  finish(download: Download): number[] {
    const { clock, edges } = this;
    const senders: number[] = [];
    for (const flow of download.flows) {
      senders.push(edges.back[flow.edge]);
      this.#free(flow); // not used again before the next start
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
    if ((this.edges.state[edge] & SERVING) === 0) return false;
    const flow = this.#flows[this.edges.back[edge]]!;
    const { download } = flow;
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

  #free(flow: Flow): void {
    this.#flows[flow.edge] = undefined;
    this.edges.state[this.edges.back[flow.edge]] &= ~SERVING;
    this.#spare.push(flow);
  }

  /** A part of the piece comes from that peer: when it lies, the piece will fail its hash. */
  #note(download: Download, from: number, liars: Liars): void {
    if (download.sources.length === 0) download.alone = liars.suspects(download.to, download.piece);
    if (liars.lies[from]) download.bad = true;
    if (!download.sources.includes(from)) download.sources.push(from);
  }
}
