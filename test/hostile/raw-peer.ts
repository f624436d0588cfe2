import { once } from 'node:events';
import net from 'node:net';
import { formatAddress, type PeerAddress } from '../../dist/index.js';
import { utf8 } from '../../src/engine/bytes.js';
import { PeerDecoder } from '../../src/engine/protocol/peer/decoder.js';
import { encodeHandshake, encodeMessage, messageBytes } from '../../src/engine/protocol/peer/encoder.js';
import { encodeFeatures, type PeerFeatures } from '../../src/engine/protocol/peer/features.js';
import type { BlockRange, Message } from '../../src/engine/protocol/peer/messages.js';

/** A block as it came, with its payload. */
export interface Block extends BlockRange {
  readonly payload: Uint8Array;
}

/** How long a test waits for anything the other side should do at once. */
const WAIT_MS = 8_000;

/** Messages kept; floods are only counted. */
const KEPT_MESSAGES = 20_000;

let peers = 0;

/** A peer that says exactly what a test wants, well-formed or not, over a socket of its own. */
export class RawPeer {
  readonly messages: Message[] = [];
  readonly blocks: Block[] = [];
  /** Messages by type, those included that were not kept. */
  readonly counts = new Map<string, number>();
  /** Bytes that came, handshake included. */
  received = 0;
  /** All bytes that came, when a test asked for them. */
  record: Uint8Array[] | undefined;
  onMessage: ((message: Message) => void) | undefined;
  onBlock: ((block: Block) => void) | undefined;
  /** The other side is gone. */
  readonly gone: Promise<void>;
  /** As a session that it dialled names it in log and events. */
  readonly name: string;
  readonly #decoder = new PeerDecoder({ handshake: true });
  readonly #watchers = new Set<() => void>();
  #block: Block | undefined;
  #filled = 0;

  constructor(readonly socket: net.Socket) {
    this.name = formatAddress({ host: socket.localAddress!, port: socket.localPort! });
    socket.setNoDelay(true);
    socket.on('data', chunk => this.#read(chunk));
    socket.on('error', () => {});
    this.gone = new Promise(resolve => {
      socket.once('close', () => {
        resolve();
        this.#wake();
      });
    });
  }

  static async dial(
    { host, port }: PeerAddress,
    localAddress = host.includes(':') ? '::1' : '127.0.0.1',
  ): Promise<RawPeer> {
    const socket = net.connect({ host, port, localAddress });
    await once(socket, 'connect');
    return new RawPeer(socket);
  }

  /** Bytes that left this process and bytes that still wait. */
  get unsent(): number {
    return this.socket.writableLength;
  }

  handshake(
    infoHash: string,
    features: Partial<PeerFeatures> = { fast: true, extended: true },
    peerId = newPeerId(),
  ): this {
    return this.raw(encodeHandshake({ infoHash, reserved: encodeFeatures(features), peerId }));
  }

  raw(bytes: Uint8Array | string): this {
    if (!this.socket.destroyed) this.socket.write(bytes);
    return this;
  }

  send(...messages: Message[]): this {
    return this.raw(encodeAll(messages));
  }

  /** One block with its payload. */
  sendBlock(piece: number, begin: number, payload: Uint8Array): this {
    return this.send({ type: 'piece', piece, begin, length: payload.length }).raw(payload);
  }

  /** The piece count bounds what is read; set it before the handshake of the other side comes. */
  expectPieces(count: number): this {
    this.#decoder.setPieceCount(count);
    return this;
  }

  count(type: string): number {
    return this.counts.get(type) ?? 0;
  }

  /** Resolves with the first message of a type, former ones included, that fits. */
  async message<T extends Message['type']>(
    type: T,
    fits: (message: Extract<Message, { type: T }>) => boolean = () => true,
  ): Promise<Extract<Message, { type: T }>> {
    type Wanted = Extract<Message, { type: T }>;
    const find = () => this.messages.find(m => m.type === type && fits(m as Wanted)) as Wanted | undefined;
    await this.until(type, () => find() !== undefined);
    return find()!;
  }

  async blockCount(count: number): Promise<void> {
    await this.until(`${count} blocks`, () => this.blocks.length >= count);
  }

  /** Asks until it gets the block; who was just choked has to wait. */
  async fetchBlock(range: BlockRange): Promise<Block> {
    const { piece, begin } = range;
    const come = () => this.blocks.find(block => block.piece === piece && block.begin === begin);
    for (let rejects = this.count('reject'); ; rejects = this.count('reject')) {
      this.send({ type: 'request', ...range });
      await this.until('an answer', () => come() !== undefined || this.count('reject') > rejects);
      if (come() !== undefined) return come()!;
    }
  }

  /** Resolves when `probe` holds; it is asked whenever something comes. */
  until(what: string, probe: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (act: () => void) => {
        clearTimeout(timer);
        this.#watchers.delete(look);
        act();
      };
      const look = () => {
        if (probe()) end(resolve);
        else if (this.socket.destroyed) end(() => reject(new Error(`closed before ${what}`)));
      };
      const timer = setTimeout(() => end(() => reject(new Error(`${what} did not come`))), WAIT_MS);
      this.#watchers.add(look);
      look();
    });
  }

  destroy(): void {
    this.socket.destroy();
  }

  #wake(): void {
    for (const look of this.#watchers) look();
  }

  #read(chunk: Uint8Array): void {
    this.received += chunk.length;
    this.record?.push(chunk);
    const decoder = this.#decoder;
    decoder.push(chunk, 0, chunk.length);
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
      switch (event.type) {
        case 'handshake':
        case 'peer-id':
          this.#count(event.type);
          break;
        case 'block-start':
          this.#block = {
            piece: event.piece,
            begin: event.begin,
            length: event.length,
            payload: new Uint8Array(event.length),
          };
          this.#filled = 0;
          break;
        case 'block-data':
          this.#block!.payload.set(chunk.subarray(event.start, event.end), this.#filled);
          this.#filled += event.end - event.start;
          break;
        case 'block-end':
          this.#count('piece');
          this.blocks.push(this.#block!);
          this.onBlock?.(this.#block!);
          break;
        default:
          this.#count(event.type);
          if (this.messages.length < KEPT_MESSAGES) this.messages.push(event);
          this.onMessage?.(event);
      }
    }
    this.#wake();
  }

  #count(type: string): void {
    this.counts.set(type, this.count(type) + 1);
  }
}

/** A listener whose connections are raw peers: for sessions that dial. */
export class RawListener {
  readonly #server: net.Server;
  readonly #waiting: ((peer: RawPeer) => void)[] = [];
  readonly #arrived: RawPeer[] = [];
  readonly all: RawPeer[] = [];

  private constructor(server: net.Server) {
    this.#server = server;
    server.on('connection', socket => {
      const peer = new RawPeer(socket);
      this.all.push(peer);
      const taker = this.#waiting.shift();
      if (taker === undefined) this.#arrived.push(peer);
      else taker(peer);
    });
  }

  static async open(host = '127.0.0.1'): Promise<RawListener> {
    const server = net.createServer();
    server.listen(0, host);
    await once(server, 'listening');
    return new RawListener(server);
  }

  get address(): PeerAddress {
    const { address: host, port } = this.#server.address() as net.AddressInfo;
    return { host, port };
  }

  /** The next connection, or one that came already. */
  next(): Promise<RawPeer> {
    const arrived = this.#arrived.shift();
    return arrived ? Promise.resolve(arrived) : new Promise(resolve => void this.#waiting.push(resolve));
  }

  close(): void {
    for (const peer of this.all) peer.destroy();
    this.#server.close();
  }
}

export function newPeerId(): Uint8Array {
  return utf8(`-XX0001-${String(++peers).padStart(12, '0')}`);
}

export function encodeAll(messages: readonly Message[]): Uint8Array {
  const bytes = new Uint8Array(messages.reduce((sum, message) => sum + messageBytes(message), 0));
  let at = 0;
  for (const message of messages) at = encodeMessage(message, bytes, at);
  return bytes;
}

/** The same message so many times over. */
export function repeat(message: Message, times: number): Uint8Array {
  const one = encodeAll([message]);
  const bytes = new Uint8Array(one.length * times);
  for (let i = 0; i < times; i++) bytes.set(one, i * one.length);
  return bytes;
}
