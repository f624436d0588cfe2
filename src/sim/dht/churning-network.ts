import { utf8 } from '../../engine/bytes.js';
import { randomId } from '../../engine/dht/distance.js';
import type { DhtCrypto } from '../../engine/dht/ports.js';
import { createRng, type Rng } from '../../engine/policy/rng.js';
import { sha1 } from '../../engine/protocol/digest.js';
import { VirtualClock } from '../virtual-clock.js';
import { type DatagramOptions, Datagrams } from './datagrams.js';
import { LivingNode } from './living-node.js';
import { publicAddress } from './population.js';

/** Every signature is right here. */
const CRYPTO: DhtCrypto = { sha1, verify: () => true };

/** Nodes that a newcomer is told of. */
const WAYS_IN = 3;

/** A peer that was announced this long ago is still to be found (30 minutes, and clients announce every 15). */
const ANNOUNCED_MS = 20 * 60_000;

export interface ChurningNetworkOptions extends DatagramOptions {
  readonly seed: number;
  /** At all times. */
  readonly nodes: number;
  /** Of them, those that never leave. */
  readonly stable: number;
  /** Virtual time between two departures; for each node that leaves a new one comes. */
  readonly departureMs: number;
  /** Virtual time between two announces, of which each is followed by somebody else's search, and between two items. */
  readonly announceMs: number;
  /** Info-hashes that are announced. */
  readonly torrents: number;
}

export interface ChurnFigures {
  /** Entries of everything that could grow: of all nodes together, and by name of the stable one that has most. */
  readonly entries: number;
  readonly most: Readonly<Record<string, number>>;
  readonly packets: number;
  /** Searches for what somebody who is still there announced lately, and how many found a peer. */
  readonly searches: number;
  readonly found: number;
}

/** A small network that lives for days: nodes come by the way in and go without a word. */
export class ChurningNetwork {
  readonly clock = new VirtualClock();
  readonly rng: Rng;
  readonly net: Datagrams;
  readonly nodes: LivingNode[] = [];
  /** By torrent: who announced last, and when. */
  readonly #announced = new Map<number, { readonly by: LivingNode; readonly atMs: number }>();
  #arrivals = 0;
  #items = 0;
  #searches = 0;
  #found = 0;

  constructor(readonly options: ChurningNetworkOptions) {
    this.rng = createRng(options.seed);
    this.net = new Datagrams(this.clock, this.rng, options);
    for (let i = 0; i < options.nodes; i++) this.clock.at(i * 500, () => this.#arrive());
    const settledMs = options.nodes * 500;
    this.#every(options.departureMs, settledMs, () => this.#replaceOne());
    this.#every(options.announceMs, settledMs, () => this.#announce());
    this.#every(options.announceMs, settledMs, () => this.#put());
  }

  runUntil(untilMs: number): ChurnFigures {
    this.clock.runUntil(untilMs);
    let entries = 0;
    const most: Record<string, number> = {};
    this.nodes.forEach(({ node }, i) => {
      for (const [name, count] of Object.entries(node.sizes)) {
        entries += count;
        if (i < this.options.stable) most[name] = Math.max(most[name] ?? 0, count);
      }
    });
    return { entries, most, packets: this.net.sent, searches: this.#searches, found: this.#found };
  }

  #every(periodMs: number, fromMs: number, run: () => void): void {
    const next = () => {
      run();
      this.clock.after(periodMs, next);
    };
    this.clock.at(fromMs + periodMs, next);
  }

  #arrive(): LivingNode {
    const rng = createRng(this.rng.u32());
    const address = { host: publicAddress(this.#arrivals++), port: 6881 };
    const arrived = new LivingNode(address, { family: 4, rng, crypto: CRYPTO }, this.net);
    const ways = Array.from({ length: Math.min(WAYS_IN, this.nodes.length) }, () => this.#any().address);
    arrived.node.addNodes(ways, this.clock.nowMs);
    arrived.pump();
    this.nodes.push(arrived);
    return arrived;
  }

  /** The stable ones are the first. */
  #replaceOne(): void {
    const { stable } = this.options;
    const at = stable + this.rng.below(this.nodes.length - stable);
    const [gone] = this.nodes.splice(at, 1);
    gone.leave();
    this.#arrive();
  }

  #announce(): void {
    const torrent = this.rng.below(this.options.torrents);
    const infoHash = randomId(createRng(torrent));
    const last = this.#announced.get(torrent);
    if (last !== undefined && this.nodes.includes(last.by) && this.clock.nowMs - last.atMs < ANNOUNCED_MS)
      this.#search(infoHash);
    const by = this.#any();
    const announce = { port: 6881, seed: this.rng.below(2) === 0 };
    const onDone = () => this.#announced.set(torrent, { by, atMs: this.clock.nowMs });
    by.node.getPeers(infoHash, { announce, onDone }, this.clock.nowMs);
    by.pump();
  }

  #search(infoHash: Uint8Array): void {
    const by = this.#any();
    this.#searches++;
    const onDone = ({ peers }: { peers: number }) => {
      if (peers > 0) this.#found++;
    };
    by.node.getPeers(infoHash, { scrape: this.rng.below(4) === 0, onDone }, this.clock.nowMs);
    by.pump();
  }

  #put(): void {
    const by = this.#any();
    const seq = this.#items++;
    const value = utf8(`i${seq}e`);
    const key = new Uint8Array(32).fill(seq % 50);
    const mutable = { key, seq, signature: new Uint8Array(64) };
    by.node.put(seq % 2 === 0 ? { value } : { value, mutable }, {}, this.clock.nowMs);
    by.pump();
  }

  #any(): LivingNode {
    return this.nodes[this.rng.below(this.nodes.length)];
  }
}
