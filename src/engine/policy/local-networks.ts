import { IpRanges, ipNetwork } from './ip-ranges.js';

/** Networks that only mean something near us: this machine, private networks, link-local (RFC 6890, RFC 4193). */
const LOCAL = networks([
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
]);

/** RFC 3927, RFC 4291 section 2.5.6. */
const LINK_LOCAL = networks([
  ['169.254.0.0', 16],
  ['fe80::', 10],
]);

/** True for an IP literal, with or without zone, that is not reachable from the internet at large. */
export function isLocalAddress(address: string): boolean {
  return LOCAL.has(address);
}

/** Nobody has files there, but machines of cloud providers tell their keys at such an address. */
export function isLinkLocal(address: string): boolean {
  return LINK_LOCAL.has(address);
}

function networks(list: readonly (readonly [address: string, bits: number])[]): IpRanges {
  return new IpRanges(list.map(([address, bits]) => ipNetwork(address, bits)!));
}
