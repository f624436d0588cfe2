// Many peers on one seed.
import { BLOCK_BYTES } from '../../dist/engine/protocol/peer/messages.js';
import { startMillrace, usages } from './transfer.mjs';

const HOST = '127.0.0.1';

/** Requests that each peer keeps under way: a piece of 256 KiB, whatever the number of peers. */
export const DEPTH = 16;

/** A seed that lets everybody in, and a process of peers that want what it has. */
export class Crowd {
  /**
   * @param {import('./processes.mjs').Processes} processes
   * @param {{ torrent: string, dir: string, metainfo: import('millrace').Metainfo }} options
   */
  static async open(processes, { torrent, dir, metainfo }) {
    const crowd = new Crowd();
    crowd.seed = startMillrace(processes);
    crowd.peers = processes.node(new URL('crowd-process.mjs', import.meta.url));
    crowd.metainfo = metainfo;
    // every neighbour is served all that it asks for: else the choker and super-seeding would be measured
    const sessionOptions = {
      slots: 1000,
      superSeeding: false,
      sendBufferBytes: 1024 * 1024,
      maxPeersPerTorrent: 1000,
    };
    crowd.address = await crowd.seed.ask('seed', { torrent, dir, host: HOST, sessionOptions });
    return crowd;
  }

  /** @param {number} peers */
  async connect(peers) {
    const { infoHash, pieceCount, pieceLength } = this.metainfo;
    await this.peers.ask('connect', {
      ...this.address,
      infoHash,
      peers,
      pieces: pieceCount,
      blocksPerPiece: pieceLength / BLOCK_BYTES,
    });
  }

  /** @param {number} bytes to fetch by all of them together */
  async fetch(bytes) {
    const before = await usages(this.seed, this.peers);
    const blocks = bytes / BLOCK_BYTES;
    const { seconds, rejected } = await this.peers.ask('fetch', { blocks, depth: DEPTH });
    const after = await usages(this.seed, this.peers);
    const cpu = i => after[i].cpuSeconds - before[i].cpuSeconds;
    return { seconds, bytes, rejected, seedCpuSeconds: cpu(0), peersCpuSeconds: cpu(1) };
  }

  async disconnect() {
    await this.peers.ask('disconnect');
  }

  async stop() {
    await Promise.all([this.seed.stop(), this.peers.stop()]);
  }
}
