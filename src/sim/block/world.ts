import type { ErrorCode } from '../../engine/errors.js';
import type { PeerKey } from '../../engine/ids.js';
import type { BlockRange, Message } from '../../engine/protocol/peer/messages.js';
import type { Action } from '../../engine/swarm/actions.js';
import type { MachineFactory } from '../machine.js';
import type { VirtualClock } from '../virtual-clock.js';
import type { Content } from './content.js';

/** Everything that happens, for tests to watch. */
export type SwarmEvent<Peer> =
  | { readonly type: 'sent'; readonly by: Peer; readonly to: Peer; readonly message: Message }
  | {
      readonly type: 'received';
      readonly by: Peer;
      readonly from: Peer;
      readonly message: Message;
    }
  | {
      readonly type: 'sent-block';
      readonly by: Peer;
      readonly to: Peer;
      readonly range: BlockRange;
    }
  | {
      readonly type: 'block';
      readonly by: Peer;
      readonly from: Peer;
      readonly range: BlockRange;
    }
  | { readonly type: 'action'; readonly by: Peer; readonly action: Action }
  | { readonly type: 'closed'; readonly by: Peer; readonly to: Peer; readonly code: ErrorCode };

/** What a peer needs of the swarm that it is in. */
export interface World<Peer> {
  readonly clock: VirtualClock;
  readonly content: Content;
  readonly seed: number;
  readonly createMachine: MachineFactory;
  /** Blocks have no bytes. */
  readonly phantom: boolean;
  /** Every core is watched for breaches of the protocol and of its own books. */
  readonly audited: boolean;
  nextKey(): PeerKey;
  note(event: SwarmEvent<Peer>): void;
}
