import { DEFAULT_OPTIMISTIC_MS, DEFAULT_REVIEW_MS, DEFAULT_SLOTS } from '../engine/policy/choker.js';

export type ProfileName = 'classic' | 'cluster' | 'client-server';

/** What a profile decides for all peers of a simulated swarm. */
export interface ProfileRules {
  /** Unchoke slots of everybody; Infinity chokes nobody. */
  readonly slots: number;
  readonly reviewMs: number;
  readonly optimisticMs: number;
  /** Connections that a peer has on average when there are enough peers. */
  readonly neighbours: number;
  readonly picker: 'rarest' | 'random' | 'sequential';
  readonly superSeeding: boolean;
  /** A sender serves a piece at a time, or all that wait alike. */
  readonly uplink: 'turns' | 'fair';
}

const classic: ProfileRules = {
  slots: DEFAULT_SLOTS,
  reviewMs: DEFAULT_REVIEW_MS,
  optimisticMs: DEFAULT_OPTIMISTIC_MS,
  /** Of the 50 that a tracker names (BEP 23 clients ask for `numwant` 50), those that can be reached. */
  neighbours: 40,
  picker: 'rarest',
  superSeeding: true,
  uplink: 'turns',
};

export const PROFILES: Readonly<Record<ProfileName, ProfileRules>> = {
  classic,
  /** Machines that trust each other: two slots, as in the engine's profile, and ten neighbours (Kraken: 10). */
  cluster: { ...classic, slots: 2, neighbours: 10 },
  /** One server sends everything to everybody; downloaders do not know each other. */
  'client-server': { ...classic, slots: Number.POSITIVE_INFINITY, superSeeding: false, uplink: 'fair' },
};
