import { toHex } from '../bytes.js';
import { parseIp } from '../protocol/compact.js';
import { isLocalAddress } from './local-networks.js';

/** First octets of IPv4 and first letters of IPv6 that local networks have, so that few addresses need a closer look. */
const MAYBE_LOCAL = /^(?:0|10|100|127|169|172|192)\.|^(?::|f[cde])/;

/**
 * What counts as one host: an IPv4 address, or a /64 of IPv6, of which every machine has all addresses (RFC 6177,
 * RFC 8981). In local networks a /64 is a link with many machines, so each address counts there.
 */
export function hostKey(host: string): string {
  return host.includes(':') ? (subnetOf(host) ?? host) : host;
}

/**
 * The network of which one operator is likely to have every address, /24 of IPv4 or /64 of IPv6, as a key.
 * Undefined for local addresses, where a whole network of nodes may share one, and for what is no IP literal.
 */
export function subnetOf(host: string): string | undefined {
  if (MAYBE_LOCAL.test(host) && isLocalAddress(host)) return undefined;
  if (!host.includes(':')) return host.slice(0, Math.max(0, host.lastIndexOf('.'))) || undefined;
  const ip = parseIp(host);
  return ip && toHex(ip.subarray(0, 8));
}
