import { isIPv4, isIPv6 } from 'node:net';
import type { PeerAddress } from '../ids.js';
import type { IpFamily } from '../protocol/compact.js';

const ANY = { 4: '0.0.0.0', 6: '::' } as const;

/**
 * Where the nodes of a session send from, by family: the addresses and the port that it listens at, which is the custom
 * of BEP 5, or any when it does not listen.
 */
export function placesFor(
  listening: readonly PeerAddress[],
  bind: string | undefined,
): Map<IpFamily, PeerAddress> {
  const places = new Map<IpFamily, PeerAddress>();
  const take = (family: IpFamily, place: PeerAddress) => {
    if (!places.has(family)) places.set(family, place);
  };
  const from =
    bind === undefined ? Object.values(ANY).map(host => ({ host, port: 0 })) : [{ host: bind, port: 0 }];
  for (const place of listening.length > 0 ? listening : from) {
    if (isIPv4(place.host)) take(4, place);
    if (isIPv6(place.host)) take(6, place);
  }
  return places;
}
