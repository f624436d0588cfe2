import { MillraceError } from '../errors.js';
import type { Picker } from '../policy/picker.js';
import { type BlockRange, MAX_BLOCK_BYTES } from '../protocol/peer/messages.js';
import type { ActionSink } from './actions.js';
import { ALLOWED_FAST_TIMES, MAX_INCOMING_REQUESTS } from './limits.js';
import type { PeerCore } from './peer-core.js';

/** The sending half: which requests we accept, in which order they are served, what a choke does to them. */
export class Uploads {
  constructor(
    readonly picker: Picker,
    readonly act: ActionSink,
    readonly onSent: (peer: PeerCore, piece: number, length: number, nowMs: number) => void = () => {},
  ) {}

  /** @throws MillraceError ERR_WIRE_MESSAGE for a range outside the torrent: nobody asks so by accident. */
  request(peer: PeerCore, range: BlockRange): void {
    const { piece, begin, length } = range;
    const pieceBytes = this.picker.pieceBytes(piece);
    if (length === 0 || length > MAX_BLOCK_BYTES || begin + length > pieceBytes)
      throw new MillraceError(
        'ERR_WIRE_MESSAGE',
        `request for bytes ${begin} to ${begin + length} of piece ${piece}, which has ${pieceBytes}; at most ${MAX_BLOCK_BYTES} at once`,
        { piece, begin, length, pieceBytes, limit: MAX_BLOCK_BYTES },
      );
    const served = !peer.amChoking || this.#mayStill(peer, piece);
    if (!served || !this.picker.has(piece) || peer.uploads.length >= MAX_INCOMING_REQUESTS) {
      this.#reject(peer, range);
      return;
    }
    if (peer.amChoking) peer.allowedOut.set(piece, peer.allowedOut.get(piece)! + length);
    peer.uploads.push({ piece, begin, length });
    this.act({ type: 'prefetch', piece });
  }

  cancel(peer: PeerCore, range: BlockRange): void {
    const end = range.begin + range.length;
    const at = peer.uploads.findIndex(
      ({ piece, begin, length }) => piece === range.piece && begin <= range.begin && begin + length >= end,
    );
    if (at < 0) return;
    // A request of several blocks is cancelled block by block: what is left of it stays.
    const { piece, begin, length } = peer.uploads[at];
    const parts = [
      { piece, begin, length: range.begin - begin },
      { piece, begin: end, length: begin + length - end },
    ];
    peer.uploads.splice(at, 1, ...parts.filter(part => part.length > 0));
    this.#reject(peer, range); // BEP 6: a cancel is answered by the block or by a reject
  }

  choke(peer: PeerCore): void {
    if (peer.amChoking) return;
    peer.amChoking = true;
    peer.send({ type: 'choke' });
    const kept = peer.uploads.filter(range => peer.info.fast && peer.allowedOut.has(range.piece));
    for (const range of peer.uploads) if (!kept.includes(range)) this.#reject(peer, range);
    peer.uploads.splice(0, peer.uploads.length, ...kept);
  }

  unchoke(peer: PeerCore): void {
    if (!peer.amChoking) return;
    peer.amChoking = false;
    peer.send({ type: 'unchoke' });
  }

  /** `length` bytes at the head of the peer's queue leave now, all of its first request by default. */
  sent(peer: PeerCore, nowMs: number, length = peer.uploads[0].length): void {
    const { piece, begin, length: asked } = peer.uploads[0];
    if (length < asked) peer.uploads[0] = { piece, begin: begin + length, length: asked - length };
    else peer.uploads.shift();
    peer.up.add(length, nowMs);
    peer.lastOutMs = nowMs;
    this.onSent(peer, piece, length, nowMs);
  }

  /** An allowed-fast piece helps a peer to begin; whoever asks for it without end gets for nothing what others give for. */
  #mayStill(peer: PeerCore, piece: number): boolean {
    const asked = peer.allowedOut.get(piece);
    return asked !== undefined && asked < ALLOWED_FAST_TIMES * this.picker.pieceBytes(piece);
  }

  #reject(peer: PeerCore, { piece, begin, length }: BlockRange): void {
    if (peer.info.fast) peer.send({ type: 'reject', piece, begin, length });
  }
}
