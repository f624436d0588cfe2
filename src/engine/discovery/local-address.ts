import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { MillraceError } from '../errors.js';
import { isLocalAddress } from '../policy/local-networks.js';
import type { IpFamily } from '../protocol/compact.js';

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
export const lookupPublic = lookupExcept(isLocalAddress, localAddressRefused);

/**
 * The same for one family alone, and with all of its addresses: of those that a `family` of the request itself would
 * leave, Node tries but the first.
 */
export function lookupFor(family: IpFamily | undefined, publicOnly: boolean): LookupFunction | undefined {
  if (family === undefined) return publicOnly ? lookupPublic : undefined;
  const isOther = (address: string) => isIP(address) !== family;
  return publicOnly
    ? lookupExcept(address => isOther(address) || isLocalAddress(address), localAddressRefused)
    : lookupExcept(isOther, () => noAddress(family));
}

function noAddress(family: IpFamily): MillraceError {
  return new MillraceError('ERR_TRACKER_UNREACHABLE', `tracker has no address of IPv${family}`, { family });
}

/** Addresses that are refused count as not there; a name with no others is the refusal. */
export function lookupExcept(isRefused: (address: string) => boolean, refusal: () => Error): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, '', 0);
      const found = addresses.filter(({ address }) => !isRefused(address));
      if (found.length === 0) return callback(refusal(), '', 0);
      if (options.all) return callback(null, found);
      callback(null, found[0].address, found[0].family);
    });
  };
}
