import type { PeerAddress } from '../ids.js';
import { isLocalAddress } from '../policy/local-networks.js';
import type { Gateway, Neighbourhood } from './nat/gateway.js';
import { findLan } from './nat/lan.js';
import { findPcp } from './nat/pcp-gateway.js';
import { findUpnp } from './nat/upnp-gateway.js';

/** RFC 6886, section 3.1, and RFC 6887, section 19.1. */
const PCP_PORT = 5351;

/** UPnP Device Architecture 2.0, section 1.3.2. */
const SSDP: PeerAddress = { host: '239.255.255.250', port: 1900 };

/**
 * Routers on the way to the internet, the way that needs least first. Nobody is asked by a machine that has a public
 * address: no router maps anything for it.
 */
export async function* findGateways(
  bind: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<Gateway, void, undefined> {
  const lan = findLan(bind);
  if (lan === undefined || !isLocalAddress(lan.localAddress)) return;
  yield* findGatewaysIn({ ...lan, port: PCP_PORT, ssdp: SSDP }, signal);
}

export async function* findGatewaysIn(
  where: Neighbourhood,
  signal: AbortSignal,
): AsyncGenerator<Gateway, void, undefined> {
  const pcp = await findPcp(where, signal);
  if (pcp !== undefined) yield pcp;
  yield* findUpnp(where, signal);
}
