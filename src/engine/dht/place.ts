import type { PeerAddress } from '../ids.js';
import { isLocalAddress } from '../policy/local-networks.js';
import { classifyHost } from '../policy/peer-list-address.js';
import { subnetOf } from '../policy/subnet.js';

/** What the limits of table and lookups know of an address. */
export interface Place {
  /** One node each: the host, or a port of it in local networks, where one machine may be many nodes. */
  readonly key: string;
  /** Undefined for local addresses, of which there is no limit. */
  readonly subnet: string | undefined;
}

/** Undefined for what cannot be a node: multicast, unspecified, no IP literal. */
export function placeOf({ host, port }: PeerAddress): Place | undefined {
  if (classifyHost(host.split('%', 1)[0]) === 'unusable') return undefined;
  const subnet = subnetOf(host);
  return { key: subnet === undefined ? `${host} ${port}` : host, subnet };
}

/** Nobody out there may send us into the networks around us. */
export function mayTellOf(teller: PeerAddress, host: string): boolean {
  return !isLocalAddress(host) || isLocalAddress(teller.host);
}
