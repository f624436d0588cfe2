// A process with many peers that take blocks and throw them away: light, so that the seed is what is measured.
import { connect } from 'node:net';
import { encodeMessage } from '../../dist/engine/protocol/peer/encoder.js';
import { encodeHandshake, HANDSHAKE_BYTES } from '../../dist/engine/protocol/peer/handshake.js';
import { BLOCK_BYTES, MESSAGE_ID } from '../../dist/engine/protocol/peer/messages.js';
import { serve } from './child.mjs';

/** Bytes of the encoded message. */
const REQUEST_BYTES = 17;
const READ_BYTES = 256 * 1024;

/** Fast Extension (BEP 6): lets us say have-none, and the seed reject what it does not send. */
const RESERVED = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 4);

/** Handshakes at a time: more at once from one address look like an attack, and the oldest would be dropped. */
const WAVE = 50;

const readBuffer = Buffer.alloc(READ_BYTES);

/** @type {Peer[]} */
let peers = [];
let job;

class Peer {
  unchoked = false;
  outstanding = 0;
  /** Bytes to skip: of the handshake, then of bodies. */
  #skip = HANDSHAKE_BYTES;
  #header = Buffer.alloc(5);
  #headerBytes = 0;

  /** @param {number} index @param {{ host: string, port: number, infoHash: string, pieces: number, blocksPerPiece: number, peers: number }} options */
  constructor(index, options) {
    const { host, port, infoHash, pieces, blocksPerPiece } = options;
    this.pieces = pieces;
    this.blocksPerPiece = blocksPerPiece;
    // neighbours work on different pieces, as rarest first has it
    this.piece = Math.floor((index * pieces) / options.peers);
    this.block = 0;
    this.ready = new Promise((resolve, reject) => {
      this.onUnchoked = resolve;
      this.socket = connect({
        host,
        port,
        noDelay: true,
        onread: { buffer: readBuffer, callback: count => this.#read(count) },
      });
      this.socket.on('error', reject);
      this.socket.on('close', () => reject(new Error(`the seed closed connection ${index + 1}`)));
    });
    this.ready.catch(() => {}); // whoever waits for all of them is told
    const peerId = new TextEncoder().encode(`-BN0000-${String(index).padStart(12, '0')}`);
    const hello = Buffer.alloc(10);
    encodeMessage({ type: 'interested' }, hello, encodeMessage({ type: 'have-none' }, hello, 0));
    this.socket.write(encodeHandshake({ reserved: RESERVED, infoHash, peerId }));
    this.socket.write(hello);
  }

  /** Keeps `depth` requests under way as long as the job has blocks left. */
  request() {
    if (!this.unchoked || job === undefined || this.outstanding > job.depth / 2) return;
    const count = Math.min(job.depth - this.outstanding, job.toRequest);
    if (count <= 0) return;
    job.toRequest -= count;
    this.outstanding += count;
    const out = Buffer.allocUnsafe(count * REQUEST_BYTES);
    let at = 0;
    for (let i = 0; i < count; i++) {
      const begin = this.block * BLOCK_BYTES;
      at = encodeMessage({ type: 'request', piece: this.piece, begin, length: BLOCK_BYTES }, out, at);
      if (++this.block === this.blocksPerPiece) {
        this.block = 0;
        this.piece = (this.piece + 1) % this.pieces;
      }
    }
    this.socket.write(out);
  }

  #read(count) {
    let at = 0;
    while (at < count) {
      const skipped = Math.min(this.#skip, count - at);
      this.#skip -= skipped;
      at += skipped;
      if (at < count) at = this.#frame(at, count);
    }
    this.request();
    return true;
  }

  /** Length and id of the next message; its body is skipped. */
  #frame(at, count) {
    while (at < count && this.#headerBytes < 5) {
      this.#header[this.#headerBytes++] = readBuffer[at++];
      if (this.#headerBytes === 4 && this.#header.readUInt32BE() === 0) this.#headerBytes = 0; // keep-alive
    }
    if (this.#headerBytes < 5) return at;
    this.#headerBytes = 0;
    this.#skip = this.#header.readUInt32BE() - 1;
    const id = this.#header[4];
    if (id === MESSAGE_ID.piece) this.#onBlock();
    else if (id === MESSAGE_ID.reject) this.#onReject();
    else if (id === MESSAGE_ID.unchoke || id === MESSAGE_ID.choke) this.#onUnchoke(id === MESSAGE_ID.unchoke);
    return at;
  }

  #onUnchoke(on) {
    this.unchoked = on;
    if (on) this.onUnchoked();
  }

  /** Counted by its header; the last one's body is under way by then, which is a millionth of the whole. */
  #onBlock() {
    this.outstanding--;
    if (job !== undefined && --job.toReceive === 0) job.done();
  }

  #onReject() {
    this.outstanding--;
    if (job === undefined) return;
    job.toRequest++;
    job.rejected++;
  }
}

serve({
  /** Connects so many peers; resolves when all are unchoked. */
  async connect(options) {
    while (peers.length < options.peers) {
      const wave = Math.min(WAVE, options.peers - peers.length);
      const first = peers.length;
      for (let i = 0; i < wave; i++) peers.push(new Peer(first + i, options));
      await Promise.all(peers.slice(first).map(peer => peer.ready));
    }
  },

  /** Fetches so many blocks, whoever is fastest. @returns seconds from the first request to the last block */
  async fetch({ blocks, depth }) {
    const startMs = performance.now();
    const finished = new Promise(done => {
      job = { toRequest: blocks, toReceive: blocks, depth, rejected: 0, done };
    });
    for (const peer of peers) peer.request();
    await finished;
    const { rejected } = job;
    job = undefined;
    return { seconds: (performance.now() - startMs) / 1000, rejected };
  },

  disconnect() {
    for (const peer of peers) peer.socket.destroy();
    peers = [];
  },

  close() {},
});
