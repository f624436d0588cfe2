import { randomBytes } from 'node:crypto';
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { PeerAddress } from '../../dist/index.js';
import { utf8 } from '../../src/engine/bytes.js';
import { decodeDhtMessage, encodeDhtMessage } from '../../src/engine/protocol/dht/krpc.js';
import type { DhtAnswer, DhtQueryMessage } from '../../src/engine/protocol/dht/messages.js';
import type { Stage } from './stage.js';

export interface SeenQuery {
  readonly message: DhtQueryMessage;
  readonly from: PeerAddress;
}

/** A node that knows nobody, takes whatever it is told, and remembers every packet. */
export class RawDhtNode {
  readonly id = new Uint8Array(randomBytes(20));
  readonly packets: Uint8Array[] = [];
  readonly queries: SeenQuery[] = [];
  /** Answers nothing any more. */
  mute = false;
  readonly #watchers = new Set<() => void>();

  private constructor(readonly socket: Socket) {
    socket.on('message', (packet, from) => this.#receive(packet, from));
  }

  static async open(stage: Stage, host = '127.0.0.1', port = 0): Promise<RawDhtNode> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4').bind(port, host);
    stage.defer(() => void socket.close());
    await once(socket, 'listening');
    return new RawDhtNode(socket);
  }

  get address(): PeerAddress {
    const { address: host, port } = this.socket.address() as AddressInfo;
    return { host, port };
  }

  /** The first query that fits, former ones included. */
  query(fits: (seen: SeenQuery) => boolean): Promise<SeenQuery> {
    return this.#first(() => this.queries.find(fits));
  }

  /** The first packet that fits, former ones included. */
  packet(fits: (packet: Uint8Array) => boolean): Promise<Uint8Array> {
    return this.#first(() => this.packets.find(fits));
  }

  /** Resolves when the packet has left. */
  async send(packet: Uint8Array, { host, port }: PeerAddress): Promise<void> {
    await new Promise(resolve => this.socket.send(packet, port, host, resolve));
  }

  async #first<T>(find: () => T | undefined): Promise<T> {
    for (;;) {
      const found = find();
      if (found !== undefined) return found;
      await new Promise<void>(resolve => {
        const wake = () => {
          this.#watchers.delete(wake);
          resolve();
        };
        this.#watchers.add(wake);
      });
    }
  }

  #receive(packet: Uint8Array, { address: host, port }: RemoteInfo): void {
    this.packets.push(packet);
    const message = decodeDhtMessage(packet);
    if (message?.type === 'query') {
      this.queries.push({ message, from: { host, port } });
      const { transaction } = message;
      const response = { type: 'response', transaction, id: this.id, answer: answerTo(message) } as const;
      if (!this.mute) this.socket.send(encodeDhtMessage(response), port, host);
    }
    for (const wake of [...this.#watchers]) wake();
  }
}

function answerTo({ query: { method } }: DhtQueryMessage): DhtAnswer {
  if (method === 'find_node') return { nodes: [] };
  if (method === 'get_peers' || method === 'get') return { nodes: [], token: utf8('token') };
  return {};
}
