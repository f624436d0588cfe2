import type { Kernels } from '../kernels/types.js';
import { bitfieldBytes } from '../kernels/types.js';
import type { Picker } from '../policy/picker.js';
import type { PeerCore } from './peer-core.js';

/** Keeps interested / not interested exact: interested while the peer has a piece that we want and lack (BEP 3). */
export class Interest {
  readonly #bytes: number;

  constructor(
    readonly kernels: Kernels,
    readonly picker: Picker,
    pieceCount: number,
  ) {
    this.#bytes = bitfieldBytes(pieceCount);
  }

  /** Looks at all pieces. @returns true when we have just become interested */
  update(peer: PeerCore): boolean {
    const interested =
      peer.haveCount > 0 && this.kernels.bitIntersects(peer.bitsAt, this.picker.wantedAt, this.#bytes);
    return this.#set(peer, interested);
  }

  /** The peer got one more piece: cheaper than looking at all. */
  gained(peer: PeerCore, piece: number): boolean {
    return !peer.amInterested && this.picker.isWanted(piece) ? this.#set(peer, true) : false;
  }

  #set(peer: PeerCore, interested: boolean): boolean {
    if (peer.amInterested === interested) return false;
    peer.amInterested = interested;
    peer.send({ type: interested ? 'interested' : 'not-interested' });
    return interested;
  }
}
