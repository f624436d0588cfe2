import type { PeerAddress } from '../ids.js';
import type { DiscoveryService } from './discovery.js';
import { PortLease, type PortLeaseHost } from './port-lease.js';
import type { MappedPort } from './types.js';

export interface PortMappingHost extends PortLeaseHost {
  /** Where peers reach us, seen from our network; undefined while we do not listen. */
  readonly address: () => PeerAddress | undefined;
}

/** Has routers lead to the port that the session listens on, wherever that is at the moment. */
export class PortMappingService implements DiscoveryService {
  readonly #host: PortMappingHost;
  #lease: PortLease | undefined;
  #suspended = false;

  constructor(host: PortMappingHost) {
    this.#host = host;
    this.#begin();
  }

  get mapped(): readonly MappedPort[] {
    return this.#lease?.mapped ?? [];
  }

  /** Where peers are let in, if that is another port than the one we listen on. */
  get externalPort(): number | undefined {
    return this.mapped.find(({ protocol }) => protocol === 'tcp')?.externalPort;
  }

  join(): void {}

  leave(): void {}

  moved(): void {
    void this.#lease?.end();
    this.#begin();
  }

  /** There is nobody to give anything back to: what is mapped runs out. */
  suspend(): void {
    this.#suspended = true;
    this.#lease?.abandon();
    this.#lease = undefined;
  }

  restore(): void {
    this.#suspended = false;
    this.#begin();
  }

  async close(): Promise<void> {
    const lease = this.#lease;
    this.#lease = undefined;
    await lease?.end();
  }

  #begin(): void {
    const at = this.#suspended ? undefined : this.#host.address();
    this.#lease = at && new PortLease(this.#host, at);
  }
}
