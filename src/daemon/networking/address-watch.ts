import { isIP, SocketAddress } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';

/** A tunnel that goes down is noticed within this time; what is bound to its address cannot leave by another meanwhile. */
const POLL_MS = 1_000;

type Interfaces = Readonly<Partial<Record<string, readonly Pick<NetworkInterfaceInfo, 'address'>[]>>>;

export interface AddressWatchOptions {
  /** An IP address of this machine. */
  readonly address: string;
  /** The address has gone, or is back. */
  readonly onChange: (present: boolean) => void;
  /** Defaults to those of the system. */
  readonly interfaces?: () => Interfaces;
  /** Calls again and again until the returned function is called. Defaults to a timer that keeps no process alive. */
  readonly repeat?: (call: () => void, everyMs: number) => () => void;
}

/** Watches whether this machine has an address. Wildcards and loopback are always there. */
export class AddressWatch {
  readonly #options: AddressWatchOptions;
  readonly #address: string;
  readonly #end: () => void;
  #present: boolean;

  constructor(options: AddressWatchOptions) {
    this.#options = options;
    this.#address = canonical(options.address);
    this.#present = true;
    if (isPermanent(this.#address)) {
      this.#end = () => {};
      return;
    }
    this.#present = this.#look();
    this.#end = (options.repeat ?? repeatUnref)(() => this.#poll(), POLL_MS);
  }

  /** As of the last look; the first was when the watch began, and told nobody. */
  get present(): boolean {
    return this.#present;
  }

  close(): void {
    this.#end();
  }

  #poll(): void {
    const present = this.#look();
    if (present === this.#present) return;
    this.#present = present;
    this.#options.onChange(present);
  }

  /** A system that cannot be asked now, for want of descriptors perhaps, has what it had. */
  #look(): boolean {
    let interfaces: Interfaces;
    try {
      interfaces = (this.#options.interfaces ?? networkInterfaces)();
    } catch {
      return this.#present;
    }
    return Object.values(interfaces).some(addresses =>
      addresses?.some(({ address }) => canonical(address) === this.#address),
    );
  }
}

/** One spelling for each address, without the zone. */
function canonical(address: string): string {
  const ip = address.split('%', 1)[0];
  return isIP(ip) === 6 ? new SocketAddress({ address: ip, family: 'ipv6' }).address : ip;
}

const PERMANENT: ReadonlySet<string> = new Set(['*', '0.0.0.0', '::', '::1']);

function isPermanent(address: string): boolean {
  return PERMANENT.has(address) || address.startsWith('127.');
}

function repeatUnref(call: () => void, everyMs: number): () => void {
  const timer = setInterval(call, everyMs).unref();
  return () => clearInterval(timer);
}
