import { isIP } from 'node:net';

/**
 * Whether a request's Host header names this machine as one may: by an address, as localhost, or by a name that the user
 * has allowed. A page of some other site can make a browser come here under that site's name (DNS rebinding), which is
 * none of these.
 */
export function isAllowedHost(header: string | undefined, names: readonly string[]): boolean {
  const host = hostOf(header);
  if (host === undefined) return false;
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return isIP(host) !== 0 || name === 'localhost' || names.some(allowed => allowed.toLowerCase() === name);
}

/** `name`, `name:port`, `[IPv6]:port`, in lower case; undefined when it is none of them. */
function hostOf(header: string | undefined): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]/@\s]+))(?::\d{1,5})?$/i.exec(header ?? '');
  return (match?.[1] ?? match?.[2])?.toLowerCase();
}

export function isLoopback(address: string): boolean {
  const plain = address.startsWith('::ffff:') ? address.slice(7) : address;
  return plain === '::1' || plain === 'localhost' || (isIP(plain) === 4 && plain.startsWith('127.'));
}
