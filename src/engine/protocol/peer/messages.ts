/** The messages of the peer wire: BEP 3, Fast Extension (BEP 6), DHT port (BEP 5), extension protocol (BEP 10). */

export const MESSAGE_ID = {
  choke: 0,
  unchoke: 1,
  interested: 2,
  'not-interested': 3,
  have: 4,
  bitfield: 5,
  request: 6,
  piece: 7,
  cancel: 8,
  port: 9,
  suggest: 13,
  'have-all': 14,
  'have-none': 15,
  reject: 16,
  'allowed-fast': 17,
  extended: 20,
} as const;

/** Block size that clients request, BEP 3 "request". */
export const BLOCK_BYTES = 16 * 1024;

/** Largest block that anybody may request; BEP 3 tells of 2^17, and mainline closes the connection above it. */
export const MAX_BLOCK_BYTES = 128 * 1024;

/** A part of a piece, as request, piece, cancel and reject name it. */
export interface BlockRange {
  readonly piece: number;
  readonly begin: number;
  readonly length: number;
}

export type BlockMessageType = 'request' | 'cancel' | 'reject';

/**
 * A message as plain data. Blocks of payload travel apart (see PeerDecoder): a `piece` message here is the header,
 * and whoever sends it adds `length` bytes.
 */
export type Message =
  | {
      readonly type:
        | 'keep-alive'
        | 'choke'
        | 'unchoke'
        | 'interested'
        | 'not-interested'
        | 'have-all'
        | 'have-none';
    }
  | { readonly type: 'have' | 'suggest' | 'allowed-fast'; readonly piece: number }
  | { readonly type: 'bitfield'; readonly bits: Uint8Array }
  | ({ readonly type: BlockMessageType } & BlockRange)
  | ({ readonly type: 'piece' } & BlockRange)
  | { readonly type: 'port'; readonly port: number }
  | { readonly type: 'extended'; readonly id: number; readonly payload: Uint8Array };
