import { MillraceError } from '../errors.js';
import type { PeerKey } from '../ids.js';
import { bitfieldBytes, type Heap, type Kernels } from '../kernels/types.js';
import { Choker, type ChokerOptions } from '../policy/choker.js';
import { Picker, type Priority } from '../policy/picker.js';
import { hasBit } from '../policy/picker-bits.js';
import type { Rng } from '../policy/rng.js';
import type { SlotGrowth } from '../policy/unchoke-slots.js';
import type { IpFamily } from '../protocol/compact.js';
import { BLOCK_BYTES, type BlockRange, type Message } from '../protocol/peer/messages.js';
import type { Action } from './actions.js';
import { clearBit, setAllBits, setBit } from './bits.js';
import { Choking } from './choking.js';
import { Downloads } from './downloads.js';
import { Extensions } from './extensions.js';
import { Interest } from './interest.js';
import {
  ALLOWED_FAST_COUNT,
  KEEP_ALIVE_MS,
  MAX_HINTS,
  MAX_UNASKED_BLOCKS,
  PEER_TIMEOUT_MS,
  TICK_MS,
  UNASKED_BLOCKS_PER_TICK,
} from './limits.js';
import { PeerCore, type PeerInfo } from './peer-core.js';
import type { SlotPool } from './ports.js';
import { SuperSeeder, type SuperSeedMode } from './super-seeder.js';
import { Suspicion } from './suspicion.js';
import { Uploads } from './uploads.js';

export interface TorrentCoreOptions {
  readonly kernels: Kernels;
  readonly heap: Heap;
  readonly slots: SlotPool;
  readonly rng: Rng;
  readonly pieceCount: number;
  readonly pieceLength: number;
  readonly length: number;
  readonly padding?: readonly { offset: number; length: number }[];
  readonly sequential?: boolean;
  /** See PickerOptions. */
  readonly randomFirstPieces?: number;
  /** Times of the reviews; see ChokerOptions for what they default to. */
  readonly choking?: Pick<ChokerOptions, 'reviewMs' | 'optimisticMs' | 'optimisticSlots'>;
  /** Unchoke slots; Infinity unchokes everybody who is interested (profile `cluster`). */
  readonly unchokeSlots: number;
  /** What adds slots. Defaults to none. */
  readonly slotGrowth?: SlotGrowth;
  /** Defaults to false. */
  readonly superSeeding?: SuperSeedMode;
  /** Most bytes asked for by one request of a peer that takes more than 16 KiB. Defaults to 16 KiB. */
  readonly maxBlockBytes?: number;
  /** Our client name and the port where we listen, for the extension handshake. */
  readonly client: string;
  readonly listenPort?: () => number | undefined;
  /** As whom everybody knows us by this family, if others reach us there. */
  readonly ownHost?: (family: IpFamily) => string | undefined;
  /** Size of the info dictionary, when peers may ask for it (BEP 9). */
  readonly metadataBytes?: number;
  /** Whether peers exchange addresses at present (BEP 11); absent when they never may, as in a private torrent. */
  readonly pex?: () => boolean;
  /** The set of pieces that a new peer gets although choked (BEP 6); empty where it does not apply. */
  readonly allowedFastSet?: (host: string, count: number) => number[];
}

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
  readonly #interest: Interest;
  readonly #choking: Choking;
  readonly #extensions: Extensions;
  readonly #suspicion: Suspicion;
  readonly #superSeeder: SuperSeeder;
  readonly #memory: Uint8Array;
  #lastTickMs = Number.NEGATIVE_INFINITY;
  #announcedComplete = false;
  /** What the peers were told last: that we want nothing (BEP 21). */
  #uploadOnly = false;
  #wishesChanged = false;
  #freeSlotCheck = false;
  #active = true;
  #checking = false;

  constructor(readonly options: TorrentCoreOptions) {
    const { kernels, pieceCount, pieceLength, rng } = options;
    const act = (action: Action) => void this.#actions.push(action);
    this.#memory = new Uint8Array(kernels.buffer);
    this.picker = new Picker(options);
    this.downloads = new Downloads(this.picker, options.slots, pieceLength, this.peers, act);
    this.uploads = new Uploads(this.picker, act, (peer, piece, length, nowMs) =>
      this.#superSeeder.sent(peer, piece, length, nowMs),
    );
    this.#superSeeder = new SuperSeeder(
      options.superSeeding ?? false,
      this.picker,
      this.#memory,
      this.peers,
      peer => peer.info.extended && this.#extensions.greet(peer, this.picker.finished),
    );
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
    const { heap, pieceCount } = this.options;
    const peer = new PeerCore(key, info, heap.allocate(bitfieldBytes(pieceCount)), nowMs, this.#dirty);
    this.peers.set(key, peer);
    this.#extensions.neighboursChanged();
    this.picker.addPeer(peer.bitsAt); // counts as a neighbour although it has told of no piece
    const hides = this.#superSeeder.takes(peer, nowMs);
    if (info.extended) this.#extensions.greet(peer, this.picker.finished && !hides);
    if (hides) {
      if (info.fast) peer.send({ type: 'have-none' });
      return peer;
    }
    this.#tellPieces(peer);
    if (info.fast && this.picker.haveCount > 0) this.#offerAllowedFast(peer);
    return peer;
  }

  removePeer(key: PeerKey, _nowMs: number): void {
    const peer = this.peers.get(key);
    if (peer === undefined) return;
    this.downloads.releaseAll(peer);
    if (peer.seed) this.picker.removeSeed();
    else this.picker.removePeer(peer.bitsAt);
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
        this.#handleHave(peer, message.piece, nowMs);
        return;
      case 'bitfield':
      case 'have-all':
      case 'have-none':
        this.#handleGreeting(peer, message, nowMs);
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
        this.#extensions.handle(peer, message, piece => this.#handleDontHave(peer, piece), nowMs);
        this.#dropIfRedundant(peer);
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
    if (outcome === 'unasked' && ++peer.unaskedBlocks > MAX_UNASKED_BLOCKS)
      this.#disconnect(
        peer,
        new MillraceError(
          'ERR_WIRE_MESSAGE',
          `${peer.unaskedBlocks} blocks that nobody asked for, at most ${MAX_UNASKED_BLOCKS} are put up with`,
          { blocks: peer.unaskedBlocks, limit: MAX_UNASKED_BLOCKS },
        ),
      );
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
      if (!this.picker.isWanted(piece)) this.downloads.drop(piece);
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
      if (peer.amInterested && (peer.seed || hasBit(this.#memory, peer.bitsAt, piece)))
        this.#interest.update(peer);
    }
    if (this.downloads.starved) this.#wakeAll();
    this.#checkComplete();
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
      peer.unaskedBlocks = Math.max(0, peer.unaskedBlocks - UNASKED_BLOCKS_PER_TICK);
      if (nowMs - peer.lastInMs >= PEER_TIMEOUT_MS)
        this.#disconnect(
          peer,
          new MillraceError('ERR_PEER_TIMEOUT', `silent for ${PEER_TIMEOUT_MS / 1000} s`, {
            limitMs: PEER_TIMEOUT_MS,
          }),
        );
      else if (nowMs - peer.lastOutMs >= KEEP_ALIVE_MS) peer.send({ type: 'keep-alive' });
    }
    this.#extensions.tick(nowMs);
    this.#superSeeder.tick(nowMs);
    this.#freeSlotCheck ||= this.#superSeeder.active; // its slots grow with what it sends
    this.#wakeAll();
    this.settle(nowMs);
  }

  /** Ends a turn of input: asks for blocks where there is room, fills free unchoke slots. Call it before flushing. */
  settle(nowMs: number): void {
    if (this.#wishesChanged) this.#followWishes();
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
    if (!this.picker.finished) this.#announcedComplete = false;
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
    this.#announcedComplete = true;
    this.#uploadOnly = true;
  }

  /** A check finds out what is here: until `checkComplete`, completion is not told. */
  beginCheck(): void {
    this.#checking = true;
  }

  /** After a check: everything may already be here, or what was complete no longer is. */
  checkComplete(): void {
    this.#checking = false;
    if (!this.picker.finished) this.#announcedComplete = false;
    this.#checkComplete();
    this.#tellUploadOnly();
  }

  /** Peers are told again what we take, as something of it has changed. */
  greetAgain(): void {
    const { finished } = this.picker;
    for (const peer of this.peers.values()) if (peer.info.extended) this.#extensions.greet(peer, finished);
  }

  /** Neighbours that may ask us for the piece: interested, unchoked, without it as far as we know. */
  demand(piece: number): number {
    let peers = 0;
    for (const peer of this.peers.values())
      if (peer.peerInterested && !peer.amChoking && !hasBit(this.#memory, peer.bitsAt, piece)) peers++;
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

  #bits(peer: PeerCore): Uint8Array {
    return new Uint8Array(this.options.kernels.buffer, peer.bitsAt, bitfieldBytes(this.options.pieceCount));
  }

  #tellPieces(peer: PeerCore): void {
    const { pieceCount, kernels } = this.options;
    if (peer.info.fast && this.picker.complete) peer.send({ type: 'have-all' });
    else if (peer.info.fast && this.picker.haveCount === 0) peer.send({ type: 'have-none' });
    else if (this.picker.haveCount > 0)
      peer.send({
        type: 'bitfield',
        bits: new Uint8Array(kernels.buffer, this.picker.haveAt, bitfieldBytes(pieceCount)).slice(),
      });
  }

  #offerAllowedFast(peer: PeerCore): void {
    for (const piece of this.options.allowedFastSet?.(peer.info.address.host, ALLOWED_FAST_COUNT) ?? []) {
      peer.allowedOut.add(piece);
      peer.send({ type: 'allowed-fast', piece });
    }
  }

  #handleGreeting(peer: PeerCore, message: Message, nowMs: number): void {
    const late = peer.greeted || peer.haveCount > 0;
    if ((message.type !== 'bitfield' && !peer.info.fast) || (late && message.type === 'have-none'))
      throw new MillraceError('ERR_WIRE_MESSAGE', `${message.type} is only allowed as the first message`, {});
    if (late) {
      // BEP 3 and 6 want these first, but aria2 1.36 sends them wherever they are shorter than the haves that it owes.
      this.#handleLateGreeting(peer, message.type === 'bitfield' ? message.bits : undefined, nowMs);
      return;
    }
    peer.greeted = true;
    if (message.type === 'have-none') return;
    const { pieceCount, kernels } = this.options;
    const bits = this.#bits(peer);
    this.picker.removePeer(peer.bitsAt); // so far it counted with no pieces
    if (message.type === 'bitfield') bits.set(message.bits);
    else setAllBits(bits, pieceCount); // have-all
    peer.haveCount = kernels.bitCount(peer.bitsAt, bits.length);
    peer.seed = peer.haveCount === pieceCount;
    this.#extensions.neighboursChanged();
    if (peer.seed) this.picker.addSeed();
    else this.picker.addPeer(peer.bitsAt);
    this.#superSeeder.greeted(peer, nowMs);
    this.#interest.update(peer);
    this.#hungry.add(peer);
    this.#dropIfRedundant(peer);
  }

  /** Pieces that are new in `told`, or in all, become haves. Byte by byte: five bytes of message can name 500,000 pieces. */
  #handleLateGreeting(peer: PeerCore, told: Uint8Array | undefined, nowMs: number): void {
    const bits = this.#bits(peer);
    for (let at = 0; !peer.seed && at < bits.length; at++) {
      const fresh = (told?.[at] ?? 0xff) & ~bits[at];
      const end = fresh === 0 ? 0 : Math.min(8 * at + 8, this.options.pieceCount);
      for (let piece = 8 * at; piece < end; piece++)
        if (fresh & (0x80 >>> (piece & 7))) this.#handleHave(peer, piece, nowMs);
    }
  }

  #handleHave(peer: PeerCore, piece: number, nowMs: number): void {
    const bits = this.#bits(peer);
    if (hasBit(this.#memory, peer.bitsAt, piece)) return;
    setBit(bits, piece);
    peer.haveCount++;
    this.picker.addHave(piece);
    if (peer.haveCount === this.options.pieceCount) {
      // From now on counted with the seeds: its bits leave the table in one go.
      this.picker.removePeer(peer.bitsAt);
      this.picker.addSeed();
      peer.seed = true;
    }
    this.#superSeeder.seen(peer, piece, nowMs);
    if (this.#interest.gained(peer, piece) || peer.amInterested) this.#hungry.add(peer);
    this.#dropIfRedundant(peer);
  }

  #handleDontHave(peer: PeerCore, piece: number): void {
    if (piece >= this.options.pieceCount || !hasBit(this.#memory, peer.bitsAt, piece)) return;
    if (peer.seed) {
      peer.seed = false;
      this.picker.breakSeed(peer.bitsAt);
    }
    this.picker.removeHave(piece);
    clearBit(this.#bits(peer), piece);
    peer.haveCount--;
    if (peer.amInterested) this.#interest.update(peer);
  }

  /** Two peers that both have everything have nothing to say to each other. */
  #dropIfRedundant(peer: PeerCore): void {
    if (!(this.picker.complete && peer.seed) && !(this.picker.finished && peer.uploadOnly && peer.greeted))
      return;
    this.#disconnect(peer, new MillraceError('ERR_PEER_REDUNDANT', 'both sides have all that they want'));
  }

  #followWishes(): void {
    this.#wishesChanged = false;
    this.downloads.dropUnwanted();
    this.#checkComplete();
    this.#tellUploadOnly();
  }

  #checkComplete(): void {
    if (this.#checking || !this.picker.finished || this.#announcedComplete) return;
    this.#announcedComplete = true;
    this.#actions.push({ type: 'complete' });
    this.#tellUploadOnly();
    for (const peer of [...this.peers.values()]) this.#dropIfRedundant(peer);
  }

  /** Peers that think of us as upload-only might leave, others might wait for us in vain: tell them when it changes. */
  #tellUploadOnly(): void {
    const { finished } = this.picker;
    if (finished === this.#uploadOnly) return;
    this.#uploadOnly = finished;
    this.greetAgain();
  }

  #disconnect(peer: PeerCore, error: MillraceError): void {
    this.#actions.push({ type: 'disconnect', peer: peer.key, error });
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
