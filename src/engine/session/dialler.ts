import { bytesEqual } from '../bytes.js';
import type { MillraceError } from '../errors.js';
import { formatAddress, type PeerAddress } from '../ids.js';
import { PeerList, type PeerSource, RETRY_FIRST_MS } from '../policy/peer-list.js';
import { hostKey } from '../policy/subnet.js';
import { Alarm, nowMs } from './clock.js';
import type { Engine } from './engine.js';
import type { LinkDoor, PeerLink } from './link.js';

/** Too many are half-open already; the session has all the connections that it may have; not to this one. */
export type DialRefusal = 'busy' | 'full' | 'blocked';

export interface DiallerHost {
  /** Opens a connection, if it may. When others are busy with theirs, `onTurn` is called once this one's turn has come. */
  dial(torrent: LinkDoor, address: PeerAddress, onTurn: () => void): PeerLink | DialRefusal;
}

/** How long to wait when the session has all the connections that it may have. */
const WAIT_MS = 5_000;

/** Peers remembered that were of no use as both sides had everything; more than anybody dials. */
const MAX_REDUNDANT = 200;

/** A connection that lasted so long was of use although it moved nothing. */
const LASTED_MS = 60_000;

/** Nothing is wrong with the peer. */
const ENDED_BY_US: ReadonlySet<string> = new Set(['ERR_CLOSED', 'ERR_PEER_REDUNDANT', 'ERR_NET_SUSPENDED']);

/** Finds neighbours: dials known addresses while there are too few connections. */
export class Dialler {
  readonly #list: PeerList;
  readonly #dialOn = () => this.#dialMore();
  readonly #alarm = new Alarm(this.#dialOn);
  readonly #dialling = new Set<PeerLink>();
  readonly #redundant: { readonly address: PeerAddress; readonly sources: readonly PeerSource[] }[] = [];
  /** Other addresses of peers that are connected: of before, or told by somebody else. */
  readonly #others = new Map<PeerLink, PeerAddress[]>();
  #wanted: number;
  #running = false;

  constructor(
    engine: Engine,
    readonly torrent: LinkDoor & { readonly links: ReadonlyMap<number, PeerLink> },
    readonly host: DiallerHost,
    /** Something that is wanted is lacking. */
    readonly lacks: () => boolean,
  ) {
    this.#list = new PeerList({ rng: engine.rng, priorityOf: engine.own.priorityOf });
    this.#wanted = placesToDial(engine.options.maxPeersPerTorrent);
  }

  get known(): number {
    return this.#list.size;
  }

  /** Addresses that are dialled now or later, as long as nothing comes between. */
  get dialable(): number {
    return this.#list.dialable;
  }

  /** There are addresses that would be dialled now if there were fewer connections. */
  get crowded(): boolean {
    return !this.#hasRoom && this.#list.nextTimeout() <= nowMs();
  }

  setMaxPeers(maxPeers: number): void {
    this.#wanted = placesToDial(maxPeers);
    this.#dialMore();
  }

  add(addresses: Iterable<PeerAddress>, source: PeerSource): void {
    this.#list.add(source === 'manual' ? addresses : this.#ofUse(addresses), source);
    this.#dialMore();
  }

  start(): void {
    this.#running = true;
    this.seekAgain();
  }

  /** More is wanted than before: those who were of no use may be now. */
  seekAgain(): void {
    for (const { address, sources } of this.#redundant.splice(0))
      for (const source of sources) this.#list.add([address], source);
    this.#dialMore();
  }

  stop(): void {
    this.#running = false;
    this.#alarm.clear();
    for (const link of this.#dialling) link.abandon();
  }

  /** The handshake with the link's peer is over, or it told where it listens. */
  connected(link: PeerLink): void {
    this.#dialling.delete(link);
    const address = link.dialAddress;
    if (address === undefined) return;
    this.#list.connected(address, link.incoming);
    this.#noteSources(link, address);
  }

  /** The link's peer was at another address before: there is no use in dialling that meanwhile. */
  hasMoved(link: PeerLink, from: PeerAddress): void {
    if (!this.#list.hold(from)) return;
    const others = this.#others.get(link);
    if (others === undefined) this.#others.set(link, [from]);
    else others.push(from);
  }

  closed(link: PeerLink, error: MillraceError | undefined): void {
    const dialled = this.#dialling.delete(link);
    this.#settleOthers(link);
    const address = link.dialAddress;
    if (address !== undefined) {
      const now = nowMs();
      if (error?.code === 'ERR_PEER_DUPLICATE') {
        if (error.facts.self === true) this.#list.addOwn(address);
        else if (error.facts.elsewhere === true)
          this.#list.disconnected(address, now); // `hasMoved` follows
        else this.#isKept(link, address, now);
      } else if (error?.code === 'ERR_PEER_BANNED' || error?.code === 'ERR_PEER_BLOCKED')
        this.#list.forget(address);
      else if (error?.code === 'ERR_PEER_REDUNDANT' && !this.lacks()) this.#setAside(address);
      else if (error !== undefined && ENDED_BY_US.has(error.code)) this.#letGo(address, dialled, now);
      else if (dialled) this.#list.failed(address, now);
      else if (link.peer?.seed && !this.lacks())
        this.#setAside(address); // it saw first that both have everything
      else
        this.#list.disconnected(address, now, {
          useful: isUseful(link, now),
          lost: error?.code.startsWith('ERR_NET_') ?? false,
        });
    }
    this.#dialMore();
  }

  /** Two seeds that are told of each other again and again, in the local network every few minutes, meet once. */
  #ofUse(addresses: Iterable<PeerAddress>): PeerAddress[] {
    const lacks = this.lacks();
    const wasOfNone = ({ host, port }: PeerAddress) =>
      this.#redundant.some(({ address }) => address.port === port && address.host === host);
    return [...addresses].filter(address => lacks || !wasOfNone(address));
  }

  /**
   * Its peer is connected by another link, which may know the peer by another address, may be about to be taken in, or
   * may have ended since.
   */
  #isKept(link: PeerLink, address: PeerAddress, now: number): void {
    const kept = keptOf(this.torrent.links.values(), link);
    const other = kept?.dialAddress;
    this.#list.connected(address);
    if (other !== undefined && formatAddress(other) === formatAddress(address)) {
      this.#noteSources(kept!, address);
      return;
    }
    this.#list.disconnected(address, now);
    if (kept !== undefined) this.hasMoved(kept, address);
  }

  /** The list need not have taken it in. */
  #noteSources(link: PeerLink, address: PeerAddress): void {
    const sources = this.#list.sourcesOf(address);
    if (sources.length > 0) link.sources = sources;
  }

  /** Whoever copies the id of a peer keeps us from its real address no longer than it stays. */
  #settleOthers(link: PeerLink): void {
    const others = this.#others.get(link) ?? [];
    this.#others.delete(link);
    for (const address of others)
      if (hasMovedBytes(link) && !link.isOneOfTwo) this.#list.forget(address);
      else this.#list.release(address, nowMs());
  }

  #setAside(address: PeerAddress): void {
    this.#redundant.push({ address, sources: this.#list.sourcesOf(address) });
    this.#list.forget(address);
    if (this.#redundant.length > MAX_REDUNDANT) this.#redundant.shift();
  }

  /** We ended it, so it need not wait to be dialled again. */
  #letGo(address: PeerAddress, dialled: boolean, nowMs: number): void {
    if (dialled) this.#list.undial(address);
    else this.#list.disconnected(address, nowMs - RETRY_FIRST_MS);
  }

  #dialMore(): void {
    if (!this.#running) return;
    const now = nowMs();
    while (this.#hasRoom) {
      const address = this.#list.next(now);
      if (address === undefined) break;
      const link = this.host.dial(this.torrent, address, this.#dialOn);
      if (link === 'blocked') {
        this.#list.forget(address);
        continue;
      }
      if (link === 'busy' || link === 'full') {
        this.#list.undial(address);
        this.#alarm.set(link === 'full' ? now + WAIT_MS : Number.POSITIVE_INFINITY);
        return;
      }
      link.sources = this.#list.sourcesOf(address);
      this.#dialling.add(link);
    }
    // With all places taken, somebody who may be dialled waits for the end of a connection, not for a time.
    this.#alarm.set(this.#hasRoom ? this.#list.nextTimeout() : Number.POSITIVE_INFINITY);
  }

  get #hasRoom(): boolean {
    return this.torrent.links.size + this.#dialling.size < this.#wanted;
  }
}

/** The same id from another host is no duplicate. */
function keptOf(links: Iterable<PeerLink>, dropped: PeerLink): PeerLink | undefined {
  const { peerId, address } = dropped;
  if (peerId === undefined) return undefined;
  const host = hostKey(address.host);
  for (const link of links)
    if (link !== dropped && hostKey(link.address.host) === host && bytesEqual(link.peerId!, peerId))
      return link;
  return undefined;
}

function isUseful(link: PeerLink, now: number): boolean {
  return link.peer === undefined || hasMovedBytes(link) || now - link.openedAtMs >= LASTED_MS;
}

function hasMovedBytes({ peer }: PeerLink): boolean {
  return peer !== undefined && peer.down.total + peer.up.total > 0;
}

/** The other half of the places is for peers that dial us, or two full swarms could not meet. */
function placesToDial(maxPeers: number): number {
  return Math.max(1, Math.ceil(maxPeers / 2));
}
