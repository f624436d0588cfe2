import { bitfieldBytes, type Kernels } from '../kernels/types.js';
import type { Picker } from '../policy/picker.js';
import { ALLOWED_FAST_COUNT } from './limits.js';
import type { PeerCore } from './peer-core.js';

/** Tells a new peer what we have, in as few bytes as it understands (BEP 3 "bitfield", BEP 6). */
export function tellPieces(peer: PeerCore, picker: Picker, kernels: Kernels): void {
  const { haveAt, haveCount, pieceCount } = picker;
  if (peer.info.fast && picker.complete) peer.send({ type: 'have-all' });
  else if (peer.info.fast && haveCount === 0) peer.send({ type: 'have-none' });
  else if (haveCount > 0)
    peer.send({
      type: 'bitfield',
      bits: new Uint8Array(kernels.buffer, haveAt, bitfieldBytes(pieceCount)).slice(),
    });
}

/** The set of pieces that a new peer gets although choked (BEP 6). */
export type AllowedFastSet = (host: string, count: number) => number[];

export function offerAllowedFast(peer: PeerCore, setFor: AllowedFastSet): void {
  for (const piece of setFor(peer.info.address.host, ALLOWED_FAST_COUNT)) {
    peer.allowedOut.set(piece, 0);
    peer.send({ type: 'allowed-fast', piece });
  }
}
