import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

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
