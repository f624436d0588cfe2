import { toHex } from '../bytes.js';
import { MillraceError } from '../errors.js';
import { formatAddress, type InfoHash, type PeerAddress } from '../ids.js';
import type { PeerHistory, PeerMemory } from '../policy/peer-memory.js';
import type { PeerLink } from './link.js';

/** Knows peers of a torrent again that have left and come back, from wherever. */
export class Acquaintances {
  constructor(
    readonly memory: PeerMemory,
    readonly infoHash: InfoHash,
  ) {}

  /** @throws MillraceError ERR_PEER_BANNED when it was banned at another address */
  meet(link: PeerLink): PeerHistory | undefined {
    const id = toHex(link.peerId!);
    if (this.memory.isBanned(this.infoHash, id, link.address.host))
      throw new MillraceError('ERR_PEER_BANNED', `${link.name} sent bad data from another address`);
    return this.memory.recall(this.infoHash, id);
  }

  part(link: PeerLink): void {
    if (link.peerId === undefined || link.peer === undefined) return;
    this.memory.remember(this.infoHash, toHex(link.peerId), historyOf(link));
  }

  /** Others that are connected may have its id, too. */
  ban(link: PeerLink, links: Iterable<PeerLink>): void {
    if (link.peerId === undefined) return;
    const id = toHex(link.peerId);
    let goodHost = this.memory.recall(this.infoHash, id)?.goodHost;
    for (const other of links)
      if (other !== link && other.peerId !== undefined && toHex(other.peerId) === id)
        goodHost = historyOf(other).goodHost ?? goodHost;
    this.memory.ban(this.infoHash, id, goodHost === link.address.host ? undefined : goodHost);
  }
}

export function historyOf(link: PeerLink): PeerHistory {
  const { before, address, dialAddress } = link;
  const { down, up, snubbed, sinceMs, unchokedAtMs } = link.peer!;
  return {
    dialAddress: dialAddress ?? before?.dialAddress,
    downloaded: (before?.downloaded ?? 0) + down.total,
    uploaded: (before?.uploaded ?? 0) + up.total,
    standing: { snubbed, connectedAtMs: sinceMs, unchokedAtMs },
    goodHost: down.total > 0 ? address.host : before?.goodHost,
  };
}

/** Where the link's peer could be dialled before, when that is not where it is now. */
export function formerAddress({ before, dialAddress, address }: PeerLink): PeerAddress | undefined {
  const former = before?.dialAddress;
  if (former === undefined) return undefined;
  const same =
    dialAddress === undefined
      ? former.host === address.host
      : formatAddress(former) === formatAddress(dialAddress);
  return same ? undefined : former;
}
