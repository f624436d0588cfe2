import { isLocalAddress } from '../policy/local-networks.js';
import { parseIp } from '../protocol/compact.js';
import { byteKey } from './byte-key.js';

/** Leading bytes of an IPv6 address that one customer has all addresses behind, at least (RFC 6177). */
const SITE_BYTES = 8;

/** Whom limits count as one: an IPv4 address, or all IPv6 addresses of one /64. */
export function visitorOf(host: string): string {
  if (!host.includes(':')) return host;
  const ip = parseIp(host.split('%', 1)[0]);
  return ip === undefined ? host : byteKey(ip.subarray(0, SITE_BYTES));
}

/** Whole networks of tests and of homes stand behind one address there, and what comes from there is no stranger's. */
export function isUnlimited(host: string): boolean {
  return isLocalAddress(host);
}
