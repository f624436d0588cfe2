/** For what must never fail for want of a descriptor: state, remote control, trackers, threads. */
const RESERVE = 64;

/** Of what is left, for files: more than 512 gain nothing, libtorrent's high-performance seed keeps 500 open. */
const FILES_SHARE = 1 / 4;
const MAX_FILES = 512;
/** A piece may lie in several files, and one is read while another is written. */
const MIN_FILES = 4;

export interface DescriptorBudget {
  /** For `maxOpenFiles` of a session. */
  readonly files: number;
  /** For `maxConnections`. */
  readonly connections: number;
}

/**
 * Shares the descriptors that a process may have among files and connections, so that neither takes those of the other
 * or of the rest. Without a known limit nothing but what is wanted bounds them.
 */
export function shareDescriptors(limit: number | undefined, wantedConnections: number): DescriptorBudget {
  if (limit === undefined) return { files: MAX_FILES, connections: wantedConnections };
  const left = Math.max(0, limit - RESERVE);
  const files = clamp(Math.floor(left * FILES_SHARE), MIN_FILES, MAX_FILES);
  return { files, connections: clamp(left - files, 1, wantedConnections) };
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}
