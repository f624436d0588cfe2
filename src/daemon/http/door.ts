import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isAllowedHost } from './hosts.js';
import type { LoginLimit } from './login-limit.js';
import type { Credentials } from './password.js';

export interface Visit {
  readonly verb: string;
  readonly headers: IncomingHttpHeaders;
  /** The client's, as the socket knows it. */
  readonly address: string;
}

export function visitOf({ method = '', headers, socket }: IncomingMessage): Visit {
  return { verb: method, headers, address: socket.remoteAddress ?? '' };
}

/** What a visitor who is not let in is told. */
export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface DoorOptions {
  /** Undefined: everybody who is on this machine. */
  readonly credentials: Credentials | undefined;
  readonly limit: LoginLimit;
  /** Names besides addresses and localhost. */
  readonly hosts: readonly string[];
  /** Pages of others that may come, such as `https://box.example`. */
  readonly origins: readonly string[];
  readonly nowMs: () => number;
}

/** Who may come in at all, whatever he wants: the checks come in the order of Transmission's. */
export class Door {
  constructor(readonly options: DoorOptions) {}

  async check({ verb, headers, address }: Visit): Promise<Refusal | undefined> {
    const { credentials, limit, hosts, nowMs } = this.options;
    if (limit.lockedMs(address, nowMs()) > 0)
      return refusal(403, 'too many wrong passwords, come back later');
    if (verb === 'OPTIONS') return { status: 204, headers: this.originHeaders(headers.origin), body: '' };
    if (credentials !== undefined) {
      const accepted = await credentials.accepts(headers.authorization);
      if (accepted === 'busy') return refusal(503, 'too many passwords at a time', { 'Retry-After': '1' });
      if (!accepted) {
        // who sends none is a browser that asks first
        if (headers.authorization !== undefined) limit.failed(address, nowMs());
        return refusal(401, 'a user and a password are needed', {
          'WWW-Authenticate': 'Basic realm="millrace"',
        });
      }
      limit.succeeded(address);
    } else if (!isAllowedHost(headers.host, hosts))
      return refusal(421, 'this host goes by an address, by localhost, and by the names in rpc-hosts');
    if (!this.#isOurs(headers))
      return refusal(403, 'pages of other sites may not use this, but those in rpc-origins');
    return undefined;
  }

  /** For a page of another site that may come: what it must be told, else nothing. */
  originHeaders(origin: string | undefined): Record<string, string> {
    if (origin === undefined || !this.options.origins.includes(origin)) return {};
    return {
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Allow-Headers': 'Authorization, Content-Type, X-Transmission-Session-Id',
      'Access-Control-Expose-Headers': 'X-Transmission-Session-Id',
      'Access-Control-Allow-Methods': 'GET, POST, OPTIONS',
      Vary: 'Origin',
    };
  }

  /** No browser, a page that was loaded from here, or one that is allowed. */
  #isOurs({ origin, host }: IncomingHttpHeaders): boolean {
    if (origin === undefined || this.options.origins.includes(origin)) return true;
    return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
  }
}

function refusal(status: number, body: string, headers: Record<string, string> = {}): Refusal {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers }, body: `${body}\n` };
}
