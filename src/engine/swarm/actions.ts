import type { MillraceError } from '../errors.js';
import type { PeerAddress, PeerKey } from '../ids.js';

/** What the torrent core wants done outside. Messages to peers wait in their outboxes instead. */
export type Action =
  /** All blocks of the piece lie in the slot: hash it, write it if it is good, answer with handleVerified. */
  | { readonly type: 'verify'; readonly piece: number; readonly at: number; readonly length: number }
  /** The piece is verified and written; the slot now belongs to whoever takes this action. */
  | { readonly type: 'piece'; readonly piece: number; readonly at: number; readonly length: number }
  | { readonly type: 'piece-failed'; readonly piece: number }
  /** Everything that is wanted is here. Comes again when more was wanted later. */
  | { readonly type: 'complete' }
  /** An unchoked peer asked for blocks of this piece: read it ahead. */
  | { readonly type: 'prefetch'; readonly piece: number }
  /** A peer told of others (BEP 11). */
  | { readonly type: 'peers'; readonly addresses: readonly PeerAddress[] }
  /** A peer that dialled us told where it listens. */
  | { readonly type: 'listens'; readonly peer: PeerKey; readonly port: number }
  /** A peer told as whom it sees us (BEP 10 `yourip`). */
  | { readonly type: 'your-ip'; readonly host: string; readonly voter: string }
  /** A peer by IPv4 told of an IPv6 address of its own (BEP 10 `ipv6`). */
  | { readonly type: 'also-at'; readonly peer: PeerKey; readonly host: string }
  | { readonly type: 'disconnect'; readonly peer: PeerKey; readonly error: MillraceError }
  /** The peer, which may have left since, sent bad data: close it and do not let it in again. */
  | { readonly type: 'ban'; readonly peer: PeerKey; readonly address: PeerAddress; readonly reason: string };

export type ActionSink = (action: Action) => void;
