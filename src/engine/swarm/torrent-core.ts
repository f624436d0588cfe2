import type { PeerKey } from '../ids.js';
import { bitfieldBytes } from '../kernels/types.js';
import { Choker } from '../policy/choker.js';
import { Picker, type Priority } from '../policy/picker.js';
import { BLOCK_BYTES, type BlockRange, type Message } from '../protocol/peer/messages.js';
import type { Action } from './actions.js';
import { Choking } from './choking.js';
import { Completion } from './completion.js';
import { Conduct } from './conduct.js';
import { Downloads } from './downloads.js';
import { Extensions } from './extensions.js';
import { Interest } from './interest.js';
import { MAX_HINTS, TICK_MS } from './limits.js';
import { offerAllowedFast, tellPieces } from './own-pieces.js';
import { PeerCore, type PeerInfo } from './peer-core.js';
import { PeerPieces } from './peer-pieces.js';
import { SuperSeeder } from './super-seeder.js';
import { Suspicion } from './suspicion.js';
import type { TorrentCoreOptions } from './torrent-core-options.js';
import { Uploads } from './uploads.js';

/**
 * One torrent among its neighbours, without sockets, files or clock. Feed it with `addPeer`, `handle*` and
 * `handleTimeout`, then take what it wants done: `poll()` until undefined, and the outbox of every peer that
 * `takeDirty()` names. The same inputs give the same outputs.
 */
export class TorrentCore {
  readonly peers = new Map<PeerKey, PeerCore>();
  readonly picker: Picker;
  readonly downloads: Downloads;
  readonly uploads: Uploads;
  failedPieces = 0;

  readonly #actions: Action[] = [];
  readonly #dirty: PeerCore[] = [];
  readonly #hungry = new Set<PeerCore>();
  readonly #pieces: PeerPieces;
  readonly #completion: Completion;
  readonly #interest: Interest;
  readonly #choking: Choking;
  readonly #conduct: Conduct;
  readonly #extensions: Extensions;
  readonly #suspicion: Suspicion;
  readonly #superSeeder: SuperSeeder;
  #lastTickMs = Number.NEGATIVE_INFINITY;
  #wishesChanged = false;
  #freeSlotCheck = false;
  #active = true;

  constructor(readonly options: TorrentCoreOptions) {
    const { kernels, pieceCount, pieceLength, rng } = options;
    const act = (action: Action) => void this.#actions.push(action);
    const greet = (peer: PeerCore) =>
      this.#extensions.greet(peer, this.picker.finished && !this.#superSeeder.hidesFrom(peer));
    this.picker = new Picker(options);
    this.downloads = new Downloads(this.picker, options.slots, pieceLength, this.peers, act);
    this.uploads = new Uploads(this.picker, act, (peer, piece, length, nowMs) =>
      this.#superSeeder.sent(peer, piece, length, nowMs),
    );
    this.#superSeeder = new SuperSeeder(
      options.superSeeding ?? false,
      this.picker,
      new Uint8Array(kernels.buffer),
      this.peers,
      peer => peer.info.extended && greet(peer),
    );
    this.#pieces = new PeerPieces(kernels, this.picker, {
      greeted: (peer, nowMs) => this.#onGreeted(peer, nowMs),
      gained: (peer, piece, nowMs) => this.#onGained(peer, piece, nowMs),
      lost: peer => peer.amInterested && this.#interest.update(peer),
    });
    this.#completion = new Completion(this.picker, this.peers, act, greet);
    this.#conduct = new Conduct(act);
    this.#interest = new Interest(kernels, this.picker, pieceCount);
    this.#choking = new Choking(
      new Choker({ ...options.choking, slots: options.unchokeSlots, rng }),
      this.uploads,
      this.peers,
      options.slotGrowth ?? 'none',
      pieceLength,
      () => this.#superSeeder.active,
    );
    this.#extensions = new Extensions({
      client: options.client,
      listenPort: options.listenPort ?? (() => undefined),
      ownHost: options.ownHost,
      pieceCount,
      maxBlockBytes: options.maxBlockBytes ?? BLOCK_BYTES,
      metadataBytes: options.metadataBytes,
      pex: options.pex,
      peers: this.peers,
      act,
    });
    this.#suspicion = new Suspicion(kernels, options.heap, this.picker, this.peers);
  }

  // --- outputs -------------------------------------------------------------------------------------------------

  poll(): Action | undefined {
    return this.#actions.shift();
  }

  /** Peers whose outbox has something; each is named once. Empty the outbox after. */
  takeDirty(): PeerCore[] {
    return this.#dirty.length === 0 ? NO_PEERS : this.#dirty.splice(0);
  }

  /** Somebody is to be told something. */
  get dirty(): boolean {
    return this.#dirty.length > 0;
  }

  /** When `handleTimeout` must be called at the latest; Infinity while there is nothing to watch. */
  nextTimeout(): number {
    if (this.peers.size === 0) return Number.POSITIVE_INFINITY;
    return Math.min(this.#lastTickMs + TICK_MS, this.#choking.nextTimeout());
  }

  // --- peers come and go ---------------------------------------------------------------------------------------

  /** The handshake with a peer is over: it is told who we are (BEP 10, as libtorrent first of all) and what we have. */
  addPeer(key: PeerKey, info: PeerInfo, nowMs: number): PeerCore {
    const { heap, kernels, pieceCount, allowedFastSet } = this.options;
    const peer = new PeerCore(key, info, heap.allocate(bitfieldBytes(pieceCount)), nowMs, this.#dirty);
    this.peers.set(key, peer);
    this.#extensions.neighboursChanged();
    this.#pieces.join(peer);
    const hides = this.#superSeeder.takes(peer, nowMs);
    if (info.extended) this.#extensions.greet(peer, this.picker.finished && !hides);
    if (hides) {
      if (info.fast) peer.send({ type: 'have-none' });
      return peer;
    }
    tellPieces(peer, this.picker, kernels);
    if (info.fast && allowedFastSet && this.picker.haveCount > 0) offerAllowedFast(peer, allowedFastSet);
    return peer;
  }

  removePeer(key: PeerKey, _nowMs: number): void {
    const peer = this.peers.get(key);
    if (peer === undefined) return;
    this.downloads.releaseAll(peer);
    this.#pieces.leave(peer);
    this.#suspicion.left(peer);
    this.peers.delete(key);
    this.#extensions.neighboursChanged(peer);
    this.#hungry.delete(peer);
    this.#superSeeder.left(peer);
    peer.outbox.length = 0;
    this.options.heap.free(peer.bitsAt);
    this.#freeSlotCheck = true;
    this.#wakeAll();
  }

  /** @throws MillraceError ERR_WIRE_* when the peer broke the protocol; the caller closes it then. */
  handleMessage(peer: PeerCore, message: Message, nowMs: number): void {
    peer.lastInMs = nowMs;
    switch (message.type) {
      case 'keep-alive':
      case 'port':
        return;
      case 'choke':
        peer.peerChoking = true;
        if (!peer.info.fast) {
          this.downloads.releaseAll(peer);
          this.#wakeAll();
        }
        return;
      case 'unchoke':
        peer.peerChoking = false;
        peer.lastBlockMs = nowMs;
        this.#hungry.add(peer);
        return;
      case 'interested':
      case 'not-interested':
        peer.peerInterested = message.type === 'interested';
        this.#freeSlotCheck = true;
        return;
      case 'have':
        this.#pieces.handleHave(peer, message.piece, nowMs);
        return;
      case 'bitfield':
      case 'have-all':
      case 'have-none':
        this.#pieces.handleGreeting(peer, message, nowMs);
        return;
      case 'request':
        this.uploads.request(peer, message);
        this.#superSeeder.asked(peer, message.piece);
        return;
      case 'cancel':
        this.uploads.cancel(peer, message);
        return;
      case 'reject':
        this.downloads.rejected(peer, message);
        // Asked again at once, a peer that rejects whatever it is asked would keep both sides busy for nothing.
        if (!peer.peerChoking) peer.quietUntilMs = nowMs + TICK_MS;
        if (peer.peerChoking) peer.allowedIn.delete(message.piece);
        this.#wakeAll();
        return;
      case 'suggest':
        if (peer.suggested.length < MAX_HINTS) peer.suggested.push(message.piece);
        return;
      case 'allowed-fast':
        if (peer.allowedIn.size < MAX_HINTS) peer.allowedIn.add(message.piece);
        this.#hungry.add(peer);
        return;
      case 'extended':
        this.#extensions.handle(peer, message, piece => this.#pieces.handleDontHave(peer, piece), nowMs);
        this.#completion.dropIfRedundant(peer);
        return;
      case 'piece':
        throw new TypeError('payload goes through beginBlock and endBlock');
    }
  }

  /** Payload starts to arrive. @returns where it goes, -1 to throw it away; see `peer.receiving` for later changes */
  beginBlock(peer: PeerCore, range: BlockRange, nowMs: number): number {
    peer.lastInMs = nowMs;
    return this.downloads.begin(peer, range);
  }

  /** The payload that `beginBlock` announced is complete. */
  endBlock(peer: PeerCore, nowMs: number): void {
    const outcome = this.downloads.end(peer, nowMs);
    this.#hungry.add(peer);
    if (outcome === 'unasked') this.#conduct.unasked(peer);
  }

  // --- answers to actions --------------------------------------------------------------------------------------

  /** The answer to a `verify` action: the piece is good and written, or its hash was wrong. */
  handleVerified(piece: number, good: boolean): void {
    const at = this.downloads.slotOf(piece);
    if (!good) {
      this.failedPieces++;
      this.downloads.wastedBytes += this.picker.pieceBytes(piece);
      for (const { peer, reason } of this.#suspicion.failed(piece, at)) this.#ban(peer, reason);
      this.picker.failed(piece);
      this.downloads.reopen(piece);
      if (!this.#active || !this.picker.isWanted(piece)) this.downloads.drop(piece);
      this.#actions.push({ type: 'piece-failed', piece });
      this.#wakeAll();
      return;
    }
    for (const { peer, reason } of this.#suspicion.passed(piece, at)) this.#ban(peer, reason);
    const open = this.downloads.takeSlot(piece);
    this.picker.verified(piece);
    if (open !== undefined) this.#actions.push({ type: 'piece', piece, at: open.at, length: open.length });
    for (const peer of this.peers.values()) {
      if (!peer.seed) peer.send({ type: 'have', piece });
      if (peer.amInterested && this.#pieces.has(peer, piece)) this.#interest.update(peer);
    }
    if (this.downloads.starved) this.#wakeAll();
    this.#completion.check();
  }

  /** The piece could not be written: it is free again; the session decides what becomes of the torrent. */
  handleUnwritten(piece: number): void {
    this.downloads.drop(piece);
    this.#wakeAll();
  }

  /** The bytes of the info dictionary, or none any more, for the oldest entry of the peer's `metadataAsked`. */
  handleMetadata(peer: PeerCore, info: Uint8Array | undefined): void {
    this.#extensions.offers?.answer(peer, info);
  }

  handleTimeout(nowMs: number): void {
    if (nowMs >= this.#choking.nextTimeout()) this.#choking.review(nowMs, this.picker.finished);
    if (nowMs < this.#lastTickMs + TICK_MS) return; // as nextTimeout says it, to the last bit
    this.#lastTickMs = nowMs;
    for (const peer of [...this.peers.values()]) {
      this.downloads.expire(peer, nowMs);
      this.#conduct.tick(peer, nowMs);
    }
    this.#extensions.tick(nowMs);
    this.#superSeeder.tick(nowMs);
    this.#freeSlotCheck ||= this.#superSeeder.active; // its slots grow with what it sends
    this.#wakeAll();
    this.settle(nowMs);
  }

  /** Ends a turn of input: asks for blocks where there is room, fills free unchoke slots. Call it before flushing. */
  settle(nowMs: number): void {
    if (this.#wishesChanged) {
      this.#wishesChanged = false;
      this.downloads.dropUnwanted();
      this.#completion.follow();
    }
    if (this.#active) for (const peer of this.#hungry) this.downloads.fill(peer, nowMs);
    this.#hungry.clear();
    if (this.#freeSlotCheck) {
      this.#freeSlotCheck = false;
      this.#choking.fillFreeSlots(nowMs, this.picker.finished);
      this.#superSeeder.changed();
    }
    this.#superSeeder.settle(nowMs);
    for (const peer of this.#dirty) peer.lastOutMs = nowMs;
  }

  // --- the owner's wishes --------------------------------------------------------------------------------------

  /**
   * Pieces [from, to) at a priority. Interest follows at once, everything else at the end of the turn: between two calls
   * nothing may be wanted for a moment, and a download that drops its pieces or says that it is complete cannot undo it.
   */
  setPriority(from: number, to: number, priority: Priority): void {
    this.picker.setPriority(from, to, priority);
    this.#completion.reopen();
    for (const peer of this.peers.values()) this.#interest.update(peer);
    this.#wakeAll();
    this.#wishesChanged = true;
  }

  /** These pieces first, in this order, whatever their rarity: somebody waits for them. */
  setUrgent(pieces: readonly number[]): void {
    this.picker.setUrgent(pieces);
    this.#wakeAll();
  }

  /** Piece is known to be good from an earlier session or a check. */
  markHave(piece: number): void {
    this.picker.markHave(piece);
  }

  /** The owner knows that everything is here: what the core of a seed begins with that had rested. */
  completeIsTold(): void {
    this.#completion.isTold();
  }

  /** A check finds out what is here: until `checkComplete`, completion is not told. */
  beginCheck(): void {
    this.#completion.beginCheck();
  }

  /** After a check: everything may already be here, or what was complete no longer is. */
  checkComplete(): void {
    this.#completion.endCheck();
  }

  /** Peers are told again what we take, as something of it has changed. */
  greetAgain(): void {
    this.#completion.greetAgain();
  }

  /** Neighbours that may ask us for the piece: interested, unchoked, without it as far as we know. */
  demand(piece: number): number {
    let peers = 0;
    for (const peer of this.peers.values())
      if (peer.peerInterested && !peer.amChoking && !this.#pieces.has(peer, piece)) peers++;
    return peers;
  }

  /** Memory came free: starved peers may ask again. */
  memoryFreed(): void {
    if (this.downloads.starved) this.#wakeAll();
  }

  /** A stopped torrent asks for nothing and holds no memory for pieces that it had begun. */
  setActive(active: boolean): void {
    this.#active = active;
    if (active) this.#wakeAll();
    else this.downloads.dropAll();
  }

  dispose(): void {
    for (const key of [...this.peers.keys()]) this.removePeer(key, 0);
    this.downloads.dropAll();
    // Slots that travel with an action nobody will take any more.
    for (const action of this.#actions)
      if (action.type === 'verify' || action.type === 'piece') this.options.slots.release(action.at);
    this.#actions.length = 0;
    this.#suspicion.dispose();
    this.picker.dispose();
  }

  // --- inside --------------------------------------------------------------------------------------------------

  #onGreeted(peer: PeerCore, nowMs: number): void {
    this.#extensions.neighboursChanged();
    this.#superSeeder.greeted(peer, nowMs);
    this.#interest.update(peer);
    this.#hungry.add(peer);
    this.#completion.dropIfRedundant(peer);
  }

  #onGained(peer: PeerCore, piece: number, nowMs: number): void {
    this.#superSeeder.seen(peer, piece, nowMs);
    if (this.#interest.gained(peer, piece) || peer.amInterested) this.#hungry.add(peer);
    this.#completion.dropIfRedundant(peer);
  }

  #ban(peer: PeerCore, reason: string): void {
    const { host, port } = peer.info.address;
    this.#actions.push({
      type: 'ban',
      peer: peer.key,
      address: { host, port: peer.listenPort ?? port },
      reason,
    });
  }

  #wakeAll(): void {
    for (const peer of this.peers.values())
      if (peer.mayRequest && peer.outstanding.size < peer.window.size) this.#hungry.add(peer);
  }
}

const NO_PEERS: PeerCore[] = [];
