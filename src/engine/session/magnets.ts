import { MillraceError } from '../errors.js';
import type { InfoHash, PeerAddress } from '../ids.js';
import type { PeerSource } from '../policy/peer-list.js';
import type { MagnetPointer } from '../protocol/magnet.js';
import type { Metainfo } from '../protocol/metainfo-types.js';
import { checkAddOptions } from './add-options.js';
import type { DhtApi } from './dht-api.js';
import type { Engine } from './engine.js';
import { type MagnetLink, metainfoOf, readMagnetLink, selectionOf, tiersOf } from './magnet-link.js';
import { followPointer } from './magnet-pointer.js';
import { MetadataPhase } from './metadata-phase.js';
import type { PresenceHost } from './presence.js';
import type { AddOptions, Torrent } from './types.js';
import { abortable } from './waits.js';

/** A torrent that was added, and how it is told of peers. */
export interface Opened {
  readonly torrent: Torrent;
  learn(addresses: readonly PeerAddress[], source: PeerSource): void;
}

/** What magnet links need of their session. */
export interface MagnetHost extends PresenceHost {
  readonly dht: DhtApi | undefined;
  /** @throws MillraceError ERR_CLOSED */
  checkOpen(): void;
  /** @throws MillraceError ERR_DUPLICATE_TORRENT */
  checkNew(infoHash: InfoHash): void;
  open(metainfo: Metainfo, options: AddOptions): Opened;
}

/** Where peers of a private torrent may be known from: its trackers, users, and peers who dialled us (BEP 27). */
const OF_PRIVATE: ReadonlySet<PeerSource> = new Set(['tracker', 'manual', 'incoming']);

/** Magnet links on their way to be torrents. */
export class Magnets {
  /** Those whose metadata is not here yet, and those that have ended and take their leave. */
  readonly #phases = new Set<MetadataPhase>();

  constructor(
    readonly engine: Engine,
    readonly host: MagnetHost,
  ) {}

  /** Finds the metadata of a link, then goes on with the peers that are known by then. */
  async add(uri: string, options: AddOptions): Promise<Torrent> {
    const { host } = this;
    checkAddOptions(options, Number.POSITIVE_INFINITY); // how many files there are is not known yet
    const magnet = await readMagnetLink(uri, pointer => this.#whereTo(pointer, options.signal));
    host.checkOpen();
    host.checkNew(magnet.infoHash);
    const phase = this.#seek(magnet, options);
    try {
      const info = await abortable(phase.info, options.signal);
      const metainfo = metainfoOf(magnet, info);
      const { known } = phase;
      this.#phases.delete(phase);
      phase.end();
      const select = selectionOf(magnet, metainfo, options);
      const { torrent, learn } = host.open(metainfo, { ...options, select });
      for (const { address, sources } of known)
        for (const source of sources)
          if (!metainfo.private || OF_PRIVATE.has(source)) learn([address], source);
      return torrent;
    } catch (error) {
      const closing = phase.close(new MillraceError('ERR_CLOSED', 'the metadata is no longer wanted'));
      void closing.finally(() => this.#phases.delete(phase));
      throw error;
    }
  }

  find(infoHash: InfoHash): MetadataPhase | undefined {
    for (const phase of this.#phases) if (phase.open && phase.infoHash === infoHash) return phase;
    return undefined;
  }

  moved(): void {
    for (const phase of this.#phases) phase.moved();
  }

  greetAgain(): void {
    for (const phase of this.#phases) phase.greetAgain();
  }

  suspend(error: MillraceError): void {
    for (const phase of this.#phases) phase.suspend(error);
  }

  restore(): void {
    for (const phase of this.#phases) phase.start();
  }

  async close(error: MillraceError): Promise<void> {
    await Promise.allSettled(Array.from(this.#phases, phase => phase.close(error)));
  }

  /** @throws MillraceError ERR_DHT_OFF, ERR_ABORTED, ERR_CLOSED */
  async #whereTo(pointer: MagnetPointer, signal: AbortSignal | undefined): Promise<InfoHash> {
    const { dht } = this.host;
    if (dht !== undefined) return followPointer(pointer, dht, signal);
    const reason = this.engine.options.proxy === undefined ? 'option' : 'proxy';
    throw new MillraceError('ERR_DHT_OFF', 'which torrent the magnet link is of is only known to the DHT', {
      reason,
    });
  }

  #seek(magnet: MagnetLink, options: AddOptions): MetadataPhase {
    const { engine, host } = this;
    const { infoHash, name } = magnet;
    const { trackers: tiers = tiersOf(magnet), maxPeers = engine.options.maxPeersPerTorrent } = options;
    const phase = new MetadataPhase({ engine, host, infoHash, tiers, maxPeers });
    this.#phases.add(phase);
    engine.log.info({ torrent: infoHash, name }, 'looking for the metadata of a magnet link');
    phase.add([...(options.peers ?? []), ...magnet.peers], 'manual');
    host.dht?.service.hear(magnet.nodes);
    phase.start();
    return phase;
  }
}
