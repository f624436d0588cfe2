import { encodePieceHeader, PIECE_HEADER_BYTES } from '../protocol/peer/encoder.js';
import { BLOCK_BYTES, type BlockRange } from '../protocol/peer/messages.js';
import type { PeerCore } from '../swarm/peer-core.js';
import type { Uploads } from '../swarm/uploads.js';
import { nowMs } from './clock.js';
import type { PeerLink } from './link.js';
import type { PieceReader } from './piece-reader.js';
import type { CachedPiece } from './read-cache.js';

/** A block on its way: its piece is pinned until the system has taken it. */
interface Departing {
  readonly index: number;
  readonly piece: CachedPiece;
}

/** Sends blocks as views of the piece in memory: no copy, one vectored write a turn. */
export class Uploader {
  sentBytes = 0;
  /** Buffers: a socket would wrap any other view of bytes in one, for each block. */
  readonly #memory: Buffer;
  readonly #headers: Buffer[] = [];
  /** Links whose queue holds as many pieces as it may: they go on when one of them has left. */
  readonly #held = new WeakSet<PeerLink>();

  constructor(
    readonly uploads: Uploads,
    readonly reader: PieceReader,
    memory: ArrayBufferLike,
    /** Bytes that wait in the queue of one socket. */
    readonly sendBufferBytes: number,
    /** Peers that may ask for a piece. */
    readonly demand: (piece: number) => number,
    /** A limit holds blocks back until then. */
    readonly onDelayed: (untilMs: number) => void,
  ) {
    this.#memory = Buffer.from(memory as ArrayBuffer);
  }

  /** Sends what the peer asked for as far as memory, socket and limits allow. @returns blocks sent */
  pump(link: PeerLink, peer: PeerCore, most = Number.POSITIVE_INFINITY): number {
    const { socket } = link;
    peer.uploadWait = 'peers';
    const limits = link.limits!.up;
    if (peer.uploads.length === 0 || socket.closed || socket.queuedBytes >= this.sendBufferBytes) return 0;
    const departing: Departing[] = [];
    const headers: Buffer[] = [];
    const now = nowMs();
    const limited = limits.available(now) !== Number.POSITIVE_INFINITY;
    let block: Buffer | undefined;
    let queuedBytes = socket.queuedBytes;
    socket.cork();
    while (peer.uploads.length > 0 && departing.length < most && queuedBytes < this.sendBufferBytes) {
      const range = limited ? firstBlock(peer) : peer.uploads[0];
      const wait = limits.delayMs(range.length, now);
      if (wait > 0) {
        peer.uploadWait = 'localCap';
        this.onDelayed(now + wait);
        break;
      }
      const pinned = link.pinned.get(range.piece) ?? 0;
      if (pinned === 0 && link.pinned.size >= this.reader.maxPinned) {
        this.#held.add(link);
        break;
      }
      const piece = this.reader.take(range.piece);
      if (piece === undefined) {
        // What is queued keeps the peer busy meanwhile.
        if (queuedBytes === 0) peer.uploadWait = this.reader.reading > 0 ? 'disk' : 'memory';
        break; // on its way; the reader asks for a turn when it is there
      }
      this.uploads.sent(peer, now, range.length);
      limits.take(range.length, now);
      this.sentBytes += range.length;
      if (block !== undefined) socket.write(block);
      const header = this.#headers.pop() ?? Buffer.alloc(PIECE_HEADER_BYTES);
      encodePieceHeader(range, header);
      headers.push(header);
      socket.write(header);
      const from = piece.at + range.begin;
      block = this.#memory.subarray(from, from + range.length);
      queuedBytes += range.length;
      piece.sentBytes += range.length;
      link.pinned.set(range.piece, pinned + 1);
      departing.push({ index: range.piece, piece });
    }
    // Bytes leave in order: when the last block has left, so have all.
    if (block !== undefined) socket.write(block, () => this.#departed(link, departing, headers));
    socket.uncork();
    return departing.length;
  }

  #departed(link: PeerLink, blocks: readonly Departing[], headers: readonly Buffer[]): void {
    this.#headers.push(...headers);
    for (const { index, piece } of blocks) {
      this.#unpin(link, index);
      this.reader.release(piece);
      const served = piece.pins === 0 && piece.sentBytes >= piece.length;
      if (served && piece.sentBytes >= this.demand(index) * piece.length) this.reader.forget(index);
    }
  }

  #unpin(link: PeerLink, piece: number): void {
    const left = link.pinned.get(piece)! - 1;
    if (left > 0) {
      link.pinned.set(piece, left);
      return;
    }
    link.pinned.delete(piece);
    if (this.#held.delete(link)) this.onDelayed(nowMs());
  }
}

/** Whoever shares a limit gets a block in turn, however much its requests are for: a peer that asks so takes it in parts. */
function firstBlock({ uploads: [range], maxBlockBytes }: PeerCore): BlockRange {
  const length = maxBlockBytes > BLOCK_BYTES ? Math.min(range.length, BLOCK_BYTES) : range.length;
  return { ...range, length };
}
