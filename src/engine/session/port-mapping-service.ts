import type { Gateway } from '../discovery/nat/gateway.js';
import type { PeerAddress } from '../ids.js';
import type { DiscoveryService } from './discovery.js';
import { PortLease } from './port-lease.js';
import type { TimerQueue } from './timer-queue.js';
import type { LogSink, MappedPort } from './types.js';

export interface PortMappingHost {
  readonly timers: TimerQueue;
  readonly log: LogSink;
  /** Where we listen; undefined while we do not. */
  readonly address: () => PeerAddress | undefined;
  /** Peers are let in by another port than before. */
  readonly onMoved: () => void;
  /** Routers in the network of that address. Default: by PCP, NAT-PMP and UPnP. */
  readonly findGateways?: (at: PeerAddress, signal: AbortSignal) => AsyncIterable<Gateway>;
}

/** Has a router lead to the port that the session listens on, wherever that is at the moment. */
export class PortMappingService implements DiscoveryService {
  readonly #host: PortMappingHost;
  #lease: PortLease | undefined;
  /** Leases before this one are given back. */
  #ended: Promise<unknown> = Promise.resolve();
  #suspended = false;
  #closed = false;
  /** The external port as it was told last. */
  #told: number | undefined;

  constructor(host: PortMappingHost) {
    this.#host = host;
    this.#begin();
  }

  get mapped(): readonly MappedPort[] {
    return this.#lease?.mapped ?? [];
  }

  /** Where peers are let in; undefined while no router leads here. */
  get externalPort(): number | undefined {
    return this.mapped.find(({ protocol }) => protocol === 'tcp')?.externalPort;
  }

  join(): void {}

  leave(): void {}

  /** What was mapped is given back first: it may be the same external port. */
  moved(): void {
    this.#end();
    void this.#ended.then(() => this.#begin());
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
    this.#closed = true;
    this.#end();
    await this.#ended;
  }

  #begin(): void {
    const at = this.#host.address();
    if (at === undefined || this.#suspended || this.#closed || this.#lease !== undefined) return;
    const { timers, log, findGateways = findGatewaysAt } = this.#host;
    this.#told = at.port;
    this.#lease = new PortLease({ timers, log, findGateways, onMapped: () => this.#mapped() }, at);
  }

  #end(): void {
    const lease = this.#lease;
    this.#lease = undefined;
    this.#ended = Promise.all([this.#ended, lease?.end()]);
  }

  #mapped(): void {
    const port = this.externalPort ?? this.#host.address()?.port;
    if (this.#lease === undefined || port === this.#told) return;
    this.#told = port;
    this.#host.onMoved();
  }
}

/** Loaded for those who map ports. An address that is one of many, or of none, is no place to look from. */
async function* findGatewaysAt({ host }: PeerAddress, signal: AbortSignal): AsyncGenerator<Gateway> {
  const { findGateways } = await import('../discovery/port-mapping.js');
  yield* findGateways(host === '0.0.0.0' || host === '::' ? undefined : host, signal);
}
