import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { IpRanges, ipNetwork } from '../policy/ip-ranges.js';
import { isLinkLocal } from '../policy/local-networks.js';
import { familyOf } from '../protocol/compact.js';
import { canonicalHost } from './udp-socket.js';

export type SystemInterfaces = Readonly<Partial<Record<string, readonly NetworkInterfaceInfo[]>>>;

/** An interface of this machine, as far as its addresses of one family go. */
export interface LocalInterface {
  /** As the system calls it. */
  readonly name: string;
  readonly addresses: readonly string[];
  /** What follows the `%` in a link-local address: the name, on Windows a number. */
  readonly zone: string;
  readonly networks: IpRanges;
}

/**
 * The interfaces by which others reach us at this address: that which has it, or for the wildcard of a family all but
 * loopback, which is as good as any when there is no other.
 */
export function interfacesFor(at: string, system: SystemInterfaces = networkInterfaces()): LocalInterface[] {
  const family = familyOf(at);
  const inner: LocalInterface[] = [];
  const outer: LocalInterface[] = [];
  for (const [name, infos = []] of Object.entries(system)) {
    const ours = infos.filter(info => info.family === `IPv${family}`);
    if (ours.length > 0) (ours[0].internal ? inner : outer).push(describe(name, ours));
  }
  if (isWildcard(at)) return outer.length > 0 ? outer : inner;
  const host = canonicalHost(at);
  const having = [...inner, ...outer].filter(({ addresses }) =>
    addresses.some(address => canonicalHost(address) === host),
  );
  // All of 127.0.0.0/8 is ours, though one address of it is listed.
  return having.length > 0 ? having : inner.filter(({ networks }) => networks.has(at));
}

export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

/** Whether the sender is in a network of one of these interfaces. */
export function isNear(host: string, interfaces: readonly LocalInterface[]): boolean {
  const [address, zone] = host.split('%', 2);
  const isNearTo =
    address.includes(':') && isLinkLocal(address)
      ? (face: LocalInterface) => face.zone === zone
      : (face: LocalInterface) => face.networks.has(address);
  return interfaces.some(isNearTo);
}

function describe(name: string, infos: readonly NetworkInterfaceInfo[]): LocalInterface {
  const scope = infos.map(({ scopeid }) => scopeid).find(id => id);
  return {
    name,
    addresses: infos.map(({ address }) => address),
    zone: process.platform === 'win32' && scope !== undefined ? String(scope) : name,
    networks: new IpRanges(infos.flatMap(({ cidr }) => (cidr === null ? [] : (toRange(cidr) ?? [])))),
  };
}

function toRange(network: string) {
  const [address, bits] = network.split('/');
  return ipNetwork(address, Number(bits));
}
