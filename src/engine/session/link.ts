import type net from 'node:net';
import { bytesEqual } from '../bytes.js';
import { MillraceError } from '../errors.js';
import { formatAddress, type InfoHash, type PeerAddress, type PeerKey } from '../ids.js';
import type { Kernels } from '../kernels/types.js';
import { PeerSocket, type PeerSocketOwner, type ReceiveRegion } from '../net/peer-socket.js';
import type { SocksProxy } from '../net/socks-proxy.js';
import type { PeerSource } from '../policy/peer-list.js';
import type { PeerHistory } from '../policy/peer-memory.js';
import { type ControlMessage, PeerDecoder } from '../protocol/peer/decoder.js';
import { encodeHandshake, encodeMessage, messageBytes } from '../protocol/peer/encoder.js';
import { decodeFeatures, encodeFeatures, type PeerFeatures } from '../protocol/peer/features.js';
import { BLOCK_BYTES } from '../protocol/peer/messages.js';
import type { PeerCore } from '../swarm/peer-core.js';
import { nowMs } from './clock.js';
import type { PeerLimits } from './limits.js';

/** What we tell peers in the reserved bytes: Fast Extension and extension protocol, and a DHT node where there is one. */
const OUR_FEATURES = encodeFeatures({ fast: true, extended: true });
const WITH_DHT = encodeFeatures({ fast: true, extended: true, dht: true });

/** The torrent that a link asks for, before the handshake is over. */
export interface LinkDoor {
  readonly infoHash: InfoHash;
  /** Undefined before the metadata is here. */
  readonly pieceCount: number | undefined;
  /** Its peers are told nothing of the DHT, and asked nothing (BEP 27). */
  readonly isPrivate: boolean;
  /** Takes the peer in and says who its neighbours are. @throws MillraceError ERR_PEER_* when it does not want it. */
  attach(link: PeerLink, features: PeerFeatures, peerId: Uint8Array): PeerCore;
  /** The link ended without having been taken in. */
  detach(link: PeerLink, error: MillraceError | undefined): void;
}

/** The neighbours that a link belongs to, as far as the link sees them. */
export interface LinkTorrent {
  detach(link: PeerLink, error: MillraceError | undefined): void;
  /** Bytes that may be read now. */
  readQuota(link: PeerLink): number;
  /** Bytes came in; blocks among them ask for a turn soon. */
  received(link: PeerLink, bytes: number, blocks: number): void;
  drained(link: PeerLink): void;
  handleMessage(peer: PeerCore, message: ControlMessage): void;
  beginBlock(peer: PeerCore, piece: number, begin: number, length: number): void;
  endBlock(peer: PeerCore): void;
}

/** The session as far as a link sees it. */
export interface LinkHost {
  readonly peerId: Uint8Array;
  readonly region: ReceiveRegion;
  readonly regionAt: number;
  readonly kernels: Kernels;
  torrentFor(infoHash: InfoHash): LinkDoor | undefined;
  /** Port of our DHT node that this host could ask; undefined while there is none. */
  dhtPortFor(host: string): number | undefined;
  /** A peer has told where its DHT node is. */
  metDhtNode(address: PeerAddress): void;
  /** The handshake is over, well or badly: the link is no longer half-open. */
  settled(link: PeerLink): void;
  closed(link: PeerLink, error: MillraceError | undefined): void;
}

export interface DialOptions {
  /** Address that the connection starts from. */
  readonly bind?: string;
  readonly proxy?: SocksProxy;
}

/** One connection from its first byte to its last: handshake, then decoded messages to the torrent core. */
export class PeerLink implements PeerSocketOwner {
  readonly openedAtMs = nowMs();
  /** Where this peer can be dialled, when we know: by dialling it, or because another link to it was dropped. */
  dialAddress: PeerAddress | undefined;
  /** IPv6 host of this peer, which has come by IPv4, as it says. */
  alsoAt: string | undefined;
  /** The peer has another connection's address, too, which was given up for this one. */
  isOneOfTwo = false;
  /** How we came to know it, the first way first. */
  sources: readonly PeerSource[] = ['incoming'];
  peerId: Uint8Array | undefined;
  /** What is known of its peer from earlier connections. */
  before: PeerHistory | undefined;
  /** What its rates are held to, from the end of the handshake on. */
  limits: PeerLimits | undefined;
  peer: PeerCore | undefined;
  /** Those that it was taken in among. */
  neighbours: LinkTorrent | undefined;
  /** Pieces of which blocks wait in the socket's queue, and how many of each. */
  readonly pinned = new Map<number, number>();
  /** Bytes of the block being received that are already in their slot, and those that are still to come. */
  #blockDone = 0;
  #blockLeft = 0;
  /** Bytes of the message behind that block: several blocks may come as one. */
  #messageLeft = 0;
  #features: PeerFeatures | undefined;
  #greeted = false;
  #hasNamedNode = false;
  readonly #decoder = new PeerDecoder();
  readonly #socket: PeerSocket;
  #unsentBytes = 0;
  #movedAtMs = nowMs();

  private constructor(
    readonly host: LinkHost,
    readonly key: PeerKey,
    readonly incoming: boolean,
    public torrent: LinkDoor | undefined,
    /** Where it was dialled, or where it came from. */
    readonly address: PeerAddress,
    open: (owner: PeerSocketOwner) => PeerSocket,
  ) {
    if (!incoming) this.dialAddress = address;
    this.#socket = open(this);
  }

  static dial(
    host: LinkHost,
    key: PeerKey,
    torrent: LinkDoor,
    address: PeerAddress,
    { bind, proxy }: DialOptions = {},
  ): PeerLink {
    return new PeerLink(host, key, false, torrent, address, owner =>
      proxy === undefined
        ? PeerSocket.dial(address, host.region, owner, bind)
        : PeerSocket.dialThrough(proxy, address, host.region, owner, bind),
    );
  }

  static accept(host: LinkHost, key: PeerKey, accepted: net.Socket, address: PeerAddress): PeerLink {
    return new PeerLink(host, key, true, undefined, address, owner =>
      PeerSocket.adopt(accepted, host.region, owner),
    );
  }

  get name(): string {
    return formatAddress(this.address);
  }

  get socket(): PeerSocket {
    return this.#socket;
  }

  /** How long not a byte of those that wait has left. Counts from the first call that finds them. */
  stalledMs(now: number): number {
    const { unsentBytes } = this.#socket;
    if (unsentBytes === 0 || unsentBytes !== this.#unsentBytes) {
      this.#unsentBytes = unsentBytes;
      this.#movedAtMs = now;
    }
    return now - this.#movedAtMs;
  }

  close(error: MillraceError): void {
    this.#socket.destroy(error);
  }

  /** Closes it, and nothing of what waits is sent any more. */
  reset(error: MillraceError): void {
    this.#socket.reset(error);
  }

  /** Closes it before its handshake is over. */
  abandon(): void {
    this.close(new MillraceError('ERR_CLOSED', 'the connection is no longer wanted'));
  }

  /** Encodes what the core wants said, in one write. */
  flush(peer: PeerCore): void {
    const { outbox } = peer;
    let length = 0;
    for (const message of outbox) length += messageBytes(message);
    const bytes = Buffer.allocUnsafe(length);
    let at = 0;
    for (const message of outbox) at = encodeMessage(message, bytes, at);
    outbox.length = 0;
    if (!this.#socket.closed) this.#socket.write(bytes);
  }

  // --- PeerSocketOwner -----------------------------------------------------------------------------------------

  onConnect(): void {
    this.#greet(this.torrent!.infoHash);
  }

  readQuota(): number {
    if (this.peer === undefined) return this.host.region.bytes.length;
    return this.neighbours!.readQuota(this);
  }

  onBytes(length: number): void {
    if (this.#socket.closed) return;
    let blocks = 0;
    try {
      blocks = this.#decode(length);
    } catch (error) {
      this.#socket.destroy(
        error instanceof MillraceError
          ? error
          : new MillraceError('ERR_WIRE_MESSAGE', 'the message could not be handled', {}, error),
      );
    }
    if (this.peer !== undefined) this.neighbours?.received(this, length, blocks);
  }

  onDrain(): void {
    this.#socket.resumeReading();
    if (this.peer !== undefined) this.neighbours?.drained(this);
  }

  onClose(error: MillraceError | undefined): void {
    this.host.closed(this, error);
    (this.neighbours ?? this.torrent)?.detach(this, error);
    this.peer = undefined;
  }

  // --- inside --------------------------------------------------------------------------------------------------

  #greet(infoHash: InfoHash): void {
    this.#greeted = true;
    const reserved = this.#dhtPort === undefined ? OUR_FEATURES : WITH_DHT;
    this.#socket.write(encodeHandshake({ reserved, infoHash, peerId: this.host.peerId }));
  }

  /** What this peer may know of our DHT node. */
  get #dhtPort(): number | undefined {
    return this.torrent?.isPrivate === false ? this.host.dhtPortFor(this.address.host) : undefined;
  }

  /** @returns blocks that were completed */
  #decode(length: number): number {
    const { region, regionAt } = this.host;
    const decoder = this.#decoder;
    let blocks = 0;
    decoder.push(region.bytes, 0, length);
    for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
      switch (event.type) {
        case 'block-data':
          blocks += this.#receive(regionAt + event.start, event.end - event.start);
          break;
        case 'block-start':
          this.#messageLeft = event.length;
          this.#beginBlock(event.piece, event.begin);
          break;
        case 'block-end':
          break;
        case 'handshake':
          this.#onHandshake(event.infoHash, event.reserved);
          break;
        case 'peer-id':
          this.#onPeerId(event.peerId);
          break;
        case 'port':
          this.#meetDhtNode(event.port);
          this.neighbours!.handleMessage(this.peer!, event);
          break;
        default:
          this.neighbours!.handleMessage(this.peer!, event);
      }
    }
    return blocks;
  }

  /** A peer has one node: whoever names one port after the other would have us ask nobody else. */
  #meetDhtNode(port: number): void {
    if (this.#hasNamedNode || this.torrent?.isPrivate !== false || port === 0) return;
    this.#hasNamedNode = true;
    this.host.metDhtNode({ host: this.address.host, port });
  }

  /** Payload goes to its slot, block by block. @returns blocks that were completed */
  #receive(from: number, length: number): number {
    let blocks = 0;
    while (length > 0) {
      const { targetAt, range } = this.peer!.receiving!;
      const bytes = Math.min(length, this.#blockLeft);
      if (targetAt >= 0) this.host.kernels.copy(targetAt + this.#blockDone, from, bytes);
      this.#blockDone += bytes;
      this.#blockLeft -= bytes;
      from += bytes;
      length -= bytes;
      if (this.#blockLeft > 0) break;
      this.neighbours!.endBlock(this.peer!);
      blocks++;
      if (this.#messageLeft > 0) this.#beginBlock(range.piece, range.begin + range.length);
    }
    return blocks;
  }

  /** A message is one block unless we ask this peer for several at once. */
  #beginBlock(piece: number, begin: number): void {
    const single = this.peer!.maxBlockBytes <= BLOCK_BYTES || begin % BLOCK_BYTES !== 0;
    this.#blockDone = 0;
    this.#blockLeft = single ? this.#messageLeft : Math.min(this.#messageLeft, BLOCK_BYTES);
    this.#messageLeft -= this.#blockLeft;
    this.neighbours!.beginBlock(this.peer!, piece, begin, this.#blockLeft);
  }

  #onHandshake(infoHash: InfoHash, reserved: Uint8Array): void {
    this.torrent ??= this.host.torrentFor(infoHash);
    if (this.torrent?.infoHash !== infoHash)
      throw new MillraceError('ERR_WIRE_HANDSHAKE', `no torrent with info-hash ${infoHash} here`, {
        infoHash,
      });
    this.#features = decodeFeatures(reserved);
    if (!this.#greeted) this.#greet(infoHash);
  }

  #onPeerId(peerId: Uint8Array): void {
    if (bytesEqual(peerId, this.host.peerId))
      throw new MillraceError('ERR_PEER_DUPLICATE', 'the peer at the other end is this session', {
        self: true,
      });
    this.peerId = peerId;
    const { pieceCount } = this.torrent!;
    if (pieceCount !== undefined) this.#decoder.setPieceCount(pieceCount);
    this.peer = this.torrent!.attach(this, this.#features!, peerId);
    const port = this.#features!.dht ? this.#dhtPort : undefined;
    if (port !== undefined) this.peer.send({ type: 'port', port });
    this.host.settled(this);
  }
}
