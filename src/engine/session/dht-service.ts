import { fromHex } from '../bytes.js';
import { createSecretRng, dhtCrypto } from '../discovery/dht-crypto.js';
import { addressesOf } from '../discovery/node-names.js';
import { MillraceError } from '../errors.js';
import { formatAddress, type PeerAddress } from '../ids.js';
import type { Rng } from '../policy/rng.js';
import { type IpFamily, parseIp } from '../protocol/compact.js';
import { nowMs } from './clock.js';
import { DhtAnnounces } from './dht-announces.js';
import { DhtEndpoint } from './dht-endpoint.js';
import { placesFor } from './dht-places.js';
import { readTables, type SavedTable, type SavedTables, writeTables } from './dht-table.js';
import { DhtWayIn } from './dht-way-in.js';
import type { DiscoveryService, Seeker } from './discovery.js';
import type { TimerQueue } from './timer-queue.js';
import type { HostAndPort, LogSink } from './types.js';

/** How often the table is saved, besides at the end: what is lost by a crash is no more than some new nodes. */
const SAVE_MS = 10 * 60_000;

/** Nodes named by torrents that are asked: as many as a node remembers. */
const MAX_HEARD = 64;

export interface DhtServiceOptions {
  readonly log: LogSink;
  readonly rng: Rng;
  readonly timers: Pick<TimerQueue, 'set'>;
  readonly stateDir: string | undefined;
  readonly bind: string | undefined;
  readonly bootstrap: readonly HostAndPort[];
  readonly readOnly: boolean;
  /** Whether we have nothing to do with a host. */
  readonly refuses: (host: string) => boolean;
  /** Where peers reach us. */
  readonly listening: () => readonly PeerAddress[];
  /** The port that peers are told. */
  readonly listenPort: () => number | undefined;
}

/** The session as nodes of the DHT, one for each address family (BEP 32): torrents are looked up and announced. */
export class DhtService implements DiscoveryService {
  readonly endpoints = new Map<IpFamily, DhtEndpoint>();
  readonly announces: DhtAnnounces;
  /** Where nodes of each family are to send from. */
  #places = new Map<IpFamily, PeerAddress>();
  #saved: SavedTables = new Map();
  #suspended: MillraceError | undefined;
  #closed = false;
  #ready = false;
  /** Families in which somebody answers, and those in which somebody has since there are sockets. */
  #answering: ReadonlySet<IpFamily> = new Set();
  readonly #entered = new Set<IpFamily>();
  #heard = 0;
  readonly #waiting = new Set<() => void>();
  readonly #wayIn: DhtWayIn;
  /** Ends what was asked for, when there is no network any more. */
  readonly #asked = new Set<(error: MillraceError) => void>();
  #cancelSave = () => {};
  /** Files are written one after the other. */
  #saving = Promise.resolve();
  /** Sockets are opened and closed one change after the other. */
  #changing: Promise<void>;

  constructor(readonly options: DhtServiceOptions) {
    const { rng, timers, log, bootstrap } = options;
    this.#wayIn = new DhtWayIn({
      ...{ rng, timers, log, bootstrap },
      look: () => this.#look(),
      addNode: node => this.addNode(node),
    });
    this.announces = new DhtAnnounces({
      rng,
      setTimer: (call, delayMs) => timers.set(call, delayMs),
      lookUp: (seeker, done) => this.#lookUp(seeker, done),
    });
    this.#changing = this.#begin();
    this.#saveLater();
  }

  /** Why nothing can be asked now. */
  get unavailable(): MillraceError | undefined {
    return this.#closed ? closedError() : this.#suspended;
  }

  /** Endpoints that can send. */
  get open(): DhtEndpoint[] {
    return [...this.endpoints.values()].filter(({ address }) => address !== undefined);
  }

  /** Endpoints that know somebody who answers. */
  get answering(): DhtEndpoint[] {
    return this.open.filter(({ goodNodes }) => goodNodes > 0);
  }

  /** Calls once there is somebody to ask. @returns what calls it off */
  whenReady(call: () => void): () => void {
    if (this.#ready) call();
    else this.#waiting.add(call);
    return () => void this.#waiting.delete(call);
  }

  /** Calls when nothing can be asked any more. @returns what calls it off */
  whenShut(call: (error: MillraceError) => void): () => void {
    this.#asked.add(call);
    return () => void this.#asked.delete(call);
  }

  // --- nodes told by others --------------------------------------------------------------------------------------

  /** Port of the node that this host could ask. */
  portFor(host: string): number | undefined {
    return this.#endpointFor(host)?.address?.port;
  }

  /** A peer has told of its node. */
  met(address: PeerAddress): void {
    this.#endpointFor(address.host)?.run((node, now) => node.addNodes([address], now));
  }

  /** Nodes that torrents name (BEP 5), of use as long as nobody else answers. */
  hear(nodes: readonly HostAndPort[]): void {
    if (this.#ready) return;
    for (const node of nodes) {
      if (this.#heard++ >= MAX_HEARD) return;
      const unknown = (err: unknown) => this.options.log.debug({ err }, 'a node that a torrent names');
      this.addNode(node).catch(unknown);
    }
  }

  /** A node by name or address. @throws the system's error when the name is not known */
  async addNode(node: HostAndPort): Promise<void> {
    await this.#changing;
    for (const address of await addressesOf(node)) this.met(address);
  }

  // --- DiscoveryService ------------------------------------------------------------------------------------------

  join(seeker: Seeker): void {
    this.announces.join(seeker);
  }

  leave(seeker: Seeker): void {
    this.announces.leave(seeker);
  }

  moved(): void {
    this.#change(async () => {
      await this.#open();
      this.announces.again();
    });
  }

  suspend(error: MillraceError): void {
    this.#suspended = error;
    this.#shut(error);
  }

  restore(): void {
    this.#suspended = undefined;
    this.#change(() => this.#open());
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelSave();
    this.announces.close();
    const saved = this.#save();
    this.#shut(closedError());
    await this.#changing;
    await saved;
  }

  // --- sockets ---------------------------------------------------------------------------------------------------

  #change(work: () => Promise<void>): void {
    this.#changing = this.#changing.then(work);
  }

  async #begin(): Promise<void> {
    const { stateDir, log } = this.options;
    try {
      if (stateDir !== undefined) this.#saved = await readTables(stateDir);
    } catch (err) {
      log.warn({ err }, 'the saved nodes of the DHT cannot be used');
    }
    // What we have taken is there no more for a session with the same folder.
    if (!this.#closed && [...this.#saved.values()].some(({ id }) => id !== undefined)) await this.#save();
    await this.#open();
  }

  /** Sends and receives where the session listens now. */
  async #open(): Promise<void> {
    if (this.unavailable !== undefined) return;
    const { listening, bind } = this.options;
    this.#places = placesFor(listening(), bind);
    for (const [family, endpoint] of this.endpoints) if (!this.#places.has(family)) endpoint.shut();
    await Promise.all(Array.from(this.#places, ([family, place]) => this.#openAt(family, place)));
    const { unavailable } = this;
    if (unavailable !== undefined) {
      this.#shut(unavailable);
      return;
    }
    this.#wayIn.start(this.#askSaved());
  }

  async #openAt(family: IpFamily, place: PeerAddress): Promise<void> {
    const { log } = this.options;
    const endpoint = this.endpoints.get(family) ?? this.#createEndpoint(family);
    const { address } = endpoint;
    if (address?.host === place.host && address.port === place.port) return;
    try {
      await endpoint.open(place).catch(err => {
        if (err.code !== 'ERR_NET_ADDRESS_IN_USE') throw err;
        log.warn({ err }, 'another program has the port for packets: the DHT takes any');
        return endpoint.open({ ...place, port: 0 });
      });
      const now = endpoint.address;
      if (now !== undefined) log.info({ address: formatAddress(now) }, 'a node of the DHT');
    } catch (err) {
      endpoint.shut();
      log.warn({ err, family }, 'no node of the DHT in this address family');
    }
  }

  #createEndpoint(family: IpFamily): DhtEndpoint {
    const { readOnly, refuses } = this.options;
    const saved = this.#saved.get(family);
    const endpoint = new DhtEndpoint(
      {
        family,
        readOnly,
        rng: createSecretRng(),
        crypto: dhtCrypto,
        id: saved?.id,
        other: () => this.endpoints.get(family === 4 ? 6 : 4)?.node,
      },
      { refuses, onInput: () => this.#answering.has(family) || this.#look() },
    );
    this.endpoints.set(family, endpoint);
    return endpoint;
  }

  #endpointFor(host: string): DhtEndpoint | undefined {
    const ip = parseIp(host);
    const endpoint = ip && this.endpoints.get(ip.length === 4 ? 4 : 6);
    return endpoint?.address && endpoint;
  }

  #shut(error: MillraceError): void {
    this.#wayIn.stop();
    this.#answering = new Set();
    this.#entered.clear();
    this.#setReady(false);
    for (const fail of [...this.#asked]) fail(error);
    for (const endpoint of this.endpoints.values()) endpoint.shut();
  }

  // --- who answers -----------------------------------------------------------------------------------------------

  /** Asks who was known in an earlier session. @returns whether there was somebody in all families */
  #askSaved(): boolean {
    let asked = 0;
    for (const [family, { nodes }] of this.#saved) {
      const endpoint = this.endpoints.get(family);
      if (endpoint?.address === undefined || nodes.length === 0) continue;
      endpoint.run((node, now) => node.addNodes(nodes, now));
      asked++;
    }
    return asked === this.open.length;
  }

  /** @returns whether somebody answers in all families */
  #look(): boolean {
    this.#answering = new Set(this.answering.map(({ family }) => family));
    this.#setReady(this.#answering.size > 0);
    const before = this.#entered.size;
    for (const family of this.#answering) this.#entered.add(family);
    // Whose turn it has been was announced in the other family alone.
    if (before > 0 && this.#entered.size > before) this.announces.again();
    return this.#answering.size === this.open.length;
  }

  #setReady(ready: boolean): void {
    if (ready && !this.#ready) this.options.log.debug({}, 'nodes of the DHT answer');
    this.#ready = ready;
    this.announces.setReady(ready);
    if (!ready) return;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const call of waiting) call();
  }

  // --- torrents --------------------------------------------------------------------------------------------------

  #lookUp(seeker: Seeker, done: (found: number) => void): () => void {
    const infoHash = fromHex(seeker.infoHash);
    const { complete } = seeker;
    const port = this.options.listenPort();
    const ends: (() => void)[] = [];
    let found = 0;
    let running = 0;
    for (const endpoint of this.answering) {
      const implied = port === endpoint.address?.port;
      const announce = port === undefined ? undefined : { port, implied, seed: complete };
      running++;
      const end = endpoint.search((node, now) =>
        node.getPeers(
          infoHash,
          {
            announce,
            noSeed: complete,
            onPeers: peers => seeker.add(peers, 'dht'),
            onDone: ({ peers }) => {
              found += peers;
              if (--running === 0) done(found);
            },
          },
          now,
        ),
      );
      ends.push(end);
    }
    // Nobody answers any more, which was not noticed yet: all torrents keep their turns until somebody does.
    if (running === 0) this.#look();
    return () => {
      for (const end of ends) end();
    };
  }

  // --- what is saved ---------------------------------------------------------------------------------------------

  #saveLater(): void {
    this.#cancelSave = this.options.timers.set(() => {
      void this.#save();
      this.#saveLater();
    }, SAVE_MS);
  }

  /** Who is known now; of a family without anybody those who were known before. Our ids come at the end. */
  #save(): Promise<void> {
    const tables = new Map<IpFamily, SavedTable>(this.#saved);
    for (const [family, { node }] of this.endpoints) {
      const nodes = node.contacts(nowMs());
      if (nodes.length > 0) tables.set(family, { id: node.id, nodes });
    }
    this.#saved = tables;
    const told = Array.from(tables, ([family, { id, nodes }]) => {
      const table: SavedTable = { id: this.#closed ? id : undefined, nodes };
      return [family, table] as const;
    });
    this.#saving = this.#saving.then(() => this.#write(new Map(told)));
    return this.#saving;
  }

  async #write(tables: SavedTables): Promise<void> {
    const { stateDir, log } = this.options;
    if (stateDir === undefined || tables.size === 0) return;
    try {
      await writeTables(stateDir, tables);
    } catch (err) {
      log.warn({ err }, 'the nodes of the DHT were not saved');
    }
  }
}

function closedError(): MillraceError {
  return new MillraceError('ERR_CLOSED', 'the session is no node of the DHT any more');
}
