import { noRouter } from '../discovery/nat/errors.js';
import type { Gateway, PortMapping } from '../discovery/nat/gateway.js';
import { isMillraceError } from '../errors.js';
import type { PeerAddress } from '../ids.js';
import type { MappingProtocol } from '../protocol/nat/mapping.js';
import type { TimerQueue } from './timer-queue.js';
import type { LogSink, MappedPort } from './types.js';

/** What is asked for: two hours, as recommended by RFC 6886, section 3.3. */
export const LEASE_S = 7200;

/** Half of the lease, as there; but no router has us ask more often than this. */
const MIN_RENEWAL_S = 60;

/** To find a router that says yes: PCP 1.8 s, a search of 3, and some exchanges with who has been found. */
const FIND_MS = 10_000;

/** Until a router is looked for again after none was found: it may have been starting, or been exchanged. */
export const RETRY_MS = 15 * 60_000;

/**
 * Longest time between renewals, whatever the lease: a router that was started anew has forgotten it, and tells so by
 * nothing that reaches us for sure. Transmission asks every 30 minutes at most, as its leases last an hour.
 */
export const MAX_RENEWAL_MS = 15 * 60_000;

/** To give everything back; closing a session may take 5 s in all. */
const END_MS = 1_000;

/** Peers come by TCP; nodes of the DHT ask the same port by UDP. */
const PROTOCOLS: readonly MappingProtocol[] = ['tcp', 'udp'];

export interface PortLeaseHost {
  readonly timers: TimerQueue;
  readonly log: LogSink;
  /** Routers in the network that we listen in. */
  readonly findGateways: (at: PeerAddress, signal: AbortSignal) => AsyncIterable<Gateway>;
  /** Something is mapped now, otherwise than before, or no longer. */
  readonly onMapped: () => void;
}

/** A port of ours that a router leads to, from the first look for a router until it is given back. */
export class PortLease {
  readonly #host: PortLeaseHost;
  readonly #at: PeerAddress;
  /** Nothing further is begun. */
  readonly #ending = new AbortController();
  /** What is under way stops, too. */
  readonly #leaving = new AbortController();
  readonly #held = new Map<MappingProtocol, PortMapping>();
  #gateway: Gateway | undefined;
  /** The round under way, or the last; there is never more than one. */
  #round: Promise<void>;
  #callOff: (() => void) | undefined;
  /** What was said last, so that it is not said each time. */
  #said = '';

  constructor(host: PortLeaseHost, at: PeerAddress) {
    this.#host = host;
    this.#at = at;
    this.#round = this.#run();
  }

  isOf({ host, port }: PeerAddress): boolean {
    return host === this.#at.host && port === this.#at.port;
  }

  get mapped(): MappedPort[] {
    const gateway = this.#gateway;
    if (gateway === undefined) return [];
    return Array.from(this.#held, ([protocol, { externalPort, externalAddress }]) => ({
      protocol,
      internalPort: this.#at.port,
      externalPort,
      externalAddress,
      by: gateway.protocol,
      gateway: gateway.address,
    }));
  }

  /** Nothing is sent any more, nor given back. */
  abandon(): void {
    this.#ending.abort();
    this.#leaving.abort();
    this.#callOff?.();
  }

  /**
   * Gives everything back. A mapping that is being asked for is waited for, as it could not be given back otherwise.
   * @returns when that is done, or after its time-out; never rejects
   */
  async end(): Promise<void> {
    this.#ending.abort();
    this.#callOff?.();
    const timer = setTimeout(() => this.#leaving.abort(), END_MS);
    await this.#round;
    await this.#giveBack();
    clearTimeout(timer);
  }

  /** Never rejects. */
  async #run(): Promise<void> {
    const delayMs = await this.#renewOrFind().catch(error => this.#failed(error));
    if (this.#ending.signal.aborted) return;
    const again = () => {
      this.#round = this.#run();
    };
    this.#callOff = this.#host.timers.set(again, delayMs);
  }

  /** @returns when to come again */
  async #renewOrFind(): Promise<number> {
    const finding = inTime(this.#ending.signal, FIND_MS);
    const mapping = inTime(this.#leaving.signal, FIND_MS);
    try {
      let failure: unknown = noRouter();
      for await (const gateway of this.#candidates(finding.signal)) {
        this.#gateway = gateway;
        try {
          await this.#mapAll(gateway, mapping.signal);
          return this.#renewalMs();
        } catch (error) {
          failure = error;
          this.#lose();
        }
        if (finding.signal.aborted) break;
      }
      throw failure;
    } finally {
      finding.release();
      mapping.release();
    }
  }

  /** Who has said yes before, then whoever else is there. */
  async *#candidates(signal: AbortSignal): AsyncGenerator<Gateway> {
    if (this.#gateway !== undefined) yield this.#gateway;
    yield* this.#host.findGateways(this.#at, signal);
  }

  /** @throws when TCP is refused; that UDP alone is refused is no reason to go on looking */
  async #mapAll(gateway: Gateway, signal: AbortSignal): Promise<void> {
    let wanted = this.#held.get('tcp')?.externalPort ?? this.#at.port;
    for (const protocol of PROTOCOLS) {
      const request = { protocol, internalPort: this.#at.port, externalPort: wanted, lifetimeS: LEASE_S };
      try {
        const mapping = await gateway.map(request, signal);
        this.#held.set(protocol, mapping);
        wanted = mapping.externalPort;
      } catch (error) {
        if (protocol === 'tcp') throw error;
        this.#held.delete(protocol);
      }
      if (this.#ending.signal.aborted) return;
    }
    this.#say(`${describe(this.mapped)}, by ${gateway.protocol} of ${gateway.address}`);
    this.#host.onMapped();
  }

  #lose(): void {
    this.#gateway = undefined;
    if (this.#held.size === 0) return;
    this.#held.clear();
    if (!this.#ending.signal.aborted) this.#host.onMapped();
  }

  async #giveBack(): Promise<void> {
    const gateway = this.#gateway;
    const held = [...this.#held];
    this.#held.clear();
    const { signal } = this.#leaving;
    if (gateway === undefined || signal.aborted) return;
    const back = held.map(([protocol, { externalPort }]) =>
      gateway.unmap({ protocol, internalPort: this.#at.port, externalPort, lifetimeS: 0 }, signal),
    );
    const failed = (await Promise.allSettled(back)).find(({ status }) => status === 'rejected');
    if (failed !== undefined)
      this.#host.log.debug({ port: this.#at.port }, 'the router was not told that a port is free');
  }

  #renewalMs(): number {
    const lifetimes = Array.from(this.#held.values(), ({ lifetimeS }) => lifetimeS);
    return Math.min(MAX_RENEWAL_MS, Math.max(MIN_RENEWAL_S, Math.min(...lifetimes) / 2) * 1000);
  }

  #failed(error: unknown): number {
    const { code, message } = isMillraceError(error, 'ERR_PORT_MAPPING') ? error : noRouter();
    if (!this.#ending.signal.aborted) this.#say(`no router lets peers through: ${message}`, code);
    return RETRY_MS;
  }

  #say(message: string, code?: string): void {
    if (message === this.#said) return;
    this.#said = message;
    this.#host.log.info({ port: this.#at.port, code }, message);
  }
}

/**
 * Aborts with the other signal, or after the time. Not AbortSignal.any: on Node 20 a signal that lives as long as the
 * session collects every signal derived from it.
 */
function inTime(signal: AbortSignal, ms: number) {
  const own = new AbortController();
  const abort = () => own.abort();
  const timer = setTimeout(abort, ms).unref();
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  const release = () => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  };
  return { signal: own.signal, release };
}

function describe(mapped: readonly MappedPort[]): string {
  const ports = mapped.map(({ protocol, externalPort }) => `${protocol} ${externalPort}`).join(', ');
  return `the router's ${mapped[0].externalAddress ?? 'address'} leads here: ${ports}`;
}
