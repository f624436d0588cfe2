import type { Session, SessionGlance } from '../index.js';
export interface Soon {
  setBlocked?(is: ((host: string) => boolean) | undefined): void;
  setMaxConnections?(n: number): void;
}
export const soonSession = (session: Session) => session as Session & Soon;
export const soonStats = (stats: SessionGlance) => stats;
