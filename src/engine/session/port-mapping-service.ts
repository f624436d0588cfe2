import type { Gateway } from '../discovery/nat/gateway.js';
import type { PeerAddress } from '../ids.js';
import type { DiscoveryService } from './discovery.js';
import { PortLease } from './port-lease.js';
import type { TimerQueue } from './timer-queue.js';
import type { LogSink, MappedPort } from './types.js';

export interface PortMappingHost {
  readonly timers: TimerQueue;
  readonly log: LogSink;
  /** Where we listen by IPv4, alone of which routers translate addresses; undefined while we do not. */
  readonly address: () => PeerAddress | undefined;
  /** Peers are let in by another port than before. */
  readonly onMoved: () => void;
  /** A service before this one has given everything back: done late, it would be what this one has mapped. */
  readonly after?: Promise<unknown>;
  /** Routers in the network of that address. Default: by PCP, NAT-PMP and UPnP. */
  readonly findGateways?: (at: PeerAddress, signal: AbortSignal) => AsyncIterable<Gateway>;
}

/** Has a router lead to the port that the session listens on, wherever that is at the moment. */
export class PortMappingService implements DiscoveryService {
  readonly #host: PortMappingHost;
  #lease: PortLease | undefined;
  /** Those before it, while they are given back. */
  readonly #ending = new Set<PortLease>();
  #ended: Promise<unknown>;
  #suspended = false;
  #closed = false;
  /** Where peers come in, as it was told last. */
  #told: number | undefined;

  constructor(host: PortMappingHost) {
    this.#host = host;
    this.#ended = host.after ?? Promise.resolve();
    void this.#ended.then(() => this.#begin());
  }

  get mapped(): readonly MappedPort[] {
    return this.#lease?.mapped ?? [];
  }

  /** Where peers are let in; undefined while no router leads here. */
  get externalPort(): number | undefined {
    return this.mapped.find(({ protocol }) => protocol === 'tcp')?.externalPort;
  }

  /** All leases that were ended have been given back. */
  get ended(): Promise<unknown> {
    return this.#ended;
  }

  join(): void {}

  leave(): void {}

  /** What was mapped is given back first: it may be the same external port. */
  moved(): void {
    const at = this.#host.address();
    if (at !== undefined && this.#lease?.isOf(at)) return;
    this.#end();
    void this.#ended.then(() => this.#begin());
  }

  /** There is nobody to give anything back to: what is mapped runs out. */
  suspend(): void {
    this.#suspended = true;
    this.#lease?.abandon();
    this.#lease = undefined;
    for (const lease of this.#ending) lease.abandon();
  }

  restore(): void {
    this.#suspended = false;
    this.#begin();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#end();
    await this.#ended;
    this.#tell();
  }

  #begin(): void {
    const at = this.#host.address();
    if (at === undefined || this.#suspended || this.#closed || this.#lease !== undefined) return;
    const { timers, log, findGateways = findGatewaysAt } = this.#host;
    this.#told = at.port;
    this.#lease = new PortLease({ timers, log, findGateways, onMapped: () => this.#tell() }, at);
  }

  #end(): void {
    const lease = this.#lease;
    this.#lease = undefined;
    if (lease === undefined) return;
    this.#ending.add(lease);
    const ended = lease.end().then(() => this.#ending.delete(lease));
    this.#ended = Promise.all([this.#ended, ended]).then(() => {});
  }

  /** Says where peers come in, when that is elsewhere than was said last. */
  #tell(): void {
    const port = this.externalPort ?? this.#host.address()?.port;
    if (port === this.#told || this.#told === undefined) return;
    this.#told = port;
    this.#host.onMoved();
  }
}

/** Loaded for those who map ports. */
async function* findGatewaysAt({ host }: PeerAddress, signal: AbortSignal): AsyncGenerator<Gateway> {
  const { findGateways } = await import('../discovery/port-mapping.js');
  yield* findGateways(host === '0.0.0.0' ? undefined : host, signal);
}
