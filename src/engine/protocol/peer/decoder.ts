import { readU16, readU32, toHex } from '../../bytes.js';
import { type ErrorFacts, MillraceError } from '../../errors.js';
import { checkBitfield, checkBitfieldBytes } from './bitfield.js';
import type { BlockData, BlockEnd, BlockEvent, BlockStart, ControlMessage, Decoded } from './events.js';
import {
  HANDSHAKE_HEAD_BYTES,
  INFO_HASH_BYTES,
  PEER_ID_BYTES,
  PROTOCOL_HEADER,
  RESERVED_BYTES,
} from './handshake.js';
import { MAX_BLOCK_BYTES, MESSAGE_ID } from './messages.js';

export type * from './events.js';

/** Most bytes that a peer may make the decoder keep or skip; checked before anything is stored. */
export interface WireLimits {
  /** Extended and unknown messages, id included. Defaults to 1 MiB. */
  readonly maxMessageBytes?: number;
  /** Payload of a block, sent or asked for. Defaults to MAX_BLOCK_BYTES, 128 KiB. */
  readonly maxBlockBytes?: number;
  /** Bitfield until the piece count is known; piece indices are held below 8 times it. Defaults to 256 KiB. */
  readonly maxBitfieldBytes?: number;
}

/** The stream starts with a handshake, unless a tool feeds the messages alone. */
export interface DecoderOptions extends WireLimits {
  /** Defaults to true. */
  readonly handshake?: boolean;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What the next bytes are. */
const HEAD = 0;
const PEER_ID = 1;
const PREFIX = 2;
const ID = 3;
const BODY = 4;
const BLOCK_HEADER = 5;
const BLOCK = 6;
const SKIP = 7;
type Stage = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7;

/** Messages of an id and nothing else: one frozen object each. */
const BARE: Readonly<Record<number, ControlMessage>> = Object.fromEntries(
  (['choke', 'unchoke', 'interested', 'not-interested', 'have-all', 'have-none'] as const).map(type => [
    MESSAGE_ID[type],
    Object.freeze({ type }),
  ]),
);
const KEEP_ALIVE: ControlMessage = Object.freeze({ type: 'keep-alive' });

/** Bytes after the id of the messages whose size is fixed. */
const FIXED_BODY_BYTES: Readonly<Record<number, number>> = {
  [MESSAGE_ID.choke]: 0,
  [MESSAGE_ID.unchoke]: 0,
  [MESSAGE_ID.interested]: 0,
  [MESSAGE_ID['not-interested']]: 0,
  [MESSAGE_ID['have-all']]: 0,
  [MESSAGE_ID['have-none']]: 0,
  [MESSAGE_ID.have]: 4,
  [MESSAGE_ID.suggest]: 4,
  [MESSAGE_ID['allowed-fast']]: 4,
  [MESSAGE_ID.request]: 12,
  [MESSAGE_ID.cancel]: 12,
  [MESSAGE_ID.reject]: 12,
  [MESSAGE_ID.port]: 2,
};

/** The stash before and after a large message, so that an idle peer costs little. */
const STASH_BYTES = 64;

/**
 * The receiving side of a peer connection as a state machine: chunks in, events out, pulled one at a time.
 *
 * `push` lends a chunk until `next` has returned undefined. Payload is never copied here: `block-data` names ranges
 * of the chunk. What else lies whole in the chunk is read in place; what is cut over chunks is collected in a stash
 * that grows only as bytes arrive, so a length prefix alone never makes it allocate.
 *
 * Everything that `next` hands out, except block events, stays valid. After an error the decoder stays failed: `next`
 * throws the same error again and `push` drops what it is given.
 */
export class PeerDecoder {
  readonly #maxMessageBytes: number;
  readonly #maxBlockBytes: number;
  readonly #maxBitfieldBytes: number;
  /** -1 until setPieceCount. */
  #pieceCount = -1;
  #error: MillraceError | undefined;

  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  #stash = new Uint8Array(STASH_BYTES);
  #stashed = 0;
  /** Where the bytes that #take has found are. */
  #source: Uint8Array = this.#stash;
  #from = 0;

  #stage: Stage;
  #id = 0;
  /** Bytes of the frame, block or unknown message that are still to come. */
  #remaining = 0;

  readonly #blockStart: Writable<BlockStart> = { type: 'block-start', piece: 0, begin: 0, length: 0 };
  readonly #blockData: Writable<BlockData> = { type: 'block-data', start: 0, end: 0 };
  readonly #blockEnd: BlockEnd = { type: 'block-end' };

  constructor(options: DecoderOptions = {}) {
    this.#maxMessageBytes = options.maxMessageBytes ?? 1024 * 1024;
    this.#maxBlockBytes = options.maxBlockBytes ?? MAX_BLOCK_BYTES;
    this.#maxBitfieldBytes = options.maxBitfieldBytes ?? 256 * 1024;
    this.#stage = (options.handshake ?? true) ? HEAD : PREFIX;
  }

  /** True when the stream may end here: a frame is complete and nothing waits to be read. */
  get idle(): boolean {
    return this.#stage === PREFIX && this.#stashed === 0 && this.#at === this.#end;
  }

  /** From now on a bitfield must fit the torrent exactly and indices must be below `count`. */
  setPieceCount(count: number): void {
    if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`piece count is ${count}`);
    this.#pieceCount = count;
  }

  /**
   * Lends the bytes from `start` to `end` of the chunk until `next` has returned undefined.
   * @throws TypeError when the chunk before has bytes left, RangeError for a range outside the chunk.
   */
  push(chunk: Uint8Array, start: number, end: number): void {
    if (this.#error !== undefined) return;
    if (this.#at < this.#end) throw new TypeError(`${this.#end - this.#at} bytes of the last chunk are left`);
    if (!(start >= 0 && start <= end && end <= chunk.length)) {
      throw new RangeError(`range ${start} to ${end} of a chunk of ${chunk.length} bytes`);
    }
    this.#chunk = chunk;
    this.#at = start;
    this.#end = end;
  }

  /**
   * The next event, or undefined when more bytes are needed.
   * @throws MillraceError ERR_WIRE_HANDSHAKE, ERR_WIRE_MESSAGE or ERR_WIRE_TOO_LARGE.
   */
  next(): Decoded | undefined {
    if (this.#error !== undefined) throw this.#error;
    try {
      return this.#step();
    } catch (error) {
      if (error instanceof MillraceError) this.#fail(error);
      throw error;
    }
  }

  #fail(error: MillraceError): void {
    this.#error = error;
    this.#at = this.#end = 0;
    this.#chunk = this.#stash = this.#source = new Uint8Array(0);
  }

  #step(): Decoded | undefined {
    for (;;) {
      switch (this.#stage) {
        case BLOCK:
          return this.#block();
        case PREFIX: {
          if (!this.#take(4)) return undefined;
          this.#remaining = readU32(this.#source, this.#from);
          if (this.#remaining === 0) return KEEP_ALIVE;
          this.#stage = ID;
          break;
        }
        case ID: {
          if (!this.#take(1)) return undefined;
          this.#id = this.#source[this.#from];
          this.#remaining--;
          this.#stage = this.#checkFrame(this.#id, this.#remaining);
          break;
        }
        case BLOCK_HEADER:
          if (!this.#take(8)) return undefined;
          this.#stage = BLOCK;
          this.#remaining -= 8;
          this.#blockStart.piece = this.#piece(this.#from);
          this.#blockStart.begin = readU32(this.#source, this.#from + 4);
          this.#blockStart.length = this.#remaining;
          return this.#blockStart;
        case BODY:
          if (!this.#take(this.#remaining)) return undefined;
          this.#stage = PREFIX;
          return this.#body();
        case SKIP: {
          const skipped = Math.min(this.#remaining, this.#end - this.#at);
          this.#at += skipped;
          this.#remaining -= skipped;
          if (this.#remaining > 0) return undefined;
          this.#stage = PREFIX;
          break;
        }
        case HEAD: {
          this.#checkProtocol();
          if (!this.#take(HANDSHAKE_HEAD_BYTES)) return undefined;
          this.#stage = PEER_ID;
          const reserved = this.#copy(PROTOCOL_HEADER.length, RESERVED_BYTES);
          const infoHash = toHex(this.#copy(PROTOCOL_HEADER.length + RESERVED_BYTES, INFO_HASH_BYTES));
          return { type: 'handshake', reserved, infoHash };
        }
        case PEER_ID:
          if (!this.#take(PEER_ID_BYTES)) return undefined;
          this.#stage = PREFIX;
          return { type: 'peer-id', peerId: this.#copy(0, PEER_ID_BYTES) };
      }
    }
  }

  #block(): BlockEvent | undefined {
    if (this.#remaining === 0) {
      this.#stage = PREFIX;
      return this.#blockEnd;
    }
    const length = Math.min(this.#remaining, this.#end - this.#at);
    if (length === 0) return undefined;
    this.#blockData.start = this.#at;
    this.#at += length;
    this.#remaining -= length;
    this.#blockData.end = this.#at;
    return this.#blockData;
  }

  /** Refuses a frame by its id and the length of its body, before any of the body is stored. */
  #checkFrame(id: number, length: number): Stage {
    const fixed = FIXED_BODY_BYTES[id];
    if (fixed !== undefined) {
      if (length !== fixed) {
        throw wrong(`message ${id} has ${length} bytes after its id, must have ${fixed}`, {
          id,
          length,
          fixed,
        });
      }
      return BODY;
    }
    if (id === MESSAGE_ID.piece) {
      if (length <= 8)
        throw wrong(`block is ${length - 8} bytes, must be at least 1`, { length: length - 8 });
      this.#checkSize('block', length - 8, this.#maxBlockBytes);
      return BLOCK_HEADER;
    }
    if (id === MESSAGE_ID.bitfield) {
      if (this.#pieceCount >= 0) checkBitfieldBytes(length, this.#pieceCount);
      else this.#checkSize('bitfield', length, this.#maxBitfieldBytes);
      return BODY;
    }
    this.#checkSize(`message ${id}`, length + 1, this.#maxMessageBytes);
    if (id !== MESSAGE_ID.extended) return SKIP;
    if (length === 0) throw wrong('extended message has no extension id', { length });
    return BODY;
  }

  #body(): ControlMessage {
    const message = this.#message();
    if (this.#stash.length > STASH_BYTES) this.#stash = this.#source = new Uint8Array(STASH_BYTES);
    return message;
  }

  #message(): ControlMessage {
    const id = this.#id;
    const at = this.#from;
    switch (id) {
      case MESSAGE_ID.have:
        return { type: 'have', piece: this.#piece(at) };
      case MESSAGE_ID.request:
        return this.#range('request', at);
      case MESSAGE_ID.cancel:
        return this.#range('cancel', at);
      case MESSAGE_ID.reject:
        return this.#range('reject', at);
      case MESSAGE_ID.suggest:
        return { type: 'suggest', piece: this.#piece(at) };
      case MESSAGE_ID['allowed-fast']:
        return { type: 'allowed-fast', piece: this.#piece(at) };
      case MESSAGE_ID.port:
        return { type: 'port', port: readU16(this.#source, at) };
      case MESSAGE_ID.bitfield: {
        const bits = this.#copy(0, this.#remaining);
        if (this.#pieceCount >= 0) checkBitfield(bits, this.#pieceCount);
        return { type: 'bitfield', bits };
      }
      case MESSAGE_ID.extended:
        return { type: 'extended', id: this.#source[at], payload: this.#copy(1, this.#remaining - 1) };
      default:
        return BARE[id];
    }
  }

  #range(type: 'request' | 'cancel' | 'reject', at: number): ControlMessage {
    const piece = this.#piece(at);
    const begin = readU32(this.#source, at + 4);
    const length = readU32(this.#source, at + 8);
    if (length === 0) throw wrong(`${type} is for 0 bytes, must be for at least 1`, { length });
    this.#checkSize(type, length, this.#maxBlockBytes);
    return { type, piece, begin, length };
  }

  #piece(at: number): number {
    const piece = readU32(this.#source, at);
    const limit = this.#pieceCount >= 0 ? this.#pieceCount : this.#maxBitfieldBytes * 8;
    if (piece >= limit) throw wrong(`piece index is ${piece}, must be below ${limit}`, { piece, limit });
    return piece;
  }

  #checkSize(what: string, length: number, limit: number): void {
    if (length > limit) {
      throw new MillraceError('ERR_WIRE_TOO_LARGE', `${what} is ${length} bytes, the limit is ${limit}`, {
        length,
        limit,
      });
    }
  }

  /** A stranger is told by its first bytes, not after 48 of them. */
  #checkProtocol(): void {
    const known = Math.min(this.#stashed, PROTOCOL_HEADER.length);
    const fresh = Math.min(this.#end - this.#at, PROTOCOL_HEADER.length - known);
    for (let i = 0; i < fresh; i++) {
      if (this.#chunk[this.#at + i] !== PROTOCOL_HEADER[known + i]) {
        throw new MillraceError(
          'ERR_WIRE_HANDSHAKE',
          `byte ${known + i} is not that of the protocol string`,
          {
            at: known + i,
          },
        );
      }
    }
  }

  /** Puts the next `length` bytes in one piece at #source, #from; false when they are not all there yet. */
  #take(length: number): boolean {
    const left = this.#end - this.#at;
    if (this.#stashed === 0 && left >= length) {
      this.#source = this.#chunk;
      this.#from = this.#at;
      this.#at += length;
      return true;
    }
    const copied = Math.min(length - this.#stashed, left);
    if (copied > 0) this.#keep(copied, length);
    if (this.#stashed < length) return false;
    this.#source = this.#stash;
    this.#from = 0;
    this.#stashed = 0;
    return true;
  }

  /** Moves bytes of the chunk to the stash, which at most doubles beyond what has arrived. */
  #keep(count: number, length: number): void {
    const filled = this.#stashed + count;
    if (filled > this.#stash.length) {
      const larger = new Uint8Array(Math.max(filled, Math.min(length, 2 * this.#stash.length)));
      larger.set(this.#stash.subarray(0, this.#stashed));
      this.#stash = larger;
    }
    this.#stash.set(this.#chunk.subarray(this.#at, this.#at + count), this.#stashed);
    this.#stashed = filled;
    this.#at += count;
  }

  /** An unshared copy that stays valid: the chunk is only lent. */
  #copy(offset: number, length: number): Uint8Array {
    const copy = new Uint8Array(length);
    copy.set(this.#source.subarray(this.#from + offset, this.#from + offset + length));
    return copy;
  }
}

function wrong(message: string, facts: ErrorFacts): MillraceError {
  return new MillraceError('ERR_WIRE_MESSAGE', message, facts);
}
