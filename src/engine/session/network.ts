import type net from 'node:net';
import { MillraceError } from '../errors.js';
import type { InfoHash, PeerAddress } from '../ids.js';
import type { Kernels } from '../kernels/types.js';
import { EVERYWHERE, type Listener, listen } from '../net/listener.js';
import { plainHost, type ReceiveRegion } from '../net/peer-socket.js';
import type { SocksProxy } from '../net/socks-proxy.js';
import { Admission, blocked } from './admission.js';
import type { DialRefusal } from './dialler.js';
import type { Engine } from './engine.js';
import { HalfOpen } from './half-open.js';
import { type LinkDoor, type LinkHost, PeerLink } from './link.js';

/** Why nothing is sent or taken, and where we listened before. */
interface Suspension {
  readonly error: MillraceError;
  readonly at: PeerAddress | undefined;
}

/** The DHT as far as links see it. */
export interface DhtMeetings {
  portFor(host: string): number | undefined;
  met(address: PeerAddress): void;
}

/** How a session reaches peers and is reached: where it listens, its links, and who is let in. */
export class Network implements LinkHost {
  readonly region: ReceiveRegion;
  readonly admission: Admission;
  /** While there is one. */
  dht: DhtMeetings | undefined;
  readonly #engine: Engine;
  readonly #halfOpen = new HalfOpen();
  readonly #links = new Set<PeerLink>();
  #listener: Listener | undefined;
  /** What was asked for, with the port that was found: `*` is one host, wherever the listener is. */
  #at: PeerAddress | undefined;
  #closed = false;
  #suspension: Suspension | undefined;
  /** Changes of the listener, one after the other. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(
    engine: Engine,
    readonly torrentFor: (infoHash: InfoHash) => LinkDoor | undefined,
    readonly proxy: SocksProxy | undefined,
  ) {
    this.#engine = engine;
    this.admission = new Admission(engine.options.maxConnections);
    const { bytes, receiveAt, receiveBytes } = engine.arena;
    this.region = { bytes: bytes.subarray(receiveAt, receiveAt + receiveBytes) };
  }

  /** Where peers reach us; undefined while not listening. */
  get address(): PeerAddress | undefined {
    return this.addresses[0];
  }

  /** The same for each family, all of one port. */
  get addresses(): readonly PeerAddress[] {
    return this.#listener?.addresses ?? [];
  }

  get connections(): number {
    return this.#links.size;
  }

  /**
   * Listens there, and no longer where it did; by default on the same host.
   * @throws MillraceError ERR_NET_ADDRESS_IN_USE, ERR_NET_ADDRESS, ERR_CLOSED; then nothing has changed
   */
  listenOn(at: { readonly host?: string; readonly port: number }): Promise<PeerAddress> {
    return this.#inTurn(() => this.#listenOn(at));
  }

  /** Why there is no network at present. */
  get suspended(): MillraceError | undefined {
    return this.#suspension?.error;
  }

  /** Closes listener and links, and opens none until `restore`, which then listens there, by default where it did. */
  suspend(error: MillraceError, at = this.#suspension?.at ?? this.#at): void {
    this.#suspension = { error, at };
    void this.#listener?.close();
    this.#setListener(undefined);
    for (const link of this.#links) link.reset(error);
    this.proxy?.closeAll();
  }

  /**
   * Listens again where it did, and nowhere else; until it does nothing has changed.
   * @throws MillraceError ERR_NET_ADDRESS, ERR_NET_ADDRESS_IN_USE, ERR_NET_SUSPENDED when it was suspended anew
   */
  restore(): Promise<void> {
    return this.#inTurn(async () => {
      const suspension = this.#suspension;
      if (suspension === undefined) return;
      const { at } = suspension;
      const listener = at && (await this.#listen(at));
      if (this.#suspension === suspension) {
        this.#suspension = undefined;
        this.#setListener(listener, at?.host);
        return;
      }
      await listener?.close();
      throw this.#suspension?.error;
    });
  }

  async #listenOn({ host = this.#host, port }: { readonly host?: string; readonly port: number }) {
    const { address } = this;
    if (address !== undefined && this.#at?.host === host && this.#at.port === port) return address;
    if (this.suspended !== undefined) throw this.suspended;
    const listener = await this.#listen({ host, port });
    if (this.suspended !== undefined) {
      await listener.close();
      throw this.suspended;
    }
    void this.#listener?.close();
    this.#setListener(listener, host);
    return listener.addresses[0];
  }

  #setListener(listener: Listener | undefined, host = EVERYWHERE): void {
    this.#listener = listener;
    this.#at = listener && { host, port: listener.addresses[0].port };
  }

  async #listen(at: PeerAddress): Promise<Listener> {
    const listener = await listen(at, socket => this.#accept(socket));
    if (!this.#closed) return listener;
    await listener.close();
    throw new MillraceError('ERR_CLOSED', 'the session is closed');
  }

  #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#changing.then(change);
    this.#changing = turn.catch(() => {});
    return turn;
  }

  get #host(): string {
    const { listen, bind } = this.#engine.options;
    return this.#at?.host ?? listen?.host ?? bind ?? EVERYWHERE;
  }

  /** As `DiallerHost` says. */
  dial(torrent: LinkDoor, address: PeerAddress, onTurn: () => void): PeerLink | DialRefusal {
    if (this.#closed || this.#suspension !== undefined || this.#isFull) return 'full';
    if (this.admission.bans.hasAddress(address) || this.admission.refuses(address.host)) return 'blocked';
    if (!this.#halfOpen.mayDial(onTurn)) return 'busy';
    const { bind } = this.#engine.options;
    const link = PeerLink.dial(this, this.#engine.nextPeerKey(), torrent, address, {
      bind,
      proxy: this.proxy,
    });
    this.#track(link);
    return link;
  }

  /** Ends connections with those that are blocked now. */
  setBlocked(isBlocked: ((host: string) => boolean) | undefined): void {
    this.admission.setBlocked(isBlocked);
    for (const link of this.#links)
      if (this.admission.refuses(link.address.host)) link.close(blocked(link.address.host));
  }

  /** Nobody comes in or is dialled any more. @returns when nobody is listening any more */
  async stop(error: MillraceError): Promise<void> {
    this.#closed = true;
    const listening = this.#listener?.close();
    this.#halfOpen.close(error);
    await listening;
  }

  closeLinks(error: MillraceError): void {
    this.proxy?.closeAll();
    for (const link of this.#links) link.close(error);
  }

  // --- what links need -----------------------------------------------------------------------------------------

  get peerId(): Uint8Array {
    return this.#engine.peerId;
  }

  get regionAt(): number {
    return this.#engine.arena.receiveAt;
  }

  get kernels(): Kernels {
    return this.#engine.arena.kernels;
  }

  dhtPortFor(host: string): number | undefined {
    return this.dht?.portFor(host);
  }

  metDhtNode(address: PeerAddress): void {
    this.dht?.met(address);
  }

  settled(link: PeerLink): void {
    this.#halfOpen.delete(link);
  }

  closed(link: PeerLink, error: MillraceError | undefined): void {
    this.#halfOpen.delete(link);
    this.#links.delete(link);
    this.#engine.log.debug({ peer: link.name, code: error?.code }, error?.message ?? 'closed by the peer');
  }

  // --- inside --------------------------------------------------------------------------------------------------

  #accept(socket: net.Socket): void {
    const { remoteAddress, remotePort } = socket;
    const host = remoteAddress && plainHost(remoteAddress);
    if (!host || !this.#mayEnter(host)) {
      socket.destroy();
      return;
    }
    const address = { host, port: remotePort! };
    this.#track(PeerLink.accept(this, this.#engine.nextPeerKey(), socket, address));
  }

  #mayEnter(host: string): boolean {
    if (this.#closed || this.#suspension !== undefined) return false;
    if (this.admission.bans.hasHost(host) || this.admission.refuses(host)) return false;
    return !this.#isFull || this.#makeRoom();
  }

  get #isFull(): boolean {
    return this.#links.size >= this.admission.maxConnections;
  }

  /** Who has not said who it is yet gives way, so that silent strangers cannot take all places. */
  #makeRoom(): boolean {
    const { maxConnections: limit } = this.admission;
    const link = this.#halfOpen.evict(
      new MillraceError('ERR_PEER_LIMIT', `more than ${limit} connections`, { limit }),
    );
    return link !== undefined && this.#links.delete(link) && !this.#isFull;
  }

  #track(link: PeerLink): void {
    this.#links.add(link);
    this.#halfOpen.add(link);
  }
}
