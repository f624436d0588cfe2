import type { ErrorCode } from '../../engine/errors.js';
import type { PeerKey } from '../../engine/ids.js';
import type { BlockRange, Message } from '../../engine/protocol/peer/messages.js';
import type { Action } from '../../engine/swarm/actions.js';
import type { MachineFactory } from '../machine.js';
import type { VirtualClock } from '../virtual-clock.js';
import type { Content } from './content.js';
import type { VirtualPeer } from './virtual-peer.js';

/** Everything that happens, for tests to watch. */
export type SimEvent =
  | { readonly type: 'sent'; readonly by: VirtualPeer; readonly to: VirtualPeer; readonly message: Message }
  | {
      readonly type: 'received';
      readonly by: VirtualPeer;
      readonly from: VirtualPeer;
      readonly message: Message;
    }
  | {
      readonly type: 'sent-block';
      readonly by: VirtualPeer;
      readonly to: VirtualPeer;
      readonly range: BlockRange;
    }
  | {
      readonly type: 'block';
      readonly by: VirtualPeer;
      readonly from: VirtualPeer;
      readonly range: BlockRange;
    }
  | { readonly type: 'action'; readonly by: VirtualPeer; readonly action: Action }
  | { readonly type: 'closed'; readonly by: VirtualPeer; readonly to: VirtualPeer; readonly code: ErrorCode };

/** What a peer needs of the swarm that it is in. */
export interface World {
  readonly clock: VirtualClock;
  readonly content: Content;
  readonly seed: number;
  readonly createMachine: MachineFactory;
  /** Blocks have no bytes. */
  readonly phantom: boolean;
  /** Every core is watched for breaches of the protocol and of its own books. */
  readonly audited: boolean;
  nextKey(): PeerKey;
  note(event: SimEvent): void;
}
