import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { decodeDhtMessage, encodeDhtMessage } from '../../dist/engine/protocol/dht/krpc.js';
import type {
  DhtAnswer,
  DhtErrorMessage,
  DhtMessage,
  DhtQuery,
  DhtQueryMessage,
  DhtResponseMessage,
} from '../../dist/engine/protocol/dht/messages.js';
import { formatAddress, type PeerAddress } from '../../dist/index.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';

/** The codec on a socket, and nothing else: asks one question at a time, and answers as it is told. */
export class RawNode {
  readonly queries: DhtQueryMessage[] = [];
  /** What came and was no message. */
  readonly unread: Uint8Array[] = [];
  readonly #replies: (DhtResponseMessage | DhtErrorMessage)[] = [];
  #asked = 0;

  private constructor(
    readonly id: Uint8Array,
    readonly socket: Socket,
    readonly address: PeerAddress,
  ) {}

  /** @param answer what to tell who asks; nothing for no reply */
  static async open(
    stage: Stage,
    host: string,
    id: Uint8Array,
    answer: (query: DhtQuery) => DhtAnswer | undefined = () => ({}),
  ): Promise<RawNode> {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.bind(0, host);
    await once(socket, 'listening');
    stage.defer(() => socket.close());
    const node = new RawNode(id, socket, { host, port: socket.address().port });
    socket.on('message', (packet, { address, port }) => {
      const message = decodeDhtMessage(packet);
      if (message === undefined || message.type === 'refused') {
        node.unread.push(packet);
      } else if (message.type === 'query') {
        node.queries.push(message);
        const told = answer(message.query);
        if (told)
          node.#send(
            { type: 'response', transaction: message.transaction, id, answer: told },
            { host: address, port },
          );
      } else {
        node.#replies.push(message);
      }
    });
    return node;
  }

  async ask(
    query: DhtQuery,
    to: PeerAddress,
    readOnly = false,
  ): Promise<DhtResponseMessage | DhtErrorMessage> {
    const number = ++this.#asked;
    const transaction = Uint8Array.of(number >> 8, number);
    this.#send({ type: 'query', transaction, id: this.id, query, readOnly }, to);
    return until(`a reply to ${query.method}`, () =>
      this.#replies.find(reply => Buffer.compare(reply.transaction, transaction) === 0),
    );
  }

  /** Like `ask`, for what must not be refused. */
  async answer(query: DhtQuery, to: PeerAddress, readOnly?: boolean): Promise<DhtResponseMessage> {
    const reply = await this.ask(query, to, readOnly);
    if (reply.type === 'response') return reply;
    throw new Error(`${query.method}: error ${reply.code} ${reply.text}`);
  }

  /** Addresses of all nodes that others tell of, from one to the next. Nobody takes us for a node. */
  async walk(entry: PeerAddress): Promise<Set<string>> {
    const known = new Set([formatAddress(entry)]);
    const waiting = [entry];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop())
      for (const target of [0x00, 0x40, 0x80, 0xc0].map(byte => new Uint8Array(20).fill(byte))) {
        const { nodes = [], nodes6 = [] } = (await this.answer({ method: 'find_node', target }, node, true))
          .answer;
        for (const told of [...nodes, ...nodes6]) {
          if (known.has(formatAddress(told))) continue;
          known.add(formatAddress(told));
          waiting.push(told);
        }
      }
    return known;
  }

  async error(query: DhtQuery, to: PeerAddress): Promise<number> {
    const reply = await this.ask(query, to);
    if (reply.type === 'error') return reply.code;
    throw new Error(`${query.method} was answered`);
  }

  #send(message: DhtMessage, { host, port }: PeerAddress): void {
    this.socket.send(encodeDhtMessage(message), port, host);
  }
}
