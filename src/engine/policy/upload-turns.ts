import type { PeerKey } from '../ids.js';

/** A turn is over after so long, done or not: peers that wait must not take us for dead. */
export const MAX_TURN_MS = 1_000;

/**
 * Who has an uplink that is too small for all that wait. A peer keeps it for the blocks of one piece: served block by
 * block in turn, five peers would have their pieces all at the end of five pieces' time, with nothing to trade before.
 */
export class UploadTurns {
  #peer: PeerKey = -1;
  #piece = -1;
  #sinceMs = 0;

  /** It is the peer's turn; the next block that it waits for is of `piece`. */
  begin(peer: PeerKey, piece: number, nowMs: number): void {
    this.#peer = peer;
    this.#piece = piece;
    this.#sinceMs = nowMs;
  }

  /** Whether it still is. */
  holds(peer: PeerKey, piece: number, nowMs: number): boolean {
    return peer === this.#peer && piece === this.#piece && nowMs - this.#sinceMs < MAX_TURN_MS;
  }
}
