/** What a swarm is to be. Rates are bytes a second, 0 is unlimited. */
export interface SwarmPlan {
  /** File or folder to share; the running node executable when absent. */
  readonly file?: string;
  /** Kept when given, else a temporary folder that is removed. */
  readonly dir?: string;
  readonly leechers: number;
  readonly pieceLength?: number;
  readonly seedUp: number;
  /** Of the downloaders in turn: the first has the first, and so on, over and over. */
  readonly up: readonly number[];
  readonly down: number;
  readonly timeoutMs: number;
  /** Options that every child gets. */
  readonly childArgs: readonly string[];
}

/** Upload limit of a downloader, 0 for none. */
export function upOf({ up }: Pick<SwarmPlan, 'up'>, downloader: number): number {
  return up[downloader % up.length];
}

export const LOOPBACK = '127.0.0.1';

/** Name of the torrent file in the workspace. */
export const TORRENT_FILE = 'swarm.torrent';
