import { randomBytes } from 'node:crypto';
import { LsdSocket } from '../discovery/lsd-socket.js';
import type { InfoHash, PeerAddress } from '../ids.js';
import { LsdSchedule } from '../policy/lsd-schedule.js';
import { SenderLimit } from '../policy/sender-limit.js';
import type { IpFamily } from '../protocol/compact.js';
import { decodeLsdAnnounce, encodeLsdAnnounces, LSD_INFO_HASHES } from '../protocol/lsd.js';
import { Alarm, nowMs } from './clock.js';
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
  /** Where peers reach us; undefined while not listening, when we hear others and announce nothing. */
  readonly address: () => PeerAddress | undefined;
}

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
  #sockets = new Map<IpFamily, LsdSocket>();
  #at: string | undefined;

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

  moved(): void {
    if (this.#at === undefined) return;
    if (this.#at !== this.#host) this.#open();
    this.#schedule.moved(nowMs());
    this.#arm();
  }

  suspend(): void {
    this.#at = undefined;
    this.#announceAlarm.clear();
    this.#lookAlarm.clear();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  restore(): void {
    if (this.#at === undefined) this.#open();
  }

  async close(): Promise<void> {
    this.suspend();
  }

  // --- inside ----------------------------------------------------------------------------------------------------

  get #host(): string {
    return this.#options.address()?.host ?? this.#options.engine.options.bind ?? '::';
  }

  #open(): void {
    this.suspend();
    const { log } = this.#options.engine;
    const at = this.#host;
    this.#at = at;
    for (const family of [4, 6] as const)
      this.#sockets.set(
        family,
        new LsdSocket({
          family,
          at,
          onPacket: (packet, from) => this.#hear(packet, from),
          onTrouble: (what, facts) => log.debug(facts, `local service discovery: ${what}`),
        }),
      );
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
    if (heard && this.#options.address() !== undefined)
      this.#announceAlarm.setNoLater(this.#schedule.nextTimeout());
  }

  #announce(): void {
    const port = this.#options.address()?.port;
    if (port === undefined) return;
    const infoHashes = this.#schedule.take(nowMs());
    for (const [family, socket] of this.#sockets)
      for (const packet of encodeLsdAnnounces({ port, infoHashes, cookie: this.#cookie }, family))
        socket.send(packet);
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
