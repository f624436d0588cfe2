import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import type { PeerAddress } from '../ids.js';
import { familyOf, type IpFamily } from '../protocol/compact.js';
import { LSD_GROUPS } from '../protocol/lsd.js';
import {
  interfacesFor,
  isNear,
  isWildcard,
  type LocalInterface,
  type SystemInterfaces,
} from './local-interfaces.js';

export interface LsdSocketOptions {
  /** Where we are reached; the wildcard of a family means by every interface. */
  readonly at: string;
  /** From the network of an interface that we have joined the group with; the port is that of the packet, not of a peer. */
  readonly onPacket: (packet: Uint8Array, from: PeerAddress) => void;
  /** Nothing here fails as a whole: an interface without multicast is one that nobody is found by. */
  readonly onTrouble: (what: string, facts: Readonly<Record<string, unknown>>) => void;
  /** Defaults to those of the system. */
  readonly interfaces?: () => SystemInterfaces;
}

/** Only the local network is meant. */
const HOPS = 1;

/**
 * One family's membership in the group of BEP 14, with all suitable interfaces. Others on this machine share the port.
 * A second socket sends, so that a packet comes from the address where we listen.
 */
export class LsdSocket {
  readonly #options: LsdSocketOptions;
  readonly #family: IpFamily;
  #receiver: Socket | undefined;
  #sender: Socket | undefined;
  #interfaces: readonly LocalInterface[] = [];
  #joined: LocalInterface[] = [];
  #sending: Promise<void> = Promise.resolve();
  #troubled = new Set<string>();

  constructor(options: LsdSocketOptions) {
    this.#options = options;
    this.#family = familyOf(options.at);
  }

  /** Interfaces that packets leave by. */
  get joined(): readonly LocalInterface[] {
    return this.#joined;
  }

  /** Looks which interfaces there are, and opens sockets or changes them. @returns whether any has come */
  async look(): Promise<boolean> {
    const before = this.#joined;
    const interfaces = interfacesFor(this.#options.at, this.#system());
    if (this.#receiver === undefined || !isSameSet(interfaces, this.#interfaces)) {
      this.close();
      this.#interfaces = interfaces;
      if (interfaces.length > 0) await this.#open();
    } else this.#join();
    return this.#joined.some(({ name }) => !before.some(face => face.name === name));
  }

  /** The packet leaves by each interface, after those before it. */
  send(packet: Uint8Array): void {
    this.#sending = this.#sending.then(() => this.#send(packet));
  }

  close(): void {
    this.#sending = Promise.resolve(); // a closed socket does not always tell what became of a packet
    this.#receiver?.close();
    this.#sender?.close();
    this.#receiver = undefined;
    this.#sender = undefined;
    this.#joined = [];
  }

  async #open(): Promise<void> {
    const { at } = this.#options;
    const group = LSD_GROUPS[this.#family];
    // Bound to the group, the socket gets nothing that was sent to us alone. Windows does not know that.
    const own = process.platform === 'win32' ? undefined : group.host;
    const receiver = this.#create(true);
    const sender = this.#create(false);
    this.#receiver = receiver;
    this.#sender = sender;
    receiver.on('message', (packet, from) => this.#receive(packet, from));
    try {
      await Promise.all([bind(receiver, group.port, own), bind(sender, 0, isWildcard(at) ? undefined : at)]);
      if (this.#receiver !== receiver) return;
      sender.setMulticastTTL(HOPS);
      this.#join();
    } catch (error) {
      if (this.#receiver !== receiver) return;
      this.#trouble('cannot be bound', error);
      this.close();
    }
  }

  #create(reuseAddr: boolean): Socket {
    const family = this.#family;
    return createSocket({ type: `udp${family}`, ipv6Only: family === 6, reuseAddr }).unref();
  }

  /** Joins again where it has: an interface may have gone and come back meanwhile. */
  #join(): void {
    const group = LSD_GROUPS[this.#family].host;
    this.#joined = this.#interfaces.filter(face => {
      try {
        this.#receiver?.addMembership(group, this.#selector(face));
      } catch (error) {
        // That we are members already.
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') {
          this.#trouble('no multicast', error, face);
          return false;
        }
      }
      return true;
    });
  }

  async #send(packet: Uint8Array): Promise<void> {
    const { port, host } = LSD_GROUPS[this.#family];
    for (const face of this.#joined) {
      const sender = this.#sender;
      if (sender === undefined) return;
      try {
        sender.setMulticastInterface(this.#selector(face));
        await new Promise<void>((resolve, reject) => {
          sender.send(packet, port, host, error => (error === null ? resolve() : reject(error)));
        });
        this.#troubled.delete(face.name);
      } catch (error) {
        this.#trouble('cannot send', error, face);
      }
    }
  }

  #receive(packet: Uint8Array, { address: host, port }: RemoteInfo): void {
    // Linux hands over what reaches a group that anybody here has joined, by whatever interface.
    if (isNear(host, this.#joined)) this.#options.onPacket(packet, { host, port });
  }

  /** How `dgram` wants an interface named. */
  #selector({ addresses, zone }: LocalInterface): string {
    return this.#family === 4 ? addresses[0] : `::%${zone}`;
  }

  /** A system that cannot be asked now, for want of descriptors perhaps, has none. */
  #system(): SystemInterfaces {
    try {
      return (this.#options.interfaces ?? networkInterfaces)();
    } catch (error) {
      this.#trouble('interfaces cannot be listed', error);
      return {};
    }
  }

  /** Told once an interface until it works again. */
  #trouble(what: string, error: unknown, face?: LocalInterface): void {
    const name = face?.name ?? '';
    if (this.#troubled.has(name)) return;
    this.#troubled.add(name);
    const { code } = error as NodeJS.ErrnoException;
    this.#options.onTrouble(what, { family: this.#family, interface: face?.name, osCode: code });
  }
}

/** Resolves when it is bound; what the system tells later concerns single packets. */
function bind(socket: Socket, port: number, address: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('close', () => resolve());
    socket.once('error', reject);
    socket.bind({ port, address, exclusive: true }, () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve();
    });
  });
}

function isSameSet(one: readonly LocalInterface[], other: readonly LocalInterface[]): boolean {
  const text = (faces: readonly LocalInterface[]) =>
    faces.map(({ name, zone, addresses }) => [name, zone, ...addresses].join(' ')).join('\n');
  return text(one) === text(other);
}
