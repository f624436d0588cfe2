import { MillraceError } from '../errors.js';
import { Bans } from './bans.js';

/** Who may be connected with, whoever dials, and how many. */
export class Admission {
  readonly bans = new Bans();
  #isBlocked: ((host: string) => boolean) | undefined;
  #refused = 0;

  constructor(public maxConnections = Number.POSITIVE_INFINITY) {}

  /** Connections that were refused or ended as their address is blocked. */
  get refused(): number {
    return this.#refused;
  }

  setBlocked(isBlocked: ((host: string) => boolean) | undefined): void {
    this.#isBlocked = isBlocked;
  }

  /** Nobody has anything to do with it. */
  blocks(host: string): boolean {
    return this.#isBlocked?.(host) === true;
  }

  /** Whether a connection is refused, which is counted. */
  refuses(host: string): boolean {
    if (!this.blocks(host)) return false;
    this.#refused++;
    return true;
  }
}

export function blocked(host: string): MillraceError {
  return new MillraceError('ERR_PEER_BLOCKED', `${host} is blocked`);
}
