import { toHex } from '../bytes.js';
import { parseIp } from '../protocol/compact.js';
import { isLocalAddress } from './local-networks.js';

/** First octets of IPv4 and first letters of IPv6 that local networks have, so that few addresses need a closer look. */
const MAYBE_LOCAL = /^(?:0|10|100|127|169|172|192)\.|^(?::|f[cde])/;

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
