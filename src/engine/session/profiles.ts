import type { SlotGrowth } from '../policy/unchoke-slots.js';
import type { ProfileName } from './types.js';

/** What a profile sets where the user says nothing. */
export interface Profile {
  readonly slots: number;
  readonly slotGrowth: SlotGrowth;
  readonly maxPeersPerTorrent: number;
  readonly sendBufferBytes: number;
}

const MiB = 1024 * 1024;

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  /** BEP 3: four downloaders. Send buffer: libtorrent's ceiling is 500 KiB, for its fast seeds 3 MiB. */
  classic: { slots: 4, slotGrowth: 'turns', maxPeersPerTorrent: 100, sendBufferBytes: MiB },
  /** libtorrent `high_performance_seed`: 3 MiB; 200 peers are its default and Transmission's. */
  seedbox: { slots: 20, slotGrowth: 'rate', maxPeersPerTorrent: 200, sendBufferBytes: 3 * MiB },
  /**
   * Two slots: the fewer peers share an uplink, the sooner each has a whole piece to pass on (docs/profiles.md has the
   * figures). Twice the ten connections that each torrent of Kraken has: ten dialled, ten taken in.
   */
  cluster: { slots: 2, slotGrowth: 'turns', maxPeersPerTorrent: 20, sendBufferBytes: MiB },
};
