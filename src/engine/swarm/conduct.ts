import { MillraceError } from '../errors.js';
import type { ActionSink } from './actions.js';
import { KEEP_ALIVE_MS, MAX_UNASKED_BLOCKS, PEER_TIMEOUT_MS, UNASKED_BLOCKS_PER_TICK } from './limits.js';
import type { PeerCore } from './peer-core.js';

/** Whom we put up with: who is silent or sends what nobody asked for is cut off. And that nobody takes us for dead. */
export class Conduct {
  constructor(readonly act: ActionSink) {}

  /** A block came that is not asked for: not any more, perhaps, as it had left before our cancel came. */
  unasked(peer: PeerCore): void {
    if (peer.cancelledBlocks > 0) peer.cancelledBlocks--;
    else if (++peer.unaskedBlocks > MAX_UNASKED_BLOCKS)
      this.#cutOff(
        peer,
        new MillraceError(
          'ERR_WIRE_MESSAGE',
          `${peer.unaskedBlocks} blocks that nobody asked for, at most ${MAX_UNASKED_BLOCKS} are put up with`,
          { blocks: peer.unaskedBlocks, limit: MAX_UNASKED_BLOCKS },
        ),
      );
  }

  /** To be called every `TICK_MS`. */
  tick(peer: PeerCore, nowMs: number): void {
    peer.unaskedBlocks = Math.max(0, peer.unaskedBlocks - UNASKED_BLOCKS_PER_TICK);
    if (nowMs - peer.lastInMs >= PEER_TIMEOUT_MS)
      this.#cutOff(
        peer,
        new MillraceError('ERR_PEER_TIMEOUT', `silent for ${PEER_TIMEOUT_MS / 1000} s`, {
          limitMs: PEER_TIMEOUT_MS,
        }),
      );
    else if (nowMs - peer.lastOutMs >= KEEP_ALIVE_MS) peer.send({ type: 'keep-alive' });
  }

  #cutOff({ key }: PeerCore, error: MillraceError): void {
    this.act({ type: 'disconnect', peer: key, error });
  }
}
