import { MillraceError } from '../errors.js';
import type { PeerAddress, PeerKey } from '../ids.js';
import { UploadTurns } from '../policy/upload-turns.js';
import type { ControlMessage } from '../protocol/peer/decoder.js';
import type { PeerFeatures } from '../protocol/peer/features.js';
import { clientName } from '../protocol/peer-id.js';
import type { Action } from '../swarm/actions.js';
import type { PeerCore } from '../swarm/peer-core.js';
import type { TorrentCore } from '../swarm/torrent-core.js';
import { type Acquaintances, formerAddress, historyOf } from './acquaintances.js';
import { Alarm, nowMs } from './clock.js';
import { Doubts } from './doubts.js';
import { connectedElsewhere, dismiss, settleDuplicate, twinsOf } from './duplicates.js';
import { PeerLimits, type SharedLimits } from './limits.js';
import type { LinkTorrent, PeerLink } from './link.js';
import type { MetadataDesk } from './metadata-desk.js';
import { describePeer } from './peer-stats.js';
import type { PieceReader } from './piece-reader.js';
import { Room } from './room.js';
import type { PeerStats } from './types.js';
import { Uploader } from './uploader.js';

/**
 * Blocks after which a turn does not wait for the end of the loop's round: the sender must not run dry meanwhile. With
 * 32 a transfer of 2 GiB over loopback takes 7 to 9 % less CPU time on each side than with 8 (bench/loopback).
 */
const TURN_BLOCKS = 64;

/** And so many messages to one peer, so that what is answered while much is read is not kept as objects. */
const TURN_MESSAGES = 1000;

/** A peer that takes not a byte of what waits for it for so long is gone, whatever it sends: libtorrent `peer_timeout`. */
const SEND_TIMEOUT_MS = 120_000;

export interface NeighboursOptions {
  readonly core: TorrentCore;
  readonly peerId: Uint8Array;
  readonly memory: ArrayBufferLike;
  readonly maxPeers: number;
  readonly sendBufferBytes: number;
  readonly reader: PieceReader;
  readonly metadata: MetadataDesk;
  /** Limits of session and torrent; see `setLevels`. */
  readonly limits: readonly SharedLimits[];
  readonly isBanned: (link: PeerLink) => boolean;
  readonly acquaintances: Acquaintances;
  /** Of connections with peers (BEP 40); undefined while our address is not known. */
  readonly priorityOf: (address: PeerAddress) => number | undefined;
  readonly act: (action: Action) => void;
  /** A turn ended without any neighbour. */
  readonly onAlone: () => void;
  /** A turn is over; what the torrent waits for may have changed. */
  readonly onTurn: (nowMs: number) => void;
  readonly onAttached: (link: PeerLink, client: string) => void;
  /** Where the peer can be dialled is known now. */
  readonly onListens: (link: PeerLink) => void;
  /** The link's peer was at this address before. */
  readonly onMoved: (link: PeerLink, from: PeerAddress) => void;
  readonly onDetached: (link: PeerLink, error: MillraceError | undefined) => void;
}

/**
 * The neighbours of one torrent: joins their connections to the torrent core. What comes in goes to the core at once;
 * what the core wants done is done in turns, so that requests, haves and blocks of a moment leave together.
 */
export class Neighbours implements LinkTorrent {
  readonly links = new Map<PeerKey, PeerLink>();
  readonly uploader: Uploader;
  readonly #alarm = new Alarm(() => this.#onAlarm());
  readonly #limitAlarm = new Alarm(() => this.#onLimitOver());
  readonly #delayed = (untilMs: number) => this.#limitAlarm.setNoLater(untilMs);
  readonly #waitingToRead = new Set<PeerLink>();
  readonly #turns = new UploadTurns();
  readonly #doubts = new Doubts();
  readonly #room: Room;
  #turnScheduled = false;
  #blocksSinceTurn = 0;
  #maxPeers: number;
  #levels: readonly SharedLimits[];
  #closed = false;

  constructor(readonly options: NeighboursOptions) {
    const { core, reader, memory, sendBufferBytes } = options;
    this.#maxPeers = options.maxPeers;
    this.#levels = options.limits;
    this.#room = new Room(options.priorityOf);
    this.uploader = new Uploader(
      core.uploads,
      reader,
      memory,
      sendBufferBytes,
      piece => core.demand(piece),
      this.#delayed,
    );
  }

  /** A rate limit keeps some peer from being read. */
  get held(): boolean {
    return this.#waitingToRead.size > 0;
  }

  // --- links come and go ---------------------------------------------------------------------------------------

  attach(link: PeerLink, features: PeerFeatures, peerId: Uint8Array): PeerCore {
    const { core, isBanned, onAttached, acquaintances } = this.options;
    if (this.#closed) throw new MillraceError('ERR_CLOSED', 'the torrent is closed');
    if (isBanned(link)) throw new MillraceError('ERR_PEER_BANNED', `${link.name} sent bad data before`);
    settleDuplicate(
      this.links.values(),
      link,
      peerId,
      this.options.peerId,
      (other, error) => this.detach(other, error),
      other => this.#doubts.add(other, link),
    );
    link.before = acquaintances.meet(link);
    if (this.links.size >= this.#maxPeers && !this.#makeRoom(link)) throw this.#tooMany();
    const { address, incoming, before } = link;
    const { fast, extended } = features;
    const info = { address, incoming, fast, extended, standing: before?.standing };
    const peer = core.addPeer(link.key, info, nowMs());
    this.links.set(link.key, link);
    link.neighbours = this;
    link.limits = new PeerLimits(this.#levels);
    onAttached(link, clientName(peerId));
    this.#noteMove(link);
    this.#settleTwins(link);
    this.poke();
    return peer;
  }

  /** A peer that is here by IPv4 says that it has an address of IPv6. */
  alsoAt(key: PeerKey, host: string): void {
    const link = this.links.get(key);
    if (link === undefined) return;
    link.alsoAt = host;
    this.#settleTwins(link);
  }

  #settleTwins(link: PeerLink): void {
    const twins = twinsOf(this.links.values(), link);
    if (twins === undefined) return;
    const { surplus, kept } = twins;
    kept.before = historyOf(surplus);
    kept.isOneOfTwo = true;
    dismiss(surplus, connectedElsewhere(kept), (gone, error) => this.detach(gone, error));
    this.#noteMove(kept);
  }

  /** Where there are as many as may be, but no more. */
  #makeRoom(link: PeerLink): boolean {
    if (this.links.size > this.#maxPeers) return false;
    const other = this.#room.whoGivesWay(this.links.values(), link, nowMs());
    if (other === undefined) return false;
    dismiss(other, this.#tooMany(), (gone, error) => this.detach(gone, error));
    return true;
  }

  #noteMove(link: PeerLink): void {
    const from = formerAddress(link);
    if (from !== undefined) this.options.onMoved(link, from);
  }

  /** Peers that came again from elsewhere, and whose old connection stayed silent. */
  #settleDoubts(): void {
    for (const [link, newer] of this.#doubts.settle(this.links)) {
      const error = new MillraceError('ERR_PEER_TIMEOUT', `silent, and its peer is back as ${newer.name}`);
      newer.before = historyOf(link);
      dismiss(link, error, (old, why) => this.detach(old, why));
      this.#noteMove(newer);
    }
  }

  /** A peer that dialled us can be dialled itself. */
  listens(key: PeerKey, port: number): void {
    const link = this.links.get(key);
    if (link === undefined || link.dialAddress !== undefined) return;
    link.dialAddress = { host: link.address.host, port };
    this.options.onListens(link);
    this.#noteMove(link);
  }

  detach(link: PeerLink, error: MillraceError | undefined): void {
    this.#waitingToRead.delete(link);
    if (this.links.delete(link.key)) {
      this.options.acquaintances.part(link);
      this.options.core.removePeer(link.key, nowMs());
      this.poke();
    }
    this.options.onDetached(link, error);
  }

  /** Where there are more already, those who move least leave. */
  setMaxPeers(maxPeers: number): void {
    this.#maxPeers = maxPeers;
    const surplus = this.links.size - maxPeers;
    if (surplus <= 0) return;
    const now = nowMs();
    const rate = ({ peer }: PeerLink) => (peer === undefined ? 0 : peer.down.rate(now) + peer.up.rate(now));
    const slowest = [...this.links.values()].sort((a, b) => rate(a) - rate(b)).slice(0, surplus);
    for (const link of slowest) link.close(this.#tooMany());
  }

  #tooMany(): MillraceError {
    const limit = this.#maxPeers;
    return new MillraceError('ERR_PEER_LIMIT', `${this.links.size} peers, at most ${limit}`, { limit });
  }

  close(error: MillraceError): void {
    this.#closed = true;
    this.#alarm.clear();
    this.#limitAlarm.clear();
    for (const link of [...this.links.values()]) link.close(error);
  }

  // --- what comes in -------------------------------------------------------------------------------------------

  handleMessage(peer: PeerCore, message: ControlMessage): void {
    this.options.core.handleMessage(peer, message, nowMs());
  }

  beginBlock(peer: PeerCore, piece: number, begin: number, length: number): void {
    this.options.core.beginBlock(peer, { piece, begin, length }, nowMs());
  }

  endBlock(peer: PeerCore): void {
    this.options.core.endBlock(peer, nowMs());
  }

  /** Who asks and never reads must not make us keep all the answers; blocks alone stay below half of that. */
  readQuota(link: PeerLink): number {
    if (link.socket.queuedBytes >= 2 * this.options.sendBufferBytes) return 0;
    return link.limits!.readable(nowMs());
  }

  received(link: PeerLink, bytes: number, blocks: number): void {
    const limits = link.limits!;
    const now = nowMs();
    limits.down.take(bytes, now);
    const wait = limits.readDelayMs(now);
    if (wait > 0) {
      this.#waitingToRead.add(link);
      this.#limitAlarm.setNoLater(now + Math.max(5, wait));
    }
    this.#blocksSinceTurn += blocks;
    const messages = link.peer?.outbox.length ?? 0;
    if (this.#blocksSinceTurn >= TURN_BLOCKS || messages >= TURN_MESSAGES) this.turn();
    else this.poke();
  }

  drained(link: PeerLink): void {
    if (link.peer === undefined) return;
    this.uploader.pump(link, link.peer);
    if (link.peer.metadataAsked.length > 0) this.poke();
    this.options.onTurn(nowMs());
  }

  /** Somebody waits for a block of the piece. */
  isAskedFor(piece: number): boolean {
    for (const { peer } of this.links.values())
      if (peer?.uploads.some(range => range.piece === piece)) return true;
    return false;
  }

  // --- turns ---------------------------------------------------------------------------------------------------

  /** Asks for a turn at the end of this round of the event loop. */
  poke(): void {
    if (this.#turnScheduled || this.#closed) return;
    this.#turnScheduled = true;
    setImmediate(() => {
      this.#turnScheduled = false;
      if (!this.#closed) this.turn();
    });
  }

  /** Does what the core wants done and sends what it wants said. */
  turn(): void {
    const { core, act, metadata } = this.options;
    this.#blocksSinceTurn = 0;
    core.settle(nowMs());
    for (let action = core.poll(); action !== undefined; action = core.poll()) act(action);
    if (this.#closed) return; // by whoever heard of an action: what follows would set alarms
    metadata.serve(this.links.values(), this.#delayed);
    for (const peer of core.takeDirty()) this.links.get(peer.key)?.flush(peer);
    this.pumpAll();
    if (core.dirty) this.poke(); // what was sent made it say something
    this.options.onTurn(nowMs());
    this.#alarm.set(core.nextTimeout());
    if (this.links.size === 0) this.options.onAlone();
  }

  /** Sends blocks to everybody who waits for some, piece by piece in turn where a limit makes them share. */
  pumpAll(): void {
    const waiting: PeerLink[] = [];
    for (const link of this.links.values())
      if (link.peer !== undefined && link.peer.uploads.length > 0) waiting.push(link);
    if (waiting.length === 0) return;
    const now = nowMs();
    const limited = waiting.some(link => link.limits!.up.available(now) !== Number.POSITIVE_INFINITY);
    if (!limited) {
      for (const link of waiting) this.uploader.pump(link, link.peer!);
      return;
    }
    while (this.#pumpOne(waiting, now));
  }

  /** Sends a block to the peer whose turn it is, or else begins the turn of the next that can be sent one. */
  #pumpOne(waiting: PeerLink[], now: number): boolean {
    const holder = waiting.findIndex(({ key, peer }) => {
      const head = peer?.uploads[0];
      return head !== undefined && this.#turns.holds(key, head.piece, now);
    });
    if (holder >= 0 && this.uploader.pump(waiting[holder], waiting[holder].peer!, 1) > 0) return true;
    for (let at = 0; at < waiting.length; at++) {
      const link = waiting[at];
      const head = link.peer?.uploads[0];
      if (at === holder || head === undefined) continue;
      if (this.uploader.pump(link, link.peer!, 1) === 0) continue;
      this.#turns.begin(link.key, head.piece, now);
      waiting.push(...waiting.splice(at, 1));
      // Those who had their turn are last in the order of links, too.
      if (this.links.delete(link.key)) this.links.set(link.key, link);
      return true;
    }
    return false;
  }

  /** Other limits than before. */
  setLevels(levels: readonly SharedLimits[]): void {
    this.#levels = levels;
    for (const link of this.links.values()) link.limits = new PeerLimits(levels);
    this.limitsChanged();
  }

  /** Waits that were reckoned with the old limits are over. */
  limitsChanged(): void {
    if (this.#closed) return;
    const now = nowMs();
    for (const link of this.links.values()) link.limits!.refresh(now);
    this.#limitAlarm.set(now);
  }

  /** Of all peers together, without a list of them. */
  rate(direction: 'down' | 'up'): number {
    const now = nowMs();
    let sum = 0;
    for (const { peer } of this.links.values()) if (peer !== undefined) sum += peer[direction].rate(now);
    return sum;
  }

  peerStats(): PeerStats[] {
    const now = nowMs();
    const { pieceCount } = this.options.core.options;
    return Array.from(this.links.values()).flatMap(link => describePeer(link, pieceCount, now) ?? []);
  }

  #onAlarm(): void {
    const now = nowMs();
    this.options.core.handleTimeout(now);
    this.#settleDoubts();
    for (const link of this.links.values())
      if (link.stalledMs(now) >= SEND_TIMEOUT_MS)
        link.close(
          new MillraceError('ERR_PEER_TIMEOUT', `took nothing for ${SEND_TIMEOUT_MS / 1000} s`, {
            limitMs: SEND_TIMEOUT_MS,
          }),
        );
    this.turn();
  }

  #onLimitOver(): void {
    const links = [...this.#waitingToRead];
    this.#waitingToRead.clear();
    for (const link of links) link.socket.resumeReading();
    this.turn();
  }
}
