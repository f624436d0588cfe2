import { encodeMessage, PIECE_HEADER_BYTES } from '../protocol/peer/encoder.js';
import type { PeerCore } from '../swarm/peer-core.js';
import type { Uploads } from '../swarm/uploads.js';
import { nowMs } from './clock.js';
import type { PeerLink } from './link.js';
import type { PieceReader } from './piece-reader.js';

/** Bytes queued at one socket: libtorrent's ceiling of `send_buffer_watermark` is 500 KiB, its fast-seed profile 3 MiB. */
const WATERMARK_BYTES = 1024 * 1024;

/** Sends blocks as views of the piece in memory: no copy, one vectored write a turn. */
export class Uploader {
  sentBytes = 0;
  readonly #memory: Uint8Array;
  /** Links whose queue holds as many pieces as it may: they go on when one of them has left. */
  readonly #held = new WeakSet<PeerLink>();

  constructor(
    readonly uploads: Uploads,
    readonly reader: PieceReader,
    memory: ArrayBufferLike,
    /** A limit holds blocks back until then. */
    readonly onDelayed: (untilMs: number) => void,
  ) {
    this.#memory = new Uint8Array(memory);
  }

  /** Sends what the peer asked for as far as memory, socket and limits allow. @returns blocks sent */
  pump(link: PeerLink, peer: PeerCore, most = Number.POSITIVE_INFINITY): number {
    const { socket } = link;
    peer.uploadWait = 'peers';
    const limits = link.limits!.up;
    if (peer.uploads.length === 0 || socket.closed || socket.queuedBytes >= WATERMARK_BYTES) return 0;
    let sent = 0;
    const now = nowMs();
    socket.cork();
    while (peer.uploads.length > 0 && sent < most && socket.queuedBytes < WATERMARK_BYTES) {
      const range = peer.uploads[0];
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
        if (socket.queuedBytes === 0) peer.uploadWait = this.reader.reading > 0 ? 'disk' : 'memory';
        break; // on its way; the reader asks for a turn when it is there
      }
      this.uploads.sent(peer, now);
      limits.take(range.length, now);
      this.sentBytes += range.length;
      const header = new Uint8Array(PIECE_HEADER_BYTES);
      encodeMessage({ type: 'piece', ...range }, header, 0);
      socket.write(header);
      const from = piece.at + range.begin;
      link.pinned.set(range.piece, pinned + 1);
      socket.write(this.#memory.subarray(from, from + range.length), () => {
        this.#unpin(link, range.piece);
        this.reader.release(piece);
      });
      sent++;
    }
    socket.uncork();
    return sent;
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
