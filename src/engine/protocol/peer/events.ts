import type { InfoHash } from '../../ids.js';
import type { Message } from './messages.js';

/** Comes after 48 bytes: a listener must answer before the peer tells its id (BEP 3). */
export interface HandshakeHead {
  readonly type: 'handshake';
  readonly reserved: Uint8Array;
  readonly infoHash: InfoHash;
}

export interface PeerIdEvent {
  readonly type: 'peer-id';
  readonly peerId: Uint8Array;
}

/** A block begins: `length` bytes follow in one or more `block-data`, then `block-end`. */
export interface BlockStart {
  readonly type: 'block-start';
  readonly piece: number;
  readonly begin: number;
  readonly length: number;
}

/** The next bytes of the block are from `start` to `end` of the chunk that was pushed last. */
export interface BlockData {
  readonly type: 'block-data';
  readonly start: number;
  readonly end: number;
}

export interface BlockEnd {
  readonly type: 'block-end';
}

/** The three block events are one object each, used again and again: read them before the next call. */
export type BlockEvent = BlockStart | BlockData | BlockEnd;

export type ControlMessage = Exclude<Message, { readonly type: 'piece' }>;

export type Decoded = HandshakeHead | PeerIdEvent | BlockEvent | ControlMessage;
