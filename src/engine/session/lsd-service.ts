import { randomBytes } from 'node:crypto';
import { LsdSocket, type LsdSocketOptions } from '../discovery/lsd-socket.js';
import { formatAddress, type InfoHash, type PeerAddress } from '../ids.js';
import { LsdSchedule } from '../policy/lsd-schedule.js';
import { SenderLimit } from '../policy/sender-limit.js';
import type { IpFamily } from '../protocol/compact.js';
import { decodeLsdAnnounce, encodeLsdAnnounces, LSD_INFO_HASHES } from '../protocol/lsd.js';
import { Alarm, nowMs } from './clock.js';
import { placesFor } from './dht-places.js';
import type { DiscoveryService, Seeker } from './discovery.js';
import type { Engine } from './engine.js';

/** Cables and networks come and go; nobody tells us. */
const LOOK_MS = 60_000;

/** A client that announces 10,000 torrents one by one, once in 5 minutes, sends 33 packets a second. */
const PACKETS_OF_SENDER = 500;
const PACKETS_OF_ALL = 5_000;
const COUNTED_MS = 10_000;

export interface LsdServiceOptions {
  readonly engine: Pick<Engine, 'log' | 'rng' | 'options'>;
  /** Where peers reach us, an address for each family; while there is none we hear others and announce nothing. */
  readonly listening: () => readonly PeerAddress[];
  /** Defaults to real ones. */
  readonly openSocket?: (options: LsdSocketOptions) => GroupSocket;
}

type GroupSocket = Pick<LsdSocket, 'joined' | 'look' | 'send' | 'close'>;

/** Local service discovery (BEP 14): tells the local network which torrents are here, and hears of those elsewhere in it. */
export class LsdService implements DiscoveryService {
  readonly #options: LsdServiceOptions;
  /** Sessions of one seed must not take each other for themselves. */
  readonly #cookie = randomBytes(8).toString('hex');
  readonly #seekers = new Map<InfoHash, Seeker>();
  readonly #schedule: LsdSchedule;
  readonly #limit = new SenderLimit(PACKETS_OF_SENDER, PACKETS_OF_ALL, COUNTED_MS);
  readonly #announceAlarm = new Alarm(() => this.#announce());
  readonly #lookAlarm = new Alarm(() => void this.#lookAgain());
  readonly #sockets = new Map<IpFamily, GroupSocket>();
  /** Places that the sockets are for; undefined while there is no network. */
  #where: string | undefined;

  constructor(options: LsdServiceOptions) {
    this.#options = options;
    this.#schedule = new LsdSchedule(options.engine.rng, LSD_INFO_HASHES);
    this.restore();
  }

  join(seeker: Seeker): void {
    this.#seekers.set(seeker.infoHash, seeker);
    this.#schedule.add(seeker.infoHash, nowMs());
    this.#arm();
  }

  leave(seeker: Seeker): void {
    if (this.#seekers.get(seeker.infoHash) !== seeker) return;
    this.#seekers.delete(seeker.infoHash);
    this.#schedule.delete(seeker.infoHash);
  }

  /** What has moved may be only the port at a router, which is nothing to the local network. */
  moved(): void {
    if (this.#where === undefined || this.#where === textOf(this.#places)) return;
    this.#open();
    this.#schedule.moved(nowMs());
  }

  suspend(): void {
    this.#where = undefined;
    this.#announceAlarm.clear();
    this.#lookAlarm.clear();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  restore(): void {
    if (this.#where === undefined) this.#open();
  }

  async close(): Promise<void> {
    this.suspend();
  }

  // --- inside ----------------------------------------------------------------------------------------------------

  get #places(): Map<IpFamily, PeerAddress> {
    const { listening, engine } = this.#options;
    return placesFor(listening(), engine.options.bind);
  }

  #open(): void {
    this.suspend();
    const { engine, openSocket = options => new LsdSocket(options) } = this.#options;
    const places = this.#places;
    const onPacket = (packet: Uint8Array, from: PeerAddress) => this.#hear(packet, from);
    const onTrouble = (what: string, facts: object) =>
      engine.log.debug(facts, `local service discovery: ${what}`);
    for (const [family, { host }] of places)
      this.#sockets.set(family, openSocket({ at: host, onPacket, onTrouble }));
    this.#where = textOf(places);
    void this.#look();
  }

  /** @returns whether there is an interface that was not there before */
  async #look(): Promise<boolean> {
    this.#lookAlarm.set(nowMs() + LOOK_MS);
    const looks = await Promise.all(Array.from(this.#sockets.values(), socket => socket.look()));
    this.#arm();
    return looks.includes(true);
  }

  /** Whoever is in a network that we have just come to has not been told. */
  async #lookAgain(): Promise<void> {
    if (await this.#look()) this.#schedule.moved(nowMs());
    this.#arm();
  }

  /** Nothing is taken from the schedule while nobody would hear of it. */
  #arm(): void {
    const heard = [...this.#sockets.values()].some(({ joined }) => joined.length > 0);
    if (heard && this.#options.listening().length > 0)
      this.#announceAlarm.setNoLater(this.#schedule.nextTimeout());
  }

  #announce(): void {
    if (this.#options.listening().length === 0) return;
    const places = this.#places;
    const infoHashes = this.#schedule.take(nowMs());
    for (const [family, socket] of this.#sockets) {
      const port = places.get(family)?.port;
      if (port === undefined || socket.joined.length === 0) continue;
      for (const packet of encodeLsdAnnounces({ port, infoHashes, cookie: this.#cookie }, family))
        socket.send(packet);
    }
    this.#arm();
  }

  #hear(packet: Uint8Array, { host }: PeerAddress): void {
    const now = nowMs();
    if (!this.#limit.allows(host, now)) return;
    const announce = decodeLsdAnnounce(packet);
    if (announce === undefined || announce.cookie === this.#cookie) return;
    for (const infoHash of announce.infoHashes) {
      const seeker = this.#seekers.get(infoHash);
      if (seeker === undefined) continue;
      seeker.add([{ host, port: announce.port }], 'lsd');
      this.#schedule.heard(infoHash, now);
    }
    this.#arm();
  }
}

function textOf(places: ReadonlyMap<IpFamily, PeerAddress>): string {
  return Array.from(places.values(), formatAddress).join(' ');
}
