import type { Heap, Kernels } from '../kernels/types.js';
import type { ChokerOptions } from '../policy/choker.js';
import type { Rng } from '../policy/rng.js';
import type { SlotGrowth } from '../policy/unchoke-slots.js';
import type { IpFamily } from '../protocol/compact.js';
import type { AllowedFastSet } from './own-pieces.js';
import type { SlotPool } from './ports.js';
import type { SuperSeedMode } from './super-seeder.js';

export interface TorrentCoreOptions {
  readonly kernels: Kernels;
  readonly heap: Heap;
  readonly slots: SlotPool;
  readonly rng: Rng;
  readonly pieceCount: number;
  readonly pieceLength: number;
  readonly length: number;
  readonly padding?: readonly { offset: number; length: number }[];
  readonly sequential?: boolean;
  /** See PickerOptions. */
  readonly randomFirstPieces?: number;
  /** Times of the reviews; see ChokerOptions for what they default to. */
  readonly choking?: Pick<ChokerOptions, 'reviewMs' | 'optimisticMs' | 'optimisticSlots'>;
  /** Unchoke slots; Infinity unchokes everybody who is interested (profile `cluster`). */
  readonly unchokeSlots: number;
  /** What adds slots. Defaults to none. */
  readonly slotGrowth?: SlotGrowth;
  /** Defaults to false. */
  readonly superSeeding?: SuperSeedMode;
  /** Most bytes asked for by one request of a peer that takes more than 16 KiB. Defaults to 16 KiB. */
  readonly maxBlockBytes?: number;
  /** Our client name and the port where we listen, for the extension handshake. */
  readonly client: string;
  readonly listenPort?: () => number | undefined;
  /** As whom everybody knows us by this family, if others reach us there. */
  readonly ownHost?: (family: IpFamily) => string | undefined;
  /** Size of the info dictionary, when peers may ask for it (BEP 9). */
  readonly metadataBytes?: number;
  /** Whether peers exchange addresses at present (BEP 11); absent when they never may, as in a private torrent. */
  readonly pex?: () => boolean;
  /** Absent where the allowed fast set does not apply. */
  readonly allowedFastSet?: AllowedFastSet;
}
