import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { MillraceError } from '../errors.js';

/** Addresses that only mean something near us: this machine, private networks, link-local (RFC 6890, RFC 4193). */
const LOCAL = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  LOCAL.addSubnet(net, prefix);
}
for (const [net, prefix] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
] as const) {
  LOCAL.addSubnet(net, prefix, 'ipv6');
}

/** True for an IP literal, with or without zone, that is not reachable from the internet at large. */
export function isLocalAddress(address: string): boolean {
  const ip = address.split('%', 1)[0];
  const family = isIP(ip);
  // A BlockList sees through ::ffff:a.b.c.d by itself.
  return family !== 0 && LOCAL.check(ip, family === 6 ? 'ipv6' : 'ipv4');
}

export function localAddressRefused(): MillraceError {
  return new MillraceError(
    'ERR_TRACKER_UNREACHABLE',
    'tracker redirects from the internet to a local address',
    {
      reason: 'local address',
    },
  );
}

/**
 * Resolves names for a request that a stranger's server sent us on: local addresses count as not there, so that
 * nobody uses us to reach what only we can (server-side request forgery). Checked on what is then connected to.
 */
export const lookupPublic: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0);
    const found = addresses.filter(({ address }) => !isLocalAddress(address));
    if (found.length === 0) return callback(localAddressRefused(), '', 0);
    if (options.all) return callback(null, found);
    callback(null, found[0].address, found[0].family);
  });
};
