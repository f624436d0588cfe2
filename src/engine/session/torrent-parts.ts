import type { MillraceError } from '../errors.js';
import type { PeerAddress } from '../ids.js';
import type { LimitLedger } from '../policy/limiting.js';
import type { PeerSource } from '../policy/peer-list.js';
import type { IpFamily } from '../protocol/compact.js';
import type { Metainfo } from '../protocol/metainfo-types.js';
import { allowedFastSet } from '../protocol/peer/allowed-fast.js';
import { MAX_BLOCK_BYTES } from '../protocol/peer/messages.js';
import type { Action } from '../swarm/actions.js';
import type { Storage } from '../swarm/ports.js';
import { TorrentCore } from '../swarm/torrent-core.js';
import type { Acquaintances } from './acquaintances.js';
import { Arrivals } from './arrivals.js';
import { BottleneckWatch } from './bottleneck-watch.js';
import { nowMs } from './clock.js';
import type { Engine } from './engine.js';
import type { EventHub } from './events.js';
import type { SharedLimits } from './limits.js';
import type { PeerLink } from './link.js';
import { infoLength, MetadataDesk } from './metadata-desk.js';
import { Neighbours } from './neighbours.js';
import { type PieceHashes, PieceIo } from './piece-io.js';
import { PieceReader } from './piece-reader.js';
import { PieceWaits } from './piece-waits.js';
import { Progress } from './progress.js';
import type { TorrentDisk } from './torrent-disk.js';
import type { SlotGrowth, SuperSeedMode, TorrentState } from './types.js';
import { CLIENT_VERSION } from './version.js';

export interface TorrentPartsOptions {
  readonly engine: Engine;
  readonly metainfo: Metainfo;
  readonly hashes: PieceHashes;
  readonly disk: TorrentDisk;
  /** Number of the torrent in the read cache. */
  readonly number: number;
  /** Limits that count for it. */
  readonly limits: readonly SharedLimits[];
  readonly maxPeers: number;
  readonly slots: number;
  readonly slotGrowth: SlotGrowth;
  readonly superSeeding: SuperSeedMode;
  readonly sequential: boolean;
  readonly listenPort: () => number | undefined;
  readonly ownHost: (family: IpFamily) => string | undefined;
  readonly owner: PartsOwner;
  readonly ledger: LimitLedger;
}

/** Who keeps account of a torrent's links. */
export interface LinkKeeper {
  readonly online: boolean;
  isBanned(link: PeerLink): boolean;
  attached(link: PeerLink, client: string): void;
  readonly acquaintances: Acquaintances;
  /** The link's peer was at this address before. */
  hasMoved(link: PeerLink, from: PeerAddress): void;
  /** Where the peer can be dialled is known now. */
  listens(link: PeerLink): void;
  /** Further peers. */
  add(addresses: readonly PeerAddress[], source: PeerSource): void;
  detach(link: PeerLink, error: MillraceError | undefined): void;
  ban(address: PeerAddress, reason: string, link: PeerLink | undefined): void;
}

/** The torrent as its parts see it. */
export interface PartsOwner {
  readonly state: TorrentState;
  readonly presence: LinkKeeper;
  readonly events: EventHub;
  /** All that is wanted is here. */
  complete(): void;
  /** The parts were made, or made anew. */
  prepared(): void;
  /** A turn ended without any neighbour. */
  alone(): void;
  fail(error: unknown): void;
}

/** What a torrent needs to deal with peers and pieces, joined. A complete torrent without peers has none of it. */
export class TorrentParts {
  readonly core: TorrentCore;
  readonly io: PieceIo;
  readonly progress: Progress;
  readonly waits: PieceWaits;
  readonly reader: PieceReader;
  readonly neighbours: Neighbours;
  readonly arrivals: Arrivals;
  readonly bottlenecks: BottleneckWatch;
  /** Reads of files that run now. */
  #reads = 0;
  readonly #storage: Storage;
  #closed = false;

  constructor(options: TorrentPartsOptions) {
    const { engine, metainfo, hashes, disk, number, limits, maxPeers, owner, ledger } = options;
    const { arena, pool, budget, cache, peerId } = engine;
    const padding = metainfo.files.filter(file => file.pad && file.length > 0);
    const poke = () => this.neighbours.poke();
    const onError = (error: MillraceError) => owner.fail(error);
    this.#storage = disk.storage;
    this.core = createCore(options, padding);
    this.progress = new Progress(this.core, metainfo, arena.buffer);
    this.io = new PieceIo(metainfo, hashes, disk.storage, pool, arena.buffer);
    this.waits = new PieceWaits(
      piece => this.has(piece),
      pieces => {
        if (this.#closed) return;
        this.core.setUrgent(pieces);
        poke();
      },
    );
    this.reader = new PieceReader({ torrent: number, io: this.io, cache, budget, onReady: poke, onError });
    this.neighbours = new Neighbours({
      core: this.core,
      peerId,
      memory: arena.buffer,
      maxPeers,
      sendBufferBytes: engine.options.sendBufferBytes,
      reader: this.reader,
      metadata: new MetadataDesk(metainfo, this.core, poke, err =>
        engine.log.warn({ err, torrent: metainfo.infoHash }, 'peers are not told the metadata'),
      ),
      limits,
      isBanned: link => owner.presence.isBanned(link),
      act: action => this.#act(action, owner, engine),
      onAlone: () => owner.alone(),
      onTurn: now => this.bottlenecks.turn(now),
      onAttached: (link, client) => owner.presence.attached(link, client),
      acquaintances: owner.presence.acquaintances,
      priorityOf: engine.own.priorityOf,
      onMoved: (link, from) => owner.presence.hasMoved(link, from),
      onListens: link => owner.presence.listens(link),
      onDetached: (link, error) => owner.presence.detach(link, error),
    });
    this.arrivals = new Arrivals({
      torrent: number,
      core: this.core,
      io: this.io,
      kernels: arena.kernels,
      budget,
      cache,
      padding,
      durability: disk.durability,
      poke,
      onError,
    });
    this.bottlenecks = new BottleneckWatch({
      ledger,
      core: this.core,
      pool,
      io: this.io,
      held: () => this.neighbours.held,
      verifying: () => this.arrivals.verifying,
    });
  }

  /** Nothing is under way and nothing is known that could not be made anew. */
  get idle(): boolean {
    const { picker } = this.core;
    const busy = this.neighbours.links.size + this.arrivals.verifying + this.reader.reading + this.#reads;
    return busy === 0 && picker.complete && picker.plain;
  }

  /** The torrent goes online or offline. */
  setActive(active: boolean): void {
    this.core.setActive(active);
    if (active) this.bottlenecks.start(nowMs());
    else this.bottlenecks.stop(nowMs());
  }

  mark(piece: number): void {
    if (this.progress.mark(piece)) this.waits.arrived(piece);
  }

  /** A check has looked at the piece on disk. What was read of it before may be something else. */
  checked(piece: number, good: boolean): void {
    this.reader.forget(piece);
    if (good) this.mark(piece);
    else this.progress.unmark(piece);
  }

  markAll(): void {
    this.progress.markAll();
    this.waits.allArrived();
  }

  async read(at: number, into: Uint8Array): Promise<void> {
    this.#reads++;
    try {
      await this.#storage.read(at, into);
    } finally {
      this.#reads--;
      this.neighbours.poke();
    }
  }

  /** The tables are gone once the parts are closed. */
  has(piece: number): boolean {
    return !this.#closed && this.core.picker.has(piece);
  }

  /** Ends all that goes on with peers and readers; workers may still be at the last pieces. */
  close(error: MillraceError): void {
    this.#closed = true;
    this.waits.fail(error);
    this.neighbours.close(error);
  }

  #act(action: Action, owner: PartsOwner, engine: Engine): void {
    const { presence, events } = owner;
    const { links } = this.neighbours;
    switch (action.type) {
      case 'verify':
        void this.arrivals.verify(action.piece, action.at);
        return;
      case 'piece':
        this.arrivals.settle(action.piece, action.at, action.length);
        this.waits.arrived(action.piece);
        events.emit({ type: 'piece', piece: action.piece });
        return;
      case 'piece-failed':
        events.emit({ type: 'piece-failed', piece: action.piece });
        return;
      case 'prefetch':
        // A socket that drained since the request came may have taken all of it: then nobody asks any more.
        this.reader.prefetch(action.piece, piece => this.neighbours.isAskedFor(piece));
        return;
      case 'complete':
        if (this.core.picker.finished) owner.complete(); // else more was wanted before this turn came
        return;
      case 'your-ip':
        engine.own.vote(action.host, action.voter);
        return;
      case 'peers':
        presence.add(action.addresses, 'pex');
        return;
      case 'listens':
        this.neighbours.listens(action.peer, action.port);
        return;
      case 'also-at':
        this.neighbours.alsoAt(action.peer, action.host);
        return;
      case 'disconnect':
        links.get(action.peer)?.close(action.error);
        return;
      case 'ban':
        presence.ban(action.address, action.reason, links.get(action.peer));
        return;
    }
  }

  /** Gives the tables back. What the read cache holds stays. */
  dispose(): void {
    this.core.dispose();
  }
}

function createCore(
  { engine, metainfo, slots, slotGrowth, superSeeding, sequential, listenPort, ownHost }: TorrentPartsOptions,
  padding: readonly { offset: number; length: number }[],
): TorrentCore {
  const { arena, budget, rng, sha1 } = engine;
  const { infoHash, pieceCount, pieceLength, length } = metainfo;
  return new TorrentCore({
    kernels: arena.kernels,
    heap: arena.heap,
    slots: budget,
    rng,
    pieceCount,
    pieceLength,
    length,
    padding,
    sequential,
    unchokeSlots: slots,
    slotGrowth,
    superSeeding,
    client: CLIENT_VERSION,
    maxBlockBytes: MAX_BLOCK_BYTES,
    listenPort,
    ownHost,
    pex: metainfo.private ? undefined : () => engine.pex,
    metadataBytes: infoLength(metainfo),
    allowedFastSet: (address, count) => allowedFastSet(sha1, infoHash, address, pieceCount, count),
  });
}
