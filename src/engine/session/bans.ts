import { toHex } from '../bytes.js';
import type { PeerAddress } from '../ids.js';
import { hostKey } from '../policy/subnet.js';
import type { PeerLink } from './link.js';

/** Hosts remembered at most; the oldest ban is forgotten first. */
const MAX_BANS = 10_000;

/**
 * Who sent bad data and is not let in again. A ban is on the host, as in other engines, of IPv6 on its /64, except on
 * loopback, where many peers share one host: there it is on the peer id and on the port it listens on.
 */
export class Bans {
  readonly #keys = new Set<string>();

  /** @param link the peer's connection, when it still has one */
  add(address: PeerAddress, link?: PeerLink): void {
    this.#keys.add(keyOf(address));
    if (link !== undefined) for (const key of keysOf(link)) this.#keys.add(key);
    while (this.#keys.size > MAX_BANS) this.#keys.delete(this.#keys.values().next().value!);
  }

  has(link: PeerLink): boolean {
    return this.#keys.size > 0 && keysOf(link).some(key => this.#keys.has(key));
  }

  /** Whether who listens there is banned. */
  hasAddress(address: PeerAddress): boolean {
    return this.#keys.size > 0 && this.#keys.has(keyOf(address));
  }

  hasHost(host: string): boolean {
    return this.#keys.size > 0 && this.#keys.has(hostKey(host));
  }
}

function keyOf({ host, port }: PeerAddress): string {
  return isLoopback(host) ? `${host} ${port}` : hostKey(host);
}

function keysOf(link: PeerLink): string[] {
  const { host, port } = link.address;
  if (!isLoopback(host)) return [hostKey(host)];
  const keys = [keyOf({ host, port: link.peer?.listenPort ?? port })];
  if (link.peerId !== undefined) keys.push(toHex(link.peerId));
  return keys;
}

function isLoopback(host: string): boolean {
  return host === '::1' || host.startsWith('127.');
}
