import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { IpRanges } from '../../engine/policy/ip-ranges.js';
import { parseBlocklistLine } from '../rules/blocklist-line.js';

/** Networks that only mean something near us (RFC 6890, RFC 4193). */
const LOCAL = new IpRanges(
  [
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
    ...['192.168.0.0/16', '::/127', 'fc00::/7', 'fe80::/10'],
  ].map(line => parseBlocklistLine(line)!),
);

export function isLocalNetwork(address: string): boolean {
  return LOCAL.has(address.split('%', 1)[0]);
}

/** Nobody has files there, but machines of cloud providers tell their keys at such an address (RFC 3927). */
const LINK_LOCAL = new IpRanges(['169.254.0.0/16', 'fe80::/10'].map(line => parseBlocklistLine(line)!));

export function isLinkLocal(address: string): boolean {
  return LINK_LOCAL.has(address.split('%', 1)[0]);
}

export class LocalNetworkRefused extends Error {
  constructor() {
    super('leads to an address that only we can reach');
  }
}

/** @throws LocalNetworkRefused when the host of a URL is such an address itself */
export function refuseLocalHost({ hostname }: URL, isLocal: (address: string) => boolean): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && isLocal(host)) throw new LocalNetworkRefused();
}

/** For what a stranger's server sent us on to: nobody uses us to reach what only we can. */
export function lookupPublic(isLocal: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const found = addresses.filter(({ address }) => !isLocal(address));
      if (found.length === 0) return callback(new LocalNetworkRefused(), '', 0);
      if (options.all) return callback(null, found);
      callback(null, found[0].address, found[0].family);
    });
  };
}
