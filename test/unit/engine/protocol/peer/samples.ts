import { fromHex, utf8 } from '../../../../../src/engine/bytes.js';
import type { Decoded, DecoderOptions } from '../../../../../src/engine/protocol/peer/decoder.js';
import { PeerDecoder } from '../../../../../src/engine/protocol/peer/decoder.js';
import { encodeHandshake } from '../../../../../src/engine/protocol/peer/encoder.js';
import type { Message } from '../../../../../src/engine/protocol/peer/messages.js';

/** 13 pieces: two bytes of bitfield with three spare bits. */
export const PIECES = 13;

/** Every message once, with the bytes that the BEPs give it. */
export const SAMPLES: readonly (readonly [message: Message, hex: string])[] = [
  [{ type: 'keep-alive' }, '00000000'],
  [{ type: 'choke' }, '0000000100'],
  [{ type: 'unchoke' }, '0000000101'],
  [{ type: 'interested' }, '0000000102'],
  [{ type: 'not-interested' }, '0000000103'],
  [{ type: 'have', piece: 12 }, '00000005040000000c'],
  [{ type: 'bitfield', bits: fromHex('80f8') }, '000000030580f8'],
  [{ type: 'request', piece: 1, begin: 16384, length: 16384 }, '0000000d06000000010000400000004000'],
  [{ type: 'cancel', piece: 1, begin: 0, length: 131072 }, '0000000d08000000010000000000020000'],
  [{ type: 'reject', piece: 2, begin: 4294967295, length: 1 }, '0000000d1000000002ffffffff00000001'],
  [{ type: 'port', port: 6881 }, '00000003091ae1'],
  [{ type: 'suggest', piece: 3 }, '000000050d00000003'],
  [{ type: 'have-all' }, '000000010e'],
  [{ type: 'have-none' }, '000000010f'],
  [{ type: 'allowed-fast', piece: 4 }, '000000051100000004'],
  [{ type: 'extended', id: 3, payload: utf8('d1:ai1ee') }, '0000000a140364313a6169316565'],
  [{ type: 'extended', id: 0, payload: new Uint8Array(0) }, '000000021400'],
];

/** A piece message with its block. */
export function blockFrame(piece: number, begin: number, block: Uint8Array): Uint8Array {
  const frame = new Uint8Array(13 + block.length);
  const view = new DataView(frame.buffer);
  view.setUint32(0, 9 + block.length);
  frame[4] = 7;
  view.setUint32(5, piece);
  view.setUint32(9, begin);
  frame.set(block, 13);
  return frame;
}

export const HASH = '0123456789abcdef0123456789abcdef01234567';
export const PEER_ID = utf8('-MR0100-abcdefghijkl');
export const HANDSHAKE = encodeHandshake({ reserved: new Uint8Array(8), infoHash: HASH, peerId: PEER_ID });

/** An event that can be kept and compared: what the consumer of the block has copied is in place of the ranges. */
export type Kept =
  | Exclude<Decoded, { type: 'block-start' | 'block-data' | 'block-end' }>
  | { type: 'piece'; piece: number; begin: number; block: Uint8Array };

/** Feeds the chunks as a socket would: each in one used-up buffer that is overwritten afterwards. */
export class Reader {
  readonly kept: Kept[] = [];
  readonly decoder: PeerDecoder;
  #block = new Uint8Array(0);
  #filled = 0;
  #start = { piece: 0, begin: 0 };

  constructor(options: DecoderOptions & { pieceCount?: number } = {}) {
    this.decoder = new PeerDecoder(options);
    if (options.pieceCount !== undefined) this.decoder.setPieceCount(options.pieceCount);
  }

  feed(bytes: Uint8Array): this {
    // Odd offsets, and garbage around what counts.
    const chunk = new Uint8Array(bytes.length + 5).fill(0xee);
    chunk.set(bytes, 3);
    this.decoder.push(chunk, 3, 3 + bytes.length);
    for (let event = this.decoder.next(); event !== undefined; event = this.decoder.next()) {
      this.#keep(event, chunk);
    }
    chunk.fill(0xdd);
    return this;
  }

  #keep(event: Decoded, chunk: Uint8Array): void {
    if (event.type === 'block-start') {
      this.#start = { piece: event.piece, begin: event.begin };
      this.#block = new Uint8Array(event.length);
      this.#filled = 0;
    } else if (event.type === 'block-data') {
      if (event.end <= event.start) throw new Error('empty range');
      this.#block.set(chunk.subarray(event.start, event.end), this.#filled);
      this.#filled += event.end - event.start;
    } else if (event.type === 'block-end') {
      if (this.#filled !== this.#block.length) throw new Error('block ended early');
      this.kept.push({ type: 'piece', ...this.#start, block: this.#block });
    } else {
      this.kept.push(event);
    }
  }
}
