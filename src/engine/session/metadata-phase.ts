import { MillraceError } from '../errors.js';
import { formatAddress, type InfoHash, type PeerAddress, type PeerKey } from '../ids.js';
import { isOpen, MAX_CANDIDATES, type PeerSource } from '../policy/peer-list.js';
import type { PeerFeatures } from '../protocol/peer/features.js';
import { MetadataFetch } from '../swarm/metadata-fetch.js';
import type { PeerCore } from '../swarm/peer-core.js';
import { Announcing } from './announcing.js';
import { Dialler } from './dialler.js';
import type { Seeker } from './discovery.js';
import { settleDuplicate } from './duplicates.js';
import type { Engine } from './engine.js';
import type { LinkDoor, PeerLink } from './link.js';
import { MetadataLinks } from './metadata-links.js';
import type { PresenceHost } from './presence.js';

/** Told to trackers as what is left, while nobody knows; 0 would make us a seed. libtorrent tells the same. */
const UNKNOWN_LEFT = 16 * 1024;

export interface MetadataPhaseOptions {
  readonly engine: Engine;
  readonly host: PresenceHost;
  readonly infoHash: InfoHash;
  readonly tiers: readonly (readonly string[])[];
  readonly maxPeers: number;
}

/** A peer that a torrent can begin with. */
export interface KnownPeer {
  readonly address: PeerAddress;
  readonly sources: readonly PeerSource[];
}

/**
 * What comes before a torrent when a magnet link is added: its info-hash is announced, peers are dialled and taken in,
 * and asked for the info dictionary. Links of the phase end with it; the torrent dials the peers that are known by then.
 */
export class MetadataPhase implements LinkDoor, Seeker {
  readonly pieceCount = undefined;
  readonly complete = false;
  readonly seeks = true;
  /** Nobody knows before the metadata is here. */
  readonly isPrivate = false;
  /** The info dictionary, with the right hash. */
  readonly info: Promise<Uint8Array>;
  #resolve: (info: Uint8Array) => void = () => {};
  #reject: (error: MillraceError) => void = () => {};
  readonly #links: MetadataLinks;
  readonly #dialler: Dialler;
  readonly #announcing: Announcing;
  readonly #known = new Map<string, KnownPeer>();
  #online = false;
  #closing: Promise<void> | undefined;

  constructor(readonly options: MetadataPhaseOptions) {
    const { engine, host, infoHash, tiers, maxPeers } = options;
    this.info = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.info.catch(() => {});
    this.#links = new MetadataLinks({
      fetch: new MetadataFetch({ infoHash, maxBytes: engine.options.maxMetadataBytes, sha1: engine.sha1 }),
      listenPort: host.listenPort,
      pex: () => engine.pex,
      crowded: () => this.links.size >= maxPeers || this.#dialler.crowded,
      onPeers: addresses => this.add(addresses, 'pex'),
      onYourIp: (ip, voter) => engine.own.vote(ip, voter),
      onDone: info => this.#resolve(info),
      onBan: (address, reason, link) => this.#ban(address, reason, link),
      onDetached: (link, error) => this.detach(link, error),
    });
    this.#dialler = new Dialler(engine, this, host, () => true);
    this.#dialler.setMaxPeers(maxPeers);
    this.#announcing = new Announcing({
      ...{ tiers, infoHash, host, engine },
      progress: () => ({ uploaded: 0, downloaded: 0, left: UNKNOWN_LEFT }),
      onPeers: peers => this.add(peers, 'tracker'),
      onStatus: ({ url, state, error }) =>
        engine.log.debug({ torrent: infoHash, url, state, err: error }, 'tracker of a magnet link'),
    });
  }

  get infoHash(): InfoHash {
    return this.options.infoHash;
  }

  get open(): boolean {
    return this.#closing === undefined;
  }

  /** Where links for the info-hash go; undefined while none are taken. */
  get door(): LinkDoor | undefined {
    return this.#online ? this : undefined;
  }

  get links(): ReadonlyMap<PeerKey, PeerLink> {
    return this.#links.links;
  }

  /** Peers to begin the torrent with. */
  get known(): KnownPeer[] {
    for (const link of this.links.values()) this.#rememberCaller(link);
    return [...this.#known.values()];
  }

  /** Further peers, from wherever they are known. */
  add(addresses: readonly PeerAddress[], source: PeerSource): void {
    for (const address of addresses) this.#remember(address, source);
    this.#dialler.add(addresses, source);
  }

  start(): void {
    if (this.#online || !this.open || this.options.host.suspended) return;
    this.#online = true;
    this.#announcing.start();
    this.#dialler.start();
    this.options.host.discovery.join(this);
  }

  /** What we take of peers has changed, or where we listen. */
  greetAgain(): void {
    this.#links.greetAgain();
  }

  /** There is no network any more: nobody is told. */
  suspend(error: MillraceError): void {
    this.#goOffline(error);
    this.#announcing.abandon();
  }

  /** Others reach us elsewhere now. */
  moved(): void {
    this.#announcing.moved();
  }

  /** The metadata is here: ends without a word to the trackers, as the torrent goes on. */
  end(): void {
    this.#closing = Promise.resolve();
    this.suspend(new MillraceError('ERR_CLOSED', 'the metadata is here'));
  }

  /** Nobody wants it any more. @returns when `stopped` has been told, or after its time-out */
  close(error: MillraceError): Promise<void> {
    this.#closing ??= this.#announcing.stop();
    this.#goOffline(error);
    this.#reject(error);
    return this.#closing;
  }

  // --- LinkDoor --------------------------------------------------------------------------------------------------

  attach(link: PeerLink, features: PeerFeatures, peerId: Uint8Array): PeerCore {
    const { host, maxPeers, engine } = this.options;
    if (!this.#online) throw new MillraceError('ERR_CLOSED', 'the metadata is no longer wanted');
    if (host.isBanned(link)) throw new MillraceError('ERR_PEER_BANNED', `${link.name} sent bad data before`);
    settleDuplicate(this.links.values(), link, peerId, engine.peerId, (other, error) =>
      this.#links.detach(other, error),
    );
    if (this.links.size >= maxPeers)
      throw new MillraceError('ERR_PEER_LIMIT', `${this.links.size} peers, at most ${maxPeers}`, {
        limit: maxPeers,
      });
    const peer = this.#links.attach(link, features);
    this.#dialler.connected(link);
    return peer;
  }

  /** A link has ended, taken in or not. */
  detach(link: PeerLink, error: MillraceError | undefined): void {
    this.#rememberCaller(link);
    this.#dialler.closed(link, error);
  }

  // --- inside ----------------------------------------------------------------------------------------------------

  #remember(address: PeerAddress, source: PeerSource): void {
    const key = formatAddress(address);
    const { sources = [] } = this.#known.get(key) ?? {};
    // Half is for those whom trackers and users tell of.
    const most = isOpen(source) ? MAX_CANDIDATES / 2 : MAX_CANDIDATES;
    if (sources.includes(source) || (sources.length === 0 && this.#known.size >= most)) return;
    this.#known.set(key, { address, sources: [...sources, source] });
  }

  /** Who dialled us can be dialled back when it has said where it listens. */
  #rememberCaller({ incoming, address: { host }, peer }: PeerLink): void {
    const port = peer?.listenPort;
    if (incoming && port !== undefined) this.#remember({ host, port }, 'incoming');
  }

  #goOffline(error: MillraceError): void {
    this.#online = false;
    this.options.host.discovery.leave(this);
    this.#dialler.stop();
    this.#links.close(error);
  }

  #ban(address: PeerAddress, reason: string, link: PeerLink | undefined): void {
    const { host, engine, infoHash } = this.options;
    host.ban(address, link);
    this.#known.delete(formatAddress(address));
    const peer = link?.name ?? formatAddress(address);
    engine.log.warn({ torrent: infoHash, peer, reason }, 'a peer was banned');
    link?.close(new MillraceError('ERR_PEER_BANNED', `banned: ${reason}`));
  }
}
