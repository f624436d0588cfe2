import { isLinkLocal, isLocalAddress } from './local-networks.js';
import { classifyHost } from './peer-list-address.js';

/** Among whom a host is known by its address: everybody, a private network, a link, a machine, or nobody. */
export type HostScope = 'world' | 'network' | 'link' | 'machine' | 'nobody';

/** Of a canonical host. */
export function scopeOf(host: string): HostScope {
  const kind = classifyHost(host);
  if (kind === 'unusable') return 'nobody';
  if (kind === 'loopback') return 'machine';
  if (isLinkLocal(host)) return 'link';
  return isLocalAddress(host) ? 'network' : 'world';
}

/**
 * Whether an address of this scope may be passed on between us and a peer of that scope: private ones only among peers
 * of private networks, as in libtorrent, and loopback only on loopback. A link-local one lacks the interface it belongs to.
 */
export function mayPassOn(scope: HostScope, peer: HostScope): boolean {
  if (scope === 'network') return peer !== 'world';
  return scope === 'world' || (scope === 'machine' && peer === 'machine');
}
