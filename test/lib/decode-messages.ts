import { MillraceError } from '../../src/engine/errors.js';
import {
  type ControlMessage,
  type DecoderOptions,
  PeerDecoder,
} from '../../src/engine/protocol/peer/decoder.js';
import type { BlockRange } from '../../src/engine/protocol/peer/messages.js';

/** A block with its payload. */
export interface PieceMessage extends BlockRange {
  readonly type: 'piece';
  readonly payload: Uint8Array;
}

/**
 * All messages of a recorded stream without its handshake, blocks whole.
 * @throws MillraceError as PeerDecoder does, and ERR_WIRE_MESSAGE when the stream ends within a message.
 */
export function decodeMessages(
  bytes: Uint8Array,
  options: DecoderOptions & { readonly pieceCount?: number } = {},
): (ControlMessage | PieceMessage)[] {
  const decoder = new PeerDecoder({ ...options, handshake: false });
  if (options.pieceCount !== undefined) decoder.setPieceCount(options.pieceCount);
  const messages: (ControlMessage | PieceMessage)[] = [];
  let block: PieceMessage | undefined;
  let filled = 0;
  decoder.push(bytes, 0, bytes.length);
  for (let event = decoder.next(); event !== undefined; event = decoder.next()) {
    if (event.type === 'handshake' || event.type === 'peer-id') continue;
    if (event.type === 'block-start') {
      const { piece, begin, length } = event;
      block = { type: 'piece', piece, begin, length, payload: new Uint8Array(length) };
      filled = 0;
    } else if (event.type === 'block-data') {
      block?.payload.set(bytes.subarray(event.start, event.end), filled);
      filled += event.end - event.start;
    } else if (event.type === 'block-end') {
      if (block) messages.push(block);
    } else {
      messages.push(event);
    }
  }
  if (!decoder.idle) {
    throw new MillraceError('ERR_WIRE_MESSAGE', `stream of ${bytes.length} bytes ends within a message`, {
      length: bytes.length,
    });
  }
  return messages;
}
