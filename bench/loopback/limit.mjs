// The limit of the machine: how fast a transfer could be if nothing but its unavoidable work took time.
import { rm } from 'node:fs/promises';

/**
 * Seconds per byte of each stage alone: wall time, and CPU of the process that does it.
 * @typedef {object} Stages
 * @property {Stage} send @property {Stage} receive @property {Stage} hash @property {Stage} write @property {Stage} read
 * @typedef {{ wall: number, cpu: number }} Stage
 */

export const STAGES = ['read', 'send', 'receive', 'hash', 'write'];

export const LIMIT_FORMULA =
  'limit = 1 / max(C / n, T): C is the sum of the CPU seconds per byte of reading, sending, receiving, hashing and writing, each measured alone; n is the number of cores; T are the wall seconds per byte of TCP alone, which one connection cannot share among cores.';

/**
 * The least time per byte: all cores busy with nothing but this work, or one connection at its fastest, whichever
 * takes longer. Copies, protocol, scheduling and the event loop cost nothing in it, so no engine reaches it.
 * @param {Stages} stages @param {number} cores
 * @returns {number} bytes a second
 */
export function bestRate(stages, cores) {
  const cpu = STAGES.reduce((sum, name) => sum + stages[name].cpu, 0);
  return 1 / Math.max(cpu / cores, stages.receive.wall);
}

/** Two processes that stay warm over all rounds. */
export class Limit {
  /** @param {import('../lib/processes.mjs').Processes} processes */
  constructor(processes) {
    const script = new URL('stages.mjs', import.meta.url);
    this.near = processes.node(script);
    this.far = processes.node(script);
  }

  /** @param {number} bytes @param {string} path of a file that is made and removed @returns {Promise<Stages>} */
  async measure(bytes, path) {
    const { port } = await this.far.ask('listen');
    const sending = this.far.ask('send', { bytes });
    const receive = await this.near.ask('receive', { port });
    const send = await sending;
    const hash = await this.near.ask('hash', { bytes });
    const write = await this.near.ask('write', { bytes, path });
    const read = await this.far.ask('read', { bytes, path });
    await rm(path);
    const perByte = ({ seconds, cpuSeconds }) => ({ wall: seconds / bytes, cpu: cpuSeconds / bytes });
    return {
      read: perByte(read),
      send: perByte(send),
      receive: perByte(receive),
      hash: perByte(hash),
      write: perByte(write),
    };
  }

  /** Which backend hashes. @returns {Promise<string>} */
  async hashBackend() {
    return (await this.near.ask('describe')).hash.sha1;
  }

  async stop() {
    await Promise.all([this.near.stop(), this.far.stop()]);
  }
}
