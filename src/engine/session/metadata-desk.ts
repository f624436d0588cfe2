import type { Metainfo } from '../protocol/metainfo-types.js';
import { METADATA_PART_BYTES, metadataPartBytes } from '../protocol/peer/metadata.js';
import type { PeerCore } from '../swarm/peer-core.js';
import type { TorrentCore } from '../swarm/torrent-core.js';
import { nowMs } from './clock.js';
import type { PeerLink } from './link.js';
import { StoredMetainfo } from './stored-metainfo.js';

/** Parts for one peer that wait in its socket's queue: 16 of them, so that those who do not read cost little. */
const MAX_QUEUED_BYTES = 16 * METADATA_PART_BYTES;

/** Size of a torrent's info dictionary, whether it is in memory or not. */
export function infoLength(metainfo: Metainfo): number {
  return metainfo instanceof StoredMetainfo ? metainfo.infoLength : metainfo.infoBytes.length;
}

/** Hands the info dictionary of a torrent on to peers that ask for it, as fast as they take it and limits allow. */
export class MetadataDesk {
  #info: Uint8Array | undefined;
  #reading = false;
  #lost = false;

  constructor(
    readonly metainfo: Metainfo,
    readonly core: TorrentCore,
    /** Somebody can be answered now. */
    readonly poke: () => void,
    readonly onLost: (error: unknown) => void,
  ) {}

  /**
   * Answers what these peers asked for, as far as their sockets have room.
   * @param onDelayed a limit holds parts back until then
   */
  serve(links: Iterable<PeerLink>, onDelayed: (untilMs: number) => void): void {
    let asked = false;
    for (const link of links) {
      const { peer } = link;
      if (peer === undefined || peer.metadataAsked.length === 0) continue;
      asked = true;
      if (this.#info === undefined && !this.#lost) break;
      this.#answer(link, peer, onDelayed);
    }
    if (!asked) this.#info = undefined;
    else if (this.#info === undefined && !this.#lost && !this.#reading) void this.#read();
  }

  #answer(link: PeerLink, peer: PeerCore, onDelayed: (untilMs: number) => void): void {
    const { up } = link.limits!;
    const now = nowMs();
    let room = MAX_QUEUED_BYTES - link.socket.queuedBytes;
    for (; room > 0 && peer.metadataAsked.length > 0; room -= METADATA_PART_BYTES) {
      const bytes =
        this.#info === undefined ? 0 : metadataPartBytes(this.#info.length, peer.metadataAsked[0]);
      const wait = up.delayMs(bytes, now);
      if (wait > 0) {
        onDelayed(now + wait);
        return;
      }
      up.take(bytes, now);
      this.core.handleMetadata(peer, this.#info);
    }
  }

  async #read(): Promise<void> {
    const { metainfo } = this;
    this.#reading = true;
    try {
      this.#info = metainfo instanceof StoredMetainfo ? await metainfo.readInfo() : metainfo.infoBytes;
    } catch (error) {
      this.#lost = true;
      this.onLost(error);
    }
    this.#reading = false;
    this.poke();
  }
}
