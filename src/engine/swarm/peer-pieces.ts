import { MillraceError } from '../errors.js';
import { bitfieldBytes, type Kernels } from '../kernels/types.js';
import type { Picker } from '../policy/picker.js';
import { clearBit, hasBit, setBit, setBits } from '../policy/picker-bits.js';
import type { Message } from '../protocol/peer/messages.js';
import type { PeerCore } from './peer-core.js';

/** Who wants to know what became of a neighbour's pieces. */
export interface PeerPiecesEvents {
  /** The first message told what the peer has. */
  greeted(peer: PeerCore, nowMs: number): void;
  gained(peer: PeerCore, piece: number, nowMs: number): void;
  /** The peer lost a piece (BEP 54). */
  lost(peer: PeerCore): void;
}

/**
 * What each neighbour has, as it tells: its bits, and their place in the picker's counts. A peer with everything counts
 * among the seeds, and its bits are in no table.
 */
export class PeerPieces {
  readonly #memory: Uint8Array;

  constructor(
    readonly kernels: Kernels,
    readonly picker: Picker,
    readonly events: PeerPiecesEvents,
  ) {
    this.#memory = new Uint8Array(kernels.buffer);
  }

  /** A peer counts as a neighbour before it has told of any piece. */
  join(peer: PeerCore): void {
    this.picker.addPeer(peer.bitsAt);
  }

  leave(peer: PeerCore): void {
    if (peer.seed) this.picker.removeSeed();
    else this.picker.removePeer(peer.bitsAt);
  }

  has(peer: PeerCore, piece: number): boolean {
    return peer.seed || hasBit(this.#memory, peer.bitsAt, piece);
  }

  /** @throws MillraceError ERR_WIRE_MESSAGE for what may only be said first, or with the fast extension (BEP 6) */
  handleGreeting(peer: PeerCore, message: Message, nowMs: number): void {
    const late = peer.greeted || peer.haveCount > 0;
    if ((message.type !== 'bitfield' && !peer.info.fast) || (late && message.type === 'have-none'))
      throw new MillraceError('ERR_WIRE_MESSAGE', `${message.type} is only allowed as the first message`, {});
    const told = message.type === 'bitfield' ? message.bits : undefined;
    if (late) {
      // BEP 3 and 6 want these first, but aria2 1.36 sends them wherever they are shorter than the haves that it owes.
      this.#handleLateGreeting(peer, told, nowMs);
      return;
    }
    peer.greeted = true;
    if (message.type === 'have-none') return;
    const { pieceCount } = this.picker;
    this.picker.removePeer(peer.bitsAt); // so far it counted with no pieces
    if (told) this.#memory.set(told, peer.bitsAt);
    else setBits(this.#memory, peer.bitsAt, pieceCount); // have-all
    peer.haveCount = this.kernels.bitCount(peer.bitsAt, bitfieldBytes(pieceCount));
    peer.seed = peer.haveCount === pieceCount;
    if (peer.seed) this.picker.addSeed();
    else this.picker.addPeer(peer.bitsAt);
    this.events.greeted(peer, nowMs);
  }

  handleHave(peer: PeerCore, piece: number, nowMs: number): void {
    if (hasBit(this.#memory, peer.bitsAt, piece)) return;
    setBit(this.#memory, peer.bitsAt, piece);
    peer.haveCount++;
    this.picker.addHave(piece);
    if (peer.haveCount === this.picker.pieceCount) {
      // From now on counted with the seeds: its bits leave the table in one go.
      this.picker.removePeer(peer.bitsAt);
      this.picker.addSeed();
      peer.seed = true;
    }
    this.events.gained(peer, piece, nowMs);
  }

  handleDontHave(peer: PeerCore, piece: number): void {
    if (piece >= this.picker.pieceCount || !hasBit(this.#memory, peer.bitsAt, piece)) return;
    if (peer.seed) {
      peer.seed = false;
      this.picker.breakSeed(peer.bitsAt);
    }
    this.picker.removeHave(piece);
    clearBit(this.#memory, peer.bitsAt, piece);
    peer.haveCount--;
    this.events.lost(peer);
  }

  /** Pieces that are new in `told`, or in all, become haves. Byte by byte: five bytes of message can name 500,000 pieces. */
  #handleLateGreeting(peer: PeerCore, told: Uint8Array | undefined, nowMs: number): void {
    const { pieceCount } = this.picker;
    for (let at = 0; !peer.seed && 8 * at < pieceCount; at++) {
      const fresh = (told?.[at] ?? 0xff) & ~this.#memory[peer.bitsAt + at];
      const end = fresh === 0 ? 0 : Math.min(8 * at + 8, pieceCount);
      for (let piece = 8 * at; piece < end; piece++)
        if (fresh & (0x80 >>> (piece & 7))) this.handleHave(peer, piece, nowMs);
    }
  }
}
