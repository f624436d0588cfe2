import { MillraceError } from '../errors.js';
import { formatAddress, type InfoHash, type PeerAddress, type PeerKey } from '../ids.js';
import type { PeerSource } from '../policy/peer-list.js';
import type { PeerFeatures } from '../protocol/peer/features.js';
import type { PeerCore } from '../swarm/peer-core.js';
import { Acquaintances } from './acquaintances.js';
import { Announcing, type AnnouncingHost } from './announcing.js';
import { Dialler, type DiallerHost } from './dialler.js';
import type { Discovery, Seeker } from './discovery.js';
import type { Engine } from './engine.js';
import type { EventHub } from './events.js';
import type { LinkDoor, PeerLink } from './link.js';
import type { LinkKeeper } from './torrent-parts.js';
import type { TrackerComplaint, TrackerStats } from './types.js';
import type { Workings } from './workings.js';

export interface PresenceHost extends AnnouncingHost, DiallerHost {
  isBanned(link: PeerLink): boolean;
  ban(address: PeerAddress, link: PeerLink | undefined): void;
  readonly discovery: Discovery;
  /** There is no network at present; torrents that want to be online wait for it. */
  readonly suspended: boolean;
}

/**
 * How a torrent is known and knows others: it announces itself, dials, and takes in who comes. Without trackers nothing
 * is announced, and there is nobody to dial before an address is told: neither takes room until then.
 */
export class Presence implements LinkDoor, LinkKeeper, Seeker {
  /** Online, or would be if there were a network. */
  #wanted = false;
  #online = false;
  #dialler: Dialler | undefined;
  #announcing: Announcing | undefined;
  readonly acquaintances: Acquaintances;

  constructor(
    readonly engine: Engine,
    readonly host: PresenceHost,
    readonly workings: Workings,
    readonly events: EventHub,
    tiers: readonly (readonly string[])[],
  ) {
    this.acquaintances = new Acquaintances(engine.memory, workings.metainfo.infoHash);
    if (tiers.length > 0) this.#announcing = this.#createAnnouncing(tiers);
  }

  get infoHash(): InfoHash {
    return this.workings.metainfo.infoHash;
  }

  get pieceCount(): number {
    return this.workings.metainfo.pieceCount;
  }

  get isPrivate(): boolean {
    return this.workings.metainfo.private;
  }

  get online(): boolean {
    return this.#online;
  }

  get complete(): boolean {
    return this.workings.isComplete;
  }

  get seeks(): boolean {
    return this.workings.lacks;
  }

  /** Where links of the torrent go; undefined while it takes none. */
  get door(): LinkDoor | undefined {
    return this.#online ? this : undefined;
  }

  get links(): ReadonlyMap<PeerKey, PeerLink> {
    return this.workings.links;
  }

  /** Addresses of peers. */
  get known(): number {
    return this.#dialler?.known ?? 0;
  }

  get complaint(): TrackerComplaint | undefined {
    return this.#announcing?.complaint;
  }

  get trackers(): TrackerStats[] {
    return this.#announcing?.stats() ?? [];
  }

  /** Raw URLs. */
  get tiers(): readonly (readonly string[])[] {
    return this.#announcing?.tiers ?? [];
  }

  setTrackers(tiers: readonly (readonly string[])[]): void {
    if (this.#announcing !== undefined) this.#announcing.setTiers(tiers);
    else if (tiers.length > 0) {
      this.#announcing = this.#createAnnouncing(tiers);
      if (this.#online) this.#announcing.start();
    }
  }

  announceAgain(): void {
    this.#announcing?.again();
  }

  start(): void {
    this.#wanted = true;
    if (this.host.suspended) return;
    this.#online = true;
    this.workings.setActive(true);
    this.#announcing?.start();
    this.#dialler?.start();
    if (!this.workings.metainfo.private) this.host.discovery.join(this);
  }

  /** Closes all links. @returns when `stopped` has been told, or after its time-out */
  async stop(why: string): Promise<void> {
    this.#wanted = false;
    if (!this.#online) return;
    this.#goOffline(new MillraceError('ERR_CLOSED', why));
    await this.#announcing?.stop();
  }

  /** There is no network any more: nobody is told. */
  suspend(error: MillraceError): void {
    if (!this.#online) return;
    this.#goOffline(error);
    this.#announcing?.abandon();
  }

  restore(): void {
    if (this.#wanted && !this.#online) this.start();
  }

  add(addresses: readonly PeerAddress[], source: PeerSource): void {
    if (addresses.length === 0) return;
    this.#dialler ??= this.#createDialler();
    this.#dialler.add(addresses, source);
  }

  maxPeersChanged(): void {
    this.#dialler?.setMaxPeers(this.workings.maxPeers);
  }

  /** More is wanted than before. */
  seekAgain(): void {
    this.#dialler?.seekAgain();
  }

  /** All that is wanted is here; only a download that happened is announced. */
  completed(): void {
    if (this.#online) this.#announcing?.completed(this.workings.account.tally.downloaded > 0);
  }

  /** Others reach us elsewhere now. */
  moved(): void {
    this.#announcing?.moved();
  }

  // --- links -----------------------------------------------------------------------------------------------------

  attach(link: PeerLink, features: PeerFeatures, peerId: Uint8Array): PeerCore {
    if (!this.#online) throw new MillraceError('ERR_CLOSED', 'the torrent takes no peers now');
    return this.workings.parts.neighbours.attach(link, features, peerId);
  }

  attached(link: PeerLink, client: string): void {
    this.#dialler?.connected(link);
    this.events.emit({ type: 'peer', address: link.name, client });
  }

  hasMoved(link: PeerLink, from: PeerAddress): void {
    this.#dialler?.hasMoved(link, from);
  }

  listens(link: PeerLink): void {
    this.#dialler ??= this.#createDialler();
    this.#dialler.connected(link);
  }

  detach(link: PeerLink, error: MillraceError | undefined): void {
    this.#dialler?.closed(link, error);
    if (link.peerId !== undefined)
      this.events.emit({ type: 'peer-closed', address: link.name, code: error?.code ?? 'ERR_PEER_CLOSED' });
  }

  isBanned(link: PeerLink): boolean {
    return this.host.isBanned(link);
  }

  ban(address: PeerAddress, reason: string, link: PeerLink | undefined): void {
    this.host.ban(address, link);
    if (link !== undefined) this.acquaintances.ban(link, this.links.values());
    this.events.emit({ type: 'peer-banned', address: link?.name ?? formatAddress(address), reason });
    link?.close(new MillraceError('ERR_PEER_BANNED', `banned: ${reason}`));
  }

  // --- inside ----------------------------------------------------------------------------------------------------

  #goOffline(error: MillraceError): void {
    this.#online = false;
    this.host.discovery.leave(this);
    this.workings.setActive(false);
    this.#dialler?.stop();
    for (const link of [...this.links.values()]) link.close(error);
  }

  #createAnnouncing(tiers: readonly (readonly string[])[]): Announcing {
    const { infoHash, host, engine, workings, events } = this;
    return new Announcing({
      tiers,
      infoHash,
      host,
      engine,
      progress: () => {
        const { uploaded, downloaded } = workings.account.tally;
        return { uploaded, downloaded, left: workings.leftBytes };
      },
      onPeers: peers => this.add(peers, 'tracker'),
      onStatus: ({ url, state, error }) =>
        events.emit({ type: 'tracker', url, state, error: error?.message }),
    });
  }

  #createDialler(): Dialler {
    const dialler = new Dialler(this.engine, this, this.host, () => this.workings.lacks);
    dialler.setMaxPeers(this.workings.maxPeers);
    if (this.#online) dialler.start();
    return dialler;
  }
}
