import type { BlockRef, Picker } from '../policy/picker.js';
import { BLOCK_BYTES, type BlockRange } from '../protocol/peer/messages.js';
import type { ActionSink } from './actions.js';
import {
  MAX_REQUEST_SECONDS,
  MAX_SLOT_SHARE,
  MAX_VERIFYING_BYTES,
  MAX_VERIFYING_PIECES,
  REFILL_BLOCKS,
  REFILL_SHARE,
  REQUEST_TIMEOUT_MS,
  SNUB_MS,
  WHOLE_PIECE_SECONDS,
} from './limits.js';
import type { PeerCore } from './peer-core.js';
import type { SlotPool } from './ports.js';

/** Where an arriving block goes: an address in the shared memory, or -1 for nowhere. */
export type BlockTarget = number;

/** A piece between its first request and its verification. */
interface OpenPiece {
  readonly at: number;
  readonly length: number;
  verifying: boolean;
}

export type BlockOutcome = 'new' | 'duplicate' | 'unasked';

/**
 * The receiving half: keeps each peer's window full, gives every started piece a slot, and takes blocks in.
 * A block is only ever asked for when its piece has memory, so whatever was asked for can be received.
 */
export class Downloads {
  /** Payload that came, and what of it was of no use. */
  receivedBytes = 0;
  wastedBytes = 0;
  /** The budget was used up at the last attempt to start a piece. */
  starved = false;

  readonly #open = new Map<number, OpenPiece>();
  readonly #blocksPerPiece: number;
  #slotBytes = 0;
  #verifyingBytes = 0;

  constructor(
    readonly picker: Picker,
    readonly slots: SlotPool,
    readonly pieceLength: number,
    readonly peers: ReadonlyMap<number, PeerCore>,
    readonly act: ActionSink,
  ) {
    this.#blocksPerPiece = Math.ceil(pieceLength / BLOCK_BYTES);
  }

  get openPieces(): number {
    return this.#open.size;
  }

  /** Tops the peer's requests up to its window. */
  fill(peer: PeerCore, nowMs: number): void {
    if (!peer.mayRequest || nowMs < peer.quietUntilMs) return;
    const free = peer.window.size - peer.outstanding.size;
    if (free < lotOf(peer)) return;
    const rate = peer.down.rate(nowMs);
    const longest = Math.min(peer.maxBlockBytes, rate * MAX_REQUEST_SECONDS);
    const spare = this.#reserve(Math.ceil(free / this.#blocksPerPiece) + 1);
    const refs = this.picker.pick(
      {
        key: peer.key,
        bitsAt: peer.bitsAt,
        slow: peer.snubbed,
        parole: peer.parole,
        allowed: peer.peerChoking ? peer.allowedIn : undefined,
        suggested: peer.suggested,
        wholePieces: rate * WHOLE_PIECE_SECONDS >= this.pieceLength,
      },
      free,
      spare.length,
      nowMs,
    );
    for (const ref of refs) {
      if (!this.#open.has(ref.piece)) {
        const length = this.picker.pieceBytes(ref.piece);
        this.#open.set(ref.piece, { at: spare.pop()!, length, verifying: false });
        this.#slotBytes += this.pieceLength;
      }
      const key = this.#key(ref);
      const owed = peer.outstanding.get(key);
      if (owed !== undefined) {
        owed.lapsed = false; // given up, but never taken back: the peer owes it still
        continue;
      }
      // A snubbed peer that is asked anew owes a block all the time: the minute of anti-snubbing does not start again.
      if (peer.outstanding.size === 0 && !peer.snubbed) peer.lastBlockMs = nowMs;
      peer.outstanding.set(key, { ref, sentAtMs: nowMs, lapsed: false });
      this.#request(peer, ref, longest);
    }
    peer.starved = this.starved && spare.length === 0 && refs.length < free;
    for (const at of spare) this.slots.release(at);
    const idle = refs.length === 0 && peer.outstanding.size === 0 && nowMs - peer.lastBlockMs >= SNUB_MS;
    if (idle && spare.length === 0 && this.#dropIdle()) this.fill(peer, nowMs);
  }

  /**
   * A block's header came: where to put its payload. Two copies of a block are never written at once. The first that
   * comes later replaces the one that arrives now, which may have stalled; that one stays, unless its sender is given
   * up too: otherwise peers of the same speed would replace each other's copies for ever.
   */
  begin(peer: PeerCore, range: BlockRange): BlockTarget {
    const key = this.#rangeKey(range);
    const asked = peer.outstanding.get(key);
    const open = this.#open.get(range.piece);
    peer.receiving = { key, range, targetAt: -1, replaces: false };
    if (asked === undefined || open === undefined || open.verifying) return -1;
    if (this.picker.isFinished(range.piece, asked.ref.block)) return -1;
    const writer = this.#writerOf(key);
    if (writer?.receiving?.replaces && writer.outstanding.get(key)?.lapsed === false) return -1;
    if (writer?.receiving !== undefined) writer.receiving.targetAt = -1;
    peer.receiving.replaces = writer !== undefined;
    peer.receiving.targetAt = open.at + range.begin;
    return peer.receiving.targetAt;
  }

  /** All of the block that `begin` announced is here. */
  end(peer: PeerCore, nowMs: number): BlockOutcome {
    const { key, range, targetAt } = peer.receiving!;
    peer.receiving = undefined;
    peer.down.add(range.length, nowMs);
    this.receivedBytes += range.length;
    peer.lastBlockMs = nowMs;
    const asked = peer.outstanding.get(key);
    if (asked === undefined) {
      this.wastedBytes += range.length;
      return 'unasked';
    }
    peer.outstanding.delete(key);
    peer.window.blockReceived(range.length, nowMs - asked.sentAtMs, nowMs);
    if (peer.snubbed) {
      peer.snubbed = false;
      peer.window.unsnub();
    }
    if (targetAt < 0) {
      this.wastedBytes += range.length;
      this.picker.release(peer.key, range.piece, asked.ref.block);
      return 'duplicate';
    }
    const outcome = this.picker.received(peer.key, range.piece, asked.ref.block);
    if (outcome !== 'new') {
      this.wastedBytes += range.length;
      return 'duplicate';
    }
    this.#cancelOthers(peer, asked.ref, key);
    if (this.picker.isFull(range.piece)) {
      const open = this.#open.get(range.piece)!;
      open.verifying = true;
      this.#verifyingBytes += this.pieceLength;
      this.act({ type: 'verify', piece: range.piece, at: open.at, length: open.length });
    }
    return 'new';
  }

  /** The slot of a piece that is being verified; -1 when it has none. */
  slotOf(piece: number): number {
    return this.#open.get(piece)?.at ?? -1;
  }

  /** Takes the slot away from the piece; the caller owns it now. */
  takeSlot(piece: number): OpenPiece | undefined {
    const open = this.#open.get(piece);
    if (open === undefined) return undefined;
    this.#open.delete(piece);
    this.#slotBytes -= this.pieceLength;
    if (open.verifying) this.#verifyingBytes -= this.pieceLength;
    this.#stopWriting(piece);
    return open;
  }

  /** After a failed hash the piece keeps its slot and is fetched again. */
  reopen(piece: number): void {
    const open = this.#open.get(piece);
    if (open === undefined || !open.verifying) return;
    open.verifying = false;
    this.#verifyingBytes -= this.pieceLength;
  }

  /** Forgets a piece that is no longer wanted or that could not be written. Late blocks of it go nowhere. */
  drop(piece: number): void {
    this.picker.abort(piece);
    const open = this.takeSlot(piece);
    if (open !== undefined) this.slots.release(open.at);
    for (const peer of this.peers.values())
      for (const [key, { ref }] of peer.outstanding) if (ref.piece === piece) takeBack(peer, key, ref);
  }

  /**
   * Pieces that nobody wants any more give their memory back, whatever is here of them: they would hold it until the
   * end, and with a small budget there would be none for what is wanted.
   */
  dropUnwanted(): void {
    for (const { piece, wanted } of [...this.picker.partials()])
      if (!wanted && !this.#open.get(piece)?.verifying) this.drop(piece);
  }

  /** The peer will not answer this one: rejected or refused. */
  rejected(peer: PeerCore, { piece, begin, length }: BlockRange): void {
    for (let at = begin; at < begin + length; at += BLOCK_BYTES) {
      const key = this.#rangeKey({ piece, begin: at, length: Math.min(BLOCK_BYTES, begin + length - at) });
      const asked = peer.outstanding.get(key);
      if (asked === undefined) continue;
      peer.outstanding.delete(key);
      this.picker.release(peer.key, piece, asked.ref.block);
    }
  }

  /** The peer leaves, or choked us without the Fast Extension, which throws all requests away (BEP 3). */
  releaseAll(peer: PeerCore): void {
    this.picker.releasePeer(peer.key);
    peer.outstanding.clear();
  }

  /** Snubs a silent peer, so that others may take its blocks, and gives up on requests that are too old. */
  expire(peer: PeerCore, nowMs: number): void {
    if (peer.outstanding.size === 0) return;
    if (!peer.snubbed && nowMs - peer.lastBlockMs >= SNUB_MS) {
      peer.snubbed = true;
      peer.window.snub();
      this.picker.releasePeer(peer.key);
      for (const asked of peer.outstanding.values()) asked.lapsed = true;
    }
    for (const [key, asked] of peer.outstanding) {
      if (nowMs - asked.sentAtMs < REQUEST_TIMEOUT_MS) break; // oldest first: insertion order
      if (!asked.lapsed) this.picker.release(peer.key, asked.ref.piece, asked.ref.block);
      takeBack(peer, key, asked.ref);
    }
  }

  /** Drops everything that is not being verified: the torrent stops. */
  dropAll(): void {
    for (const [piece, { verifying }] of [...this.#open]) if (!verifying) this.drop(piece);
  }

  /** Lengthens the last request when the block follows it and the peer takes that much at once. */
  #request(peer: PeerCore, { piece, begin, length }: BlockRef, longest: number): void {
    const last = peer.outbox.at(-1);
    const follows = last?.type === 'request' && last.piece === piece && last.begin + last.length === begin;
    if (!follows || last.length + length > longest) peer.send({ type: 'request', piece, begin, length });
    else (last as { length: number }).length += length; // it was made here and nobody has seen it yet
  }

  #key(ref: BlockRef): number {
    return ref.piece * this.#blocksPerPiece + ref.block;
  }

  /**
   * The key of a range that a peer names, -1 for one that we never ask for. Nothing else may get a key: a `begin` beyond
   * its piece would get that of a block of a later piece, and its payload would land outside of its slot.
   */
  #rangeKey({ piece, begin, length }: BlockRange): number {
    const bytes = this.picker.pieceBytes(piece);
    const ours =
      begin % BLOCK_BYTES === 0 && begin < bytes && length === Math.min(BLOCK_BYTES, bytes - begin);
    return ours ? piece * this.#blocksPerPiece + begin / BLOCK_BYTES : -1;
  }

  /** Slots for pieces that may be started now; fewer than asked for when the budget is nearly used up. */
  #reserve(count: number): number[] {
    const spare: number[] = [];
    const most = Math.max(this.slots.budgetBytes * MAX_SLOT_SHARE, this.pieceLength);
    const behind =
      this.#verifyingBytes >= Math.max(MAX_VERIFYING_BYTES, MAX_VERIFYING_PIECES * this.pieceLength);
    this.starved = false;
    while (spare.length < count) {
      const fits = !behind && this.#slotBytes + (spare.length + 1) * this.pieceLength <= most;
      const at = fits ? this.slots.allocate(this.pieceLength) : -1;
      if (at < 0) {
        this.starved = true;
        break;
      }
      spare.push(at);
    }
    return spare;
  }

  /**
   * A peer has waited for memory for long: a piece that nobody works on makes room for one that it has, first one that no
   * neighbour has. Pieces whose sources have left, or choke us, could hold all memory for ever.
   */
  #dropIdle(): boolean {
    const idle = [...this.picker.partials()].filter(
      ({ piece, requestedBlocks }) => requestedBlocks === 0 && !this.picker.isFull(piece),
    );
    const rank = ({ piece, finishedBlocks }: (typeof idle)[number]) =>
      this.picker.availability(piece) * this.#blocksPerPiece + finishedBlocks;
    idle.sort((a, b) => rank(a) - rank(b));
    if (idle.length > 0) this.drop(idle[0].piece);
    return idle.length > 0;
  }

  #cancelOthers(peer: PeerCore, ref: BlockRef, key: number): void {
    for (const other of this.picker.requesters(ref.piece, ref.block)) {
      const late = other === peer.key ? undefined : this.peers.get(other);
      if (late === undefined || !late.outstanding.has(key)) continue;
      this.picker.release(other, ref.piece, ref.block);
      takeBack(late, key, ref);
    }
  }

  /** The peer whose copy of the block is being written. */
  #writerOf(key: number): PeerCore | undefined {
    for (const peer of this.peers.values())
      if (peer.receiving?.key === key && peer.receiving.targetAt >= 0) return peer;
    return undefined;
  }

  #stopWriting(piece: number): void {
    for (const peer of this.peers.values())
      if (peer.receiving?.range.piece === piece) peer.receiving.targetAt = -1;
  }
}

function takeBack(peer: PeerCore, key: number, { piece, begin, length }: BlockRef): void {
  peer.outstanding.delete(key);
  peer.cancelledBlocks++;
  peer.send({ type: 'cancel', piece, begin, length });
}

/** Fewer free blocks than this are not asked for yet, where blocks that follow each other go in one request. */
function lotOf({ maxBlockBytes, window }: PeerCore): number {
  return maxBlockBytes <= BLOCK_BYTES ? 1 : Math.max(1, Math.min(REFILL_BLOCKS, window.size * REFILL_SHARE));
}
