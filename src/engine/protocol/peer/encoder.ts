import { writeU16, writeU32 } from '../../bytes.js';
import { type BlockRange, MESSAGE_ID, type Message } from './messages.js';

export { encodeHandshake } from './handshake.js';

/** Length prefix, id, piece and begin: what goes before the payload of a block. */
export const PIECE_HEADER_BYTES = 13;

/** Bytes of the encoded message; of a `piece` the header only. */
export function messageBytes(message: Message): number {
  switch (message.type) {
    case 'keep-alive':
      return 4;
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      return 9;
    case 'bitfield':
      return 5 + message.bits.length;
    case 'request':
    case 'cancel':
    case 'reject':
      return 17;
    case 'piece':
      return PIECE_HEADER_BYTES;
    case 'port':
      return 7;
    case 'extended':
      return 6 + message.payload.length;
    default:
      return 5;
  }
}

/**
 * Writes the message at `at` and returns the position after it. Of a `piece` only the header is written, with the
 * length prefix of header and block together; the caller adds the block.
 * @throws RangeError when it does not fit `out`.
 */
export function encodeMessage(message: Message, out: Uint8Array, at: number): number {
  const end = at + messageBytes(message);
  if (end > out.length) throw new RangeError(`message ends at ${end}, the buffer at ${out.length}`);
  writeU32(out, at, end - at - 4);
  if (message.type === 'keep-alive') return end;
  out[at + 4] = MESSAGE_ID[message.type];
  switch (message.type) {
    case 'have':
    case 'suggest':
    case 'allowed-fast':
      writeU32(out, at + 5, message.piece);
      break;
    case 'bitfield':
      out.set(message.bits, at + 5);
      break;
    case 'request':
    case 'cancel':
    case 'reject':
      writeU32(out, at + 5, message.piece);
      writeU32(out, at + 9, message.begin);
      writeU32(out, at + 13, message.length);
      break;
    case 'piece':
      encodePieceHeader(message, out, at);
      break;
    case 'port':
      writeU16(out, at + 5, message.port);
      break;
    case 'extended':
      out[at + 5] = message.id;
      out.set(message.payload, at + 6);
      break;
  }
  return end;
}

/** What goes before a block, {@link PIECE_HEADER_BYTES} of them: nothing but the block is left to be sent. */
export function encodePieceHeader({ piece, begin, length }: BlockRange, out: Uint8Array, at = 0): void {
  writeU32(out, at, PIECE_HEADER_BYTES - 4 + length);
  out[at + 4] = MESSAGE_ID.piece;
  writeU32(out, at + 5, piece);
  writeU32(out, at + 9, begin);
}
