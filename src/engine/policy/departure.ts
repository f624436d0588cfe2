import { MillraceError } from '../errors.js';

/** What a peer does once it has what it wants: selfish, altruistic for a while, altruistic. */
export type DeparturePolicy =
  | { readonly kind: 'leave' }
  /** Leaves as soon as one of the two is reached: a time since completion, or uploaded : downloaded bytes. */
  | { readonly kind: 'linger'; readonly forMs?: number; readonly ratio?: number }
  | { readonly kind: 'stay' };

export interface DepartureState {
  /** Undefined while the download is not complete. */
  readonly completedAtMs: number | undefined;
  readonly uploadedBytes: number;
  /** Bytes fetched. A peer that fetched nothing is measured against `wantedBytes`, as Transmission does. */
  readonly downloadedBytes: number;
  readonly wantedBytes: number;
}

export interface Departure {
  readonly leave: boolean;
  /** When time alone may change the answer; Infinity when it cannot. Uploads may change it sooner. */
  readonly askAgainAtMs: number;
}

/** @throws MillraceError ERR_OPTION for a linger without a limit, or with a negative or endless one. */
export function checkDeparture(policy: DeparturePolicy): DeparturePolicy {
  if (policy.kind !== 'linger') return policy;
  const { forMs, ratio } = policy;
  if (forMs === undefined && ratio === undefined)
    throw new MillraceError('ERR_OPTION', 'linger has no limit: give forMs, ratio or both', {
      option: 'linger',
    });
  for (const [option, value] of Object.entries({ forMs, ratio }))
    if (value !== undefined && !(value >= 0 && Number.isFinite(value)))
      throw new MillraceError('ERR_OPTION', `${option} is ${value}, must be a number from 0`, {
        option,
        value,
      });
  return policy;
}

export function decideDeparture(policy: DeparturePolicy, state: DepartureState, nowMs: number): Departure {
  const never = { leave: false, askAgainAtMs: Number.POSITIVE_INFINITY };
  if (state.completedAtMs === undefined || policy.kind === 'stay') return never;
  if (policy.kind === 'leave') return { leave: true, askAgainAtMs: nowMs };
  const { forMs = Number.POSITIVE_INFINITY, ratio = Number.POSITIVE_INFINITY } = policy;
  const askAgainAtMs = state.completedAtMs + forMs;
  return { leave: nowMs >= askAgainAtMs || shareRatio(state) >= ratio, askAgainAtMs };
}

/** Uploaded : downloaded bytes. 0 when there is nothing to measure against. */
export function shareRatio(state: Omit<DepartureState, 'completedAtMs'>): number {
  const base = state.downloadedBytes > 0 ? state.downloadedBytes : state.wantedBytes;
  return base > 0 ? state.uploadedBytes / base : 0;
}
