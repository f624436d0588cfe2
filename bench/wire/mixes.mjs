// What really passes over the wire of a peer: as messages, and as the bytes that the encoder makes of them.
import { encodeMessage, messageBytes } from '../../dist/engine/protocol/peer/encoder.js';
import { BLOCK_BYTES } from '../../dist/engine/protocol/peer/messages.js';

/** Pieces of the torrent: 4 GiB at 256 KiB. */
export const PIECES = 16_384;
const BLOCKS_PER_PIECE = 16;

/** Neighbours that tell what they have while we receive. */
const NEIGHBOURS = 50;

/**
 * @typedef {object} Mix
 * @property {string} name
 * @property {string} meaning
 * @property {readonly object[]} messages
 */

/** @returns {Mix[]} */
export function mixes() {
  return [
    {
      name: 'downloading',
      meaning: 'blocks of 16 KiB, a have for every piece of one neighbour, now and then choke and unchoke',
      messages: downloading(),
    },
    {
      name: 'uploading',
      meaning: 'requests, a have for every piece, one cancel in 64 requests',
      messages: uploading(),
    },
    {
      name: 'gossip',
      meaning: `haves of ${NEIGHBOURS} neighbours, interest, choke, one extended message in 200`,
      messages: gossip(),
    },
    {
      name: 'greeting',
      meaning: 'the start of a connection: extended handshake, bitfield, allowed fast, interest, unchoke',
      messages: greeting(),
    },
  ];
}

function downloading() {
  const messages = [];
  for (let piece = 0; piece < 8; piece++) {
    for (let block = 0; block < BLOCKS_PER_PIECE; block++)
      messages.push({ type: 'piece', piece, begin: block * BLOCK_BYTES, length: BLOCK_BYTES });
    messages.push({ type: 'have', piece: piece * 1021 });
  }
  messages.push({ type: 'choke' }, { type: 'unchoke' }, { type: 'keep-alive' });
  return messages;
}

function uploading() {
  const messages = [{ type: 'interested' }];
  for (let piece = 0; piece < 512; piece++) {
    for (let block = 0; block < BLOCKS_PER_PIECE; block++)
      messages.push({ type: 'request', piece, begin: block * BLOCK_BYTES, length: BLOCK_BYTES });
    if (piece % 4 === 0) messages.push({ type: 'cancel', piece, begin: 0, length: BLOCK_BYTES });
    messages.push({ type: 'have', piece });
  }
  return messages;
}

function gossip() {
  const messages = [];
  const pex = new Uint8Array(180).fill(0x61);
  for (let i = 0; i < 8000; i++) {
    messages.push({ type: 'have', piece: (i * 7919) % PIECES });
    if (i % 100 === 50) messages.push({ type: i % 200 === 50 ? 'interested' : 'not-interested' });
    if (i % 200 === 0) messages.push({ type: 'extended', id: 1, payload: pex });
    if (i % 400 === 0) messages.push({ type: 'choke' }, { type: 'unchoke' });
  }
  return messages;
}

function greeting() {
  const bits = new Uint8Array(PIECES / 8).fill(0xa5);
  const hello = new Uint8Array(220).fill(0x64);
  const one = [
    { type: 'extended', id: 0, payload: hello },
    { type: 'bitfield', bits },
    ...Array.from({ length: 10 }, (_, i) => ({ type: 'allowed-fast', piece: i * 1000 })),
    { type: 'interested' },
    { type: 'unchoke' },
  ];
  return Array.from({ length: 64 }, () => one).flat();
}

/** The stream of a mix, payload of blocks included. @param {readonly object[]} messages */
export function toBytes(messages) {
  const size = messages.reduce((sum, message) => sum + messageBytes(message) + payloadBytes(message), 0);
  const bytes = new Uint8Array(new SharedArrayBuffer(size));
  let at = 0;
  for (const message of messages) at = encodeMessage(message, bytes, at) + payloadBytes(message);
  return bytes;
}

function payloadBytes(message) {
  return message.type === 'piece' ? message.length : 0;
}
