import type { Session, SessionGlance, Torrent } from '../index.js';

// biome-ignore lint/suspicious/noExplicitAny: TEMPORARY until the engine has these
type Any = any;
export type PendingTorrent = Torrent & { rename: Any; renames: Any; setDir: Any; removeData: Any };
export const soon = (torrent: Torrent | undefined) => torrent as PendingTorrent;
export const soonSession = (session: Session) => session as Session & { forget: Any; setMaxConnections: Any };
export const soonStats = (stats: SessionGlance) => ({
  blocked: 0,
  suspended: undefined as string | undefined,
  ...stats,
});
