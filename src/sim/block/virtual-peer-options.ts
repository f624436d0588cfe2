import type { BlockRange } from '../../engine/protocol/peer/messages.js';
import type { TorrentCoreOptions } from '../../engine/swarm/torrent-core-options.js';

/** How a simulated peer differs from an honest one. All times are virtual. */
export interface Behaviour {
  /** What leaves in place of a block: other bytes, or nothing at all. */
  readonly payload?: (range: BlockRange, good: Uint8Array, nowMs: number) => Uint8Array | undefined;
  /** What leaves in place of every block is made up; for swarms without bytes. */
  readonly lies?: boolean;
  /** Serves no blocks now, but speaks. */
  readonly stalls?: (nowMs: number) => boolean;
  /** Sends nothing at all now. */
  readonly silent?: (nowMs: number) => boolean;
  /** Leaves the swarm when this holds after one of its turns. */
  readonly leaves?: () => boolean;
}

export interface VirtualPeerOptions extends Behaviour {
  readonly name?: string;
  /** Pieces it starts with. Defaults to none. */
  readonly have?: 'all' | readonly number[];
  /** Defaults to 1,000,000 bytes a second up and no limit down. */
  readonly upBytesPerSecond?: number;
  readonly downBytesPerSecond?: number;
  /** Time to hash and write a piece. Defaults to 5 ms. */
  readonly diskMs?: number;
  /** Memory for pieces under way. Defaults to room for all. */
  readonly budgetPieces?: number;
  /** Unchoke slots. Defaults to 4; 0 is a free rider. */
  readonly slots?: number;
  /** Speaks the Fast Extension (BEP 6) and the extension protocol (BEP 10). Both default to true. */
  readonly fast?: boolean;
  readonly extended?: boolean;
  readonly sequential?: boolean;
  readonly randomFirstPieces?: number;
  /** Serves a piece to one peer before the next one's turn, as the session does; false: a block in turn. */
  readonly turns?: boolean;
  readonly superSeeding?: TorrentCoreOptions['superSeeding'];
  readonly slotGrowth?: TorrentCoreOptions['slotGrowth'];
  readonly choking?: TorrentCoreOptions['choking'];
  /** Connections that it may have. Defaults to 100. */
  readonly mostNeighbours?: number;
  readonly allowedFastSet?: TorrentCoreOptions['allowedFastSet'];
}
