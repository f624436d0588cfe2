import { type ErrorCode, MillraceError } from '../errors.js';

const CODES: Readonly<Record<string, ErrorCode>> = {
  EADDRINUSE: 'ERR_NET_ADDRESS_IN_USE',
  EADDRNOTAVAIL: 'ERR_NET_ADDRESS',
  EACCES: 'ERR_NET_ADDRESS',
  EAFNOSUPPORT: 'ERR_NET_ADDRESS',
  EINVAL: 'ERR_NET_ADDRESS',
  ENOTFOUND: 'ERR_NET_ADDRESS',
  ECONNREFUSED: 'ERR_NET_REFUSED',
  ECONNRESET: 'ERR_NET_RESET',
  EPIPE: 'ERR_NET_RESET',
  ECONNABORTED: 'ERR_NET_RESET',
  ETIMEDOUT: 'ERR_NET_TIMEOUT',
};

/** The one place where socket errors of the operating system become ours; test/unit/engine/net/errors.test.ts. */
export function mapNetError(error: unknown, what: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const { code = 'unknown', message = String(error) } = (error ?? {}) as { code?: string; message?: string };
  return new MillraceError(CODES[code] ?? 'ERR_NET_FAILED', `${what}: ${message}`, { osCode: code }, error);
}
