import { DhtNode, type DhtNodeOptions } from '../dht/node.js';
import { DhtSocket } from '../discovery/dht-socket.js';
import type { PeerAddress } from '../ids.js';
import { Alarm, nowMs } from './clock.js';

/** A node of one family with its socket: packets and time go in, packets go out. The node outlives its sockets. */
export class DhtEndpoint {
  readonly node: DhtNode;
  readonly #alarm = new Alarm(() => this.run((node, now) => node.handleTimeout(now)));
  #socket: DhtSocket | undefined;

  constructor(
    options: DhtNodeOptions,
    /** Something came in; nodes may be known now. */
    readonly onInput: (endpoint: DhtEndpoint) => void,
  ) {
    this.node = new DhtNode(options, nowMs());
  }

  /** Where packets start from; undefined while there is no socket. */
  get address(): PeerAddress | undefined {
    return this.#socket?.address;
  }

  get goodNodes(): number {
    return this.node.stats(nowMs()).goodNodes;
  }

  /** Sends and receives there from now on. @throws MillraceError ERR_NET_*: nothing has changed then */
  async open(at: PeerAddress): Promise<void> {
    const socket = await DhtSocket.open({
      family: this.node.options.family,
      at,
      onPacket: (packet, from) => {
        if (this.#socket !== socket) return;
        this.run((node, now) => node.handlePacket(packet, from, now));
        this.onInput(this);
      },
    });
    this.#socket?.close();
    this.#socket = socket;
    this.run(() => {});
  }

  shut(): void {
    this.#alarm.clear();
    this.#socket?.close();
    this.#socket = undefined;
  }

  /** Asks something of the node, and does what it wants done then. */
  run<T>(work: (node: DhtNode, nowMs: number) => T): T {
    const { node } = this;
    const result = work(node, nowMs());
    for (let next = node.poll(); next !== undefined; next = node.poll())
      this.#socket?.send(next.packet, next.to);
    this.#alarm.set(this.#socket === undefined ? Number.POSITIVE_INFINITY : node.nextTimeout());
    return result;
  }
}
