import { readFileSync } from 'node:fs';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { IpRanges, ipNetwork } from '../../policy/ip-ranges.js';
import { formatIp, parseIp } from '../../protocol/compact.js';

/** Our place in a local network with a router. */
export interface Lan {
  readonly localAddress: string;
  readonly gateway: string;
}

export interface Route {
  readonly device: string;
  readonly gateway: string;
  readonly metric: number;
}

/** Flags of a route in Linux: it is up, and by a gateway (include/uapi/linux/route.h). */
const RTF_UP = 1;
const RTF_GATEWAY = 2;

/**
 * The network of the default route, or of `bind` when that is given. Linux tells its routes; elsewhere the router is
 * taken to have the first address of the network, as those of homes do.
 */
export function findLan(
  bind: string | undefined,
  interfaces = networkInterfaces(),
  routes = process.platform === 'linux' ? defaultRoutes(readRoutes()) : undefined,
): Lan | undefined {
  const candidates =
    routes?.flatMap(({ device, gateway }) => {
      // Of several addresses the one in the router's own network: it maps nothing for another.
      const infos = ours(interfaces[device]);
      const near = infos.filter(({ cidr }) => isIn(cidr, gateway));
      return [...near, ...infos].map(info => ({ info, gateway }));
    }) ??
    Object.values(interfaces).flatMap(infos =>
      ours(infos).map(info => ({ info, gateway: firstOfNetwork(info) })),
    );
  const found = candidates.find(({ info }) => bind === undefined || info.address === bind);
  return found && { localAddress: found.info.address, gateway: found.gateway };
}

/** Default routes in /proc/net/route, the preferred one first. Addresses are numbers of the machine's order. */
export function defaultRoutes(table: string): Route[] {
  const routes: Route[] = [];
  for (const line of table.split('\n').slice(1)) {
    const [device, destination, gateway, flags, , , metric, mask] = line.split('\t');
    if (mask === undefined || Number(`0x${destination}`) !== 0 || Number(`0x${mask}`) !== 0) continue;
    if ((Number(`0x${flags}`) & (RTF_UP | RTF_GATEWAY)) !== (RTF_UP | RTF_GATEWAY)) continue;
    // Node runs on little-endian machines alone, but for s390x, which is no home of seed boxes.
    const bytes = Uint8Array.from(gateway.match(/../g) ?? [], byte => Number(`0x${byte}`)).reverse();
    routes.push({ device, gateway: formatIp(bytes), metric: Number(metric) });
  }
  return routes.sort((a, b) => a.metric - b.metric);
}

function readRoutes(): string {
  try {
    return readFileSync('/proc/net/route', 'latin1');
  } catch {
    return '';
  }
}

function ours(infos: readonly NetworkInterfaceInfo[] | undefined): NetworkInterfaceInfo[] {
  return infos?.filter(({ family, internal }) => family === 'IPv4' && !internal) ?? [];
}

function isIn(cidr: string | null, address: string): boolean {
  const [network, bits] = cidr?.split('/') ?? [];
  const range = network === undefined ? undefined : ipNetwork(network, Number(bits));
  return range !== undefined && new IpRanges([range]).has(address);
}

function firstOfNetwork({ address, netmask }: NetworkInterfaceInfo): string {
  const mask = parseIp(netmask)!;
  const first = parseIp(address)!.map((byte, i) => byte & mask[i]);
  first[3] |= 1;
  return formatIp(first);
}
