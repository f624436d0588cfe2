import { DhtNode, type DhtNodeOptions } from '../dht/node.js';
import type { DhtLookup } from '../dht/node-types.js';
import { DhtSocket } from '../discovery/dht-socket.js';
import type { PeerAddress } from '../ids.js';
import type { IpFamily } from '../protocol/compact.js';
import { Alarm, nowMs } from './clock.js';

export interface DhtEndpointOptions {
  /** Something came in; nodes may be known now. */
  readonly onInput: () => void;
  /** Whether nothing is taken from there, and nothing sent there. */
  readonly refuses: (host: string) => boolean;
}

/** A node of one family with its socket: packets and time go in, packets go out. The node outlives its sockets. */
export class DhtEndpoint {
  readonly node: DhtNode;
  readonly #alarm = new Alarm(() => this.run((node, now) => node.handleTimeout(now)));
  #socket: DhtSocket | undefined;
  readonly #whenShut = new Set<() => void>();
  /** Counts what makes a socket that is about to be there one too many. */
  #changes = 0;

  constructor(
    node: DhtNodeOptions,
    readonly options: DhtEndpointOptions,
  ) {
    this.node = new DhtNode(node, nowMs());
  }

  /** Where packets start from; undefined while there is no socket. */
  get address(): PeerAddress | undefined {
    return this.#socket?.address;
  }

  get family(): IpFamily {
    return this.node.options.family;
  }

  get goodNodes(): number {
    return this.node.stats(nowMs()).goodNodes;
  }

  /** Sends and receives there from now on, unless it was shut meanwhile. @throws MillraceError ERR_NET_*: nothing has changed */
  async open(at: PeerAddress): Promise<void> {
    const change = ++this.#changes;
    const socket = await DhtSocket.open({
      family: this.family,
      at,
      onPacket: (packet, from) => {
        if (this.#socket !== socket || this.options.refuses(from.host)) return;
        this.run((node, now) => node.handlePacket(packet, from, now));
        this.options.onInput();
      },
    });
    if (change !== this.#changes) {
      socket.close();
      return;
    }
    this.#socket?.close();
    this.#socket = socket;
    this.run(() => {});
  }

  shut(): void {
    this.#changes++;
    this.#alarm.clear();
    this.#socket?.close();
    this.#socket = undefined;
    for (const call of [...this.#whenShut]) call();
  }

  /** Calls when there is no socket any more: what was asked stands still. @returns what calls it off */
  whenShut(call: () => void): () => void {
    this.#whenShut.add(call);
    return () => void this.#whenShut.delete(call);
  }

  /** Begins a search. @returns what calls it off */
  search(begin: (node: DhtNode, nowMs: number) => DhtLookup): () => void {
    const lookup = this.run(begin);
    return () => this.run(() => lookup.cancel()); // others may have waited for its place
  }

  /** Asks something of the node, and does what it wants done then. */
  run<T>(work: (node: DhtNode, nowMs: number) => T): T {
    const { node } = this;
    const result = work(node, nowMs());
    for (let next = node.poll(); next !== undefined; next = node.poll())
      if (!this.options.refuses(next.to.host)) this.#socket?.send(next.packet, next.to);
    this.#alarm.set(this.#socket === undefined ? Number.POSITIVE_INFINITY : node.nextTimeout());
    return result;
  }
}
