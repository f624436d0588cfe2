import type { MillraceError } from '../errors.js';
import type { InfoHash, PeerAddress } from '../ids.js';
import type { PeerSource } from '../policy/peer-list.js';
import type { DiscoverySwitches } from './types.js';

/** A torrent, or a magnet link on its way, as those see it who find peers without a tracker. Never a private one. */
export interface Seeker {
  readonly infoHash: InfoHash;
  /** Everything is here; a magnet link never is. */
  readonly complete: boolean;
  /** More peers are wanted. */
  readonly seeks: boolean;
  add(addresses: readonly PeerAddress[], source: PeerSource): void;
}

/** A way to be found, or to find. */
export interface DiscoveryService {
  /** The seeker is online. */
  join(seeker: Seeker): void;
  leave(seeker: Seeker): void;
  /** Others reach us elsewhere now. */
  moved(): void;
  /** There is no network any more: nothing is sent until `restore`. */
  suspend(error: MillraceError): void;
  restore(): void;
  /** @returns when everything is given back, or after its time-out */
  close(): Promise<void>;
}

/** Services that are there only while they are switched on. */
type ServiceName = 'dht' | 'lsd' | 'portMapping';

/** Makes a service that begins at once, as if there were a network; undefined where it cannot be, as behind a proxy. */
export type ServiceFactory = () => DiscoveryService | undefined;

/** All ways to find peers without a tracker, each of which can be switched on and off while torrents are online. */
export class Discovery {
  readonly #factories: Readonly<Partial<Record<ServiceName, ServiceFactory>>>;
  readonly #services = new Map<ServiceName, DiscoveryService>();
  readonly #seekers = new Set<Seeker>();
  readonly #closing = new Set<Promise<void>>();
  #suspended: MillraceError | undefined;

  constructor(factories: Readonly<Partial<Record<ServiceName, ServiceFactory>>>) {
    this.#factories = factories;
  }

  set(switches: DiscoverySwitches): void {
    for (const name of ['dht', 'lsd', 'portMapping'] as const) {
      const on = switches[name];
      if (on === true) this.#begin(name);
      else if (on === false) this.#end(name);
    }
  }

  has(name: ServiceName): boolean {
    return this.#services.has(name);
  }

  join(seeker: Seeker): void {
    this.#seekers.add(seeker);
    for (const service of this.#services.values()) service.join(seeker);
  }

  leave(seeker: Seeker): void {
    if (!this.#seekers.delete(seeker)) return;
    for (const service of this.#services.values()) service.leave(seeker);
  }

  moved(): void {
    for (const service of this.#services.values()) service.moved();
  }

  suspend(error: MillraceError): void {
    this.#suspended = error;
    for (const service of this.#services.values()) service.suspend(error);
  }

  restore(): void {
    this.#suspended = undefined;
    for (const service of this.#services.values()) service.restore();
  }

  async close(): Promise<void> {
    for (const name of [...this.#services.keys()]) this.#end(name);
    await Promise.all(this.#closing);
  }

  #begin(name: ServiceName): void {
    if (this.#services.has(name)) return;
    const service = this.#factories[name]?.();
    if (service === undefined) return;
    this.#services.set(name, service);
    if (this.#suspended !== undefined) service.suspend(this.#suspended);
    for (const seeker of this.#seekers) service.join(seeker);
  }

  #end(name: ServiceName): void {
    const service = this.#services.get(name);
    if (service === undefined) return;
    this.#services.delete(name);
    const closed = service.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
