import type { PeerAddress } from '../ids.js';
import { formatIp, parseIp, unmapped } from '../protocol/compact.js';

export type AddressClass = 'unusable' | 'loopback' | 'ordinary';

/** Name or number of an interface: IFNAMSIZ of Linux has 16 bytes, names of Windows are numbers. */
const ZONE = /^[\w.-]{1,16}$/;

/**
 * The address in its one spelling, IPv4 inside IPv6 as plain IPv4; undefined when it is no IP literal or port 0. A zone
 * is kept where it belongs, on link-local addresses (RFC 4007): `fe80::1%eth0`.
 */
export function canonicalAddress({ host, port }: PeerAddress): PeerAddress | undefined {
  const [bare, zone] = splitZone(host);
  const ip = parseIp(bare);
  if (!ip || !Number.isInteger(port) || port < 1 || port > 65535) return undefined;
  if (zone === undefined) return { host: formatIp(unmapped(ip)), port };
  return isLinkLocal6(ip) && ZONE.test(zone) ? { host: `${formatIp(ip)}%${zone}`, port } : undefined;
}

/** Whether a canonical host is of some link, and does not say of which: nobody can be reached there. */
export function lacksZone(host: string): boolean {
  return /^fe[89ab]/.test(host) && !host.includes('%');
}

/** Whether a canonical host can be a peer at all: not "this network" (RFC 1122), multicast, broadcast or unspecified. */
export function classifyHost(host: string): AddressClass {
  const ip = parseIp(splitZone(host)[0]);
  if (!ip) return 'unusable';
  if (ip.length === 4) {
    if (ip[0] === 127) return 'loopback';
    // 224.0.0.0/4 is multicast (RFC 5771), 240.0.0.0/4 reserved with the broadcast address (RFC 1112)
    return ip[0] === 0 || ip[0] >= 224 ? 'unusable' : 'ordinary';
  }
  if (ip[0] === 0xff) return 'unusable'; // ff00::/8 multicast, RFC 4291
  if (ip.subarray(0, 15).every(byte => byte === 0)) {
    if (ip[15] === 1) return 'loopback';
    if (ip[15] === 0) return 'unusable';
  }
  return 'ordinary';
}

function splitZone(host: string): [bare: string, zone: string | undefined] {
  const at = host.indexOf('%');
  return at < 0 ? [host, undefined] : [host.slice(0, at), host.slice(at + 1)];
}

/** fe80::/10, RFC 4291 section 2.5.6. */
function isLinkLocal6(ip: Uint8Array): boolean {
  return ip.length === 16 && ip[0] === 0xfe && (ip[1] & 0xc0) === 0x80;
}
