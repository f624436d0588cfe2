// Asks a node of the DHT from many addresses of this machine, and counts what comes back.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { randomId } from '../../dist/engine/dht/distance.js';
import { createRng } from '../../dist/engine/policy/rng.js';
import { decodeDhtMessage, encodeDhtMessage } from '../../dist/engine/protocol/dht/krpc.js';
import { serve } from '../lib/child.mjs';

/** Of a hundred queries: what nodes of the real network are asked, as crawlers report it. */
const MIX = { find_node: 40, get_peers: 40, ping: 10, announce_peer: 10 };

/** Different packets for each address, sent over and over. */
const PACKETS = 100;

/** Torrents that peers are announced for and asked for. */
const TORRENTS = 500;

/** Queries that each address has under way. */
const WINDOW = 4;

/** A packet that got lost is made up for after so long. */
const LOST_MS = 250;

class Asker {
  #packets = [];
  #next = 0;
  #answeredMs = 0;
  counts = { responses: 0, errors: 0, bytesOut: 0, bytesIn: 0 };

  constructor(index, node) {
    this.host = `127.0.${1 + (index >> 8)}.${1 + (index % 250)}`;
    this.node = node;
    this.rng = createRng(index);
    this.id = randomId(this.rng);
    this.socket = createSocket({ type: 'udp4', lookup: (host, _, done) => done(null, host, 4) });
    this.socket.on('message', packet => this.#receive(packet));
    this.socket.on('error', () => {});
  }

  async open() {
    const listening = once(this.socket, 'listening');
    this.socket.bind(0, this.host);
    await listening;
    // A token first: announces are made with it.
    const answer = once(this.socket, 'message');
    this.#send(this.#encode({ method: 'get_peers', infoHash: torrent(0) }));
    const [packet] = await answer;
    const { token } = decodeDhtMessage(packet).answer;
    for (const [method, share] of Object.entries(MIX))
      for (let i = 0; i < (share * PACKETS) / 100; i++)
        this.#packets.push(this.#encode(this.#query(method, token)));
    this.#packets.sort(() => this.rng.fraction() - 0.5);
  }

  start() {
    this.counts = { responses: 0, errors: 0, bytesOut: 0, bytesIn: 0 };
    for (let i = 0; i < WINDOW; i++) this.#ask();
  }

  review(nowMs) {
    if (nowMs - this.#answeredMs > LOST_MS) this.#ask();
  }

  #ask() {
    const packet = this.#packets[this.#next++ % this.#packets.length];
    this.counts.bytesOut += packet.length;
    this.#send(packet);
  }

  #send(packet) {
    this.socket.send(packet, this.node.port, this.node.host);
  }

  /** `y` is the last of the keys: what kind of packet it is stands before the end. The node's own questions stay open. */
  #receive(packet) {
    const kind = packet[packet.length - 2];
    if (this.#packets.length === 0 || (kind !== 0x72 && kind !== 0x65)) return;
    this.counts.bytesIn += packet.length;
    if (kind === 0x72) this.counts.responses++;
    else this.counts.errors++;
    this.#answeredMs = performance.now();
    this.#ask();
  }

  #encode(query) {
    const transaction = Uint8Array.of(this.rng.below(256), this.rng.below(256));
    return encodeDhtMessage({ type: 'query', transaction, id: this.id, query });
  }

  #query(method, token) {
    const infoHash = torrent(this.rng.below(TORRENTS));
    switch (method) {
      case 'ping':
        return { method };
      case 'find_node':
        return { method, target: randomId(this.rng) };
      case 'get_peers':
        // One of two is known here.
        return { method, infoHash: this.rng.below(2) === 0 ? infoHash : randomId(this.rng) };
      default:
        return { method, infoHash, port: 1 + this.rng.below(60_000), token };
    }
  }
}

function torrent(n) {
  return randomId(createRng(0x10_0000 + n));
}

let askers = [];

serve({
  async start({ node, addresses, first }) {
    askers = Array.from({ length: addresses }, (_, i) => new Asker(first + i, node));
    await Promise.all(askers.map(asker => asker.open()));
  },
  /** Goes on for ever; what is counted from now on is told by `counts`. */
  go() {
    for (const asker of askers) asker.start();
    setInterval(() => {
      const nowMs = performance.now();
      for (const asker of askers) asker.review(nowMs);
    }, LOST_MS);
  },
  counts() {
    const sum = { responses: 0, errors: 0, bytesOut: 0, bytesIn: 0 };
    for (const { counts } of askers) for (const key of Object.keys(sum)) sum[key] += counts[key];
    return sum;
  },
  close() {},
});
