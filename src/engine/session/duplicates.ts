import { compareBytes, toHex } from '../bytes.js';
import { MillraceError } from '../errors.js';
import { hostKey } from '../policy/subnet.js';
import { nowMs } from './clock.js';
import type { PeerLink } from './link.js';

/** A connection silent for so long may be replaced by a new one of the same peer: the old one is likely dead. */
const STALE_MS = 10_000;

/**
 * Two sessions that dial each other keep the connection of the one with the greater peer id; both know which. An id
 * proves nothing, so one that comes from another host is another peer: else a stranger could borrow a peer's id and
 * push it out, or keep it out.
 *
 * @param leave takes the older link out when it is the one that goes
 * @param doubt is told of a link with the same id from another host
 * @throws MillraceError ERR_PEER_DUPLICATE when the new link is the one that goes
 */
export function settleDuplicate(
  links: Iterable<PeerLink>,
  link: PeerLink,
  peerId: Uint8Array,
  ownPeerId: Uint8Array,
  leave: (link: PeerLink, error: MillraceError) => void,
  doubt?: (link: PeerLink) => void,
): void {
  for (const other of [...links]) {
    if (other.peerId === undefined || compareBytes(other.peerId, peerId) !== 0) continue;
    if (hostKey(other.address.host) !== hostKey(link.address.host)) {
      doubt?.(other);
      continue;
    }
    const duplicate = new MillraceError('ERR_PEER_DUPLICATE', `peer ${toHex(peerId)} is connected already`);
    const theirsWins = compareBytes(peerId, ownPeerId) > 0;
    const replaces =
      link.incoming === other.incoming
        ? link.incoming && other.peer!.lastInMs + STALE_MS < nowMs()
        : link.incoming === theirsWins;
    const [kept, dropped] = replaces ? [link, other] : [other, link];
    kept.dialAddress ??= dropped.dialAddress;
    if (!replaces) throw duplicate;
    dismiss(other, duplicate, leave);
    return;
  }
}

export interface Twins {
  readonly surplus: PeerLink;
  readonly kept: PeerLink;
}

/**
 * The two connections of a peer that is here by both families: the one by IPv4 goes when it has said that the peer is
 * also where the other comes from, with the same id. Both ends choose the same, and who lies only loses his own connection.
 */
export function twinsOf(links: Iterable<PeerLink>, link: PeerLink): Twins | undefined {
  for (const other of links) {
    if (other === link || compareBytes(other.peerId!, link.peerId!) !== 0) continue;
    if (saysItIsAt(link, other)) return { surplus: link, kept: other };
    if (saysItIsAt(other, link)) return { surplus: other, kept: link };
  }
  return undefined;
}

function saysItIsAt({ alsoAt }: PeerLink, { address }: PeerLink): boolean {
  return alsoAt !== undefined && hostKey(alsoAt) === hostKey(address.host);
}

export function connectedElsewhere(kept: PeerLink): MillraceError {
  return new MillraceError('ERR_PEER_DUPLICATE', `the peer is connected as ${kept.name}`, {
    elsewhere: true,
  });
}

/** Ends a connection so that its torrent is without it at once. */
export function dismiss(
  link: PeerLink,
  error: MillraceError,
  leave: (link: PeerLink, error: MillraceError) => void,
): void {
  link.close(error);
  leave(link, error);
  link.peer = undefined;
  link.neighbours = undefined;
  link.torrent = undefined; // it was told of the end already
}
