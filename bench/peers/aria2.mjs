import { readFile } from 'node:fs/promises';
import { missingProgram, programVersion, timeByLooking, until } from './client.mjs';
import { freePort } from './free-port.mjs';

class Aria2 {
  static async start({ processes, dir, host }) {
    const aria2 = new Aria2();
    const [port, rpcPort] = [await freePort(host), await freePort('127.0.0.1')];
    aria2.address = { host, port };
    aria2.url = `http://127.0.0.1:${rpcPort}/jsonrpc`;
    aria2.process = processes.program('aria2c', [
      '--no-conf',
      '--enable-rpc',
      `--rpc-listen-port=${rpcPort}`,
      `--dir=${dir}`,
      `--interface=${host}`,
      `--listen-port=${port}`,
      '--disable-ipv6',
      '--enable-dht=false',
      '--enable-dht6=false',
      '--bt-enable-lpd=false',
      '--enable-peer-exchange=false',
      '--no-proxy=*',
      '--file-allocation=none',
      '--allow-overwrite=true',
      '--seed-ratio=0.0',
      '--show-console-readout=false',
    ]);
    await aria2.process.line(/RPC: listening on TCP port/);
    return aria2;
  }

  async call(method, ...params) {
    const body = JSON.stringify({ jsonrpc: '2.0', id: '1', method: `aria2.${method}`, params });
    const { result, error } = await (await fetch(this.url, { method: 'POST', body })).json();
    if (error) throw new Error(`aria2 ${method}: ${error.message}`);
    return result;
  }

  async add(torrent, options) {
    this.gid = await this.call('addTorrent', (await readFile(torrent)).toString('base64'), [], options);
  }

  /** Removing takes a moment, and it would refuse the same torrent meanwhile. */
  async drop() {
    await this.call('forceRemove', this.gid);
    const status = async () => (await this.call('tellStatus', this.gid, ['status'])).status;
    await until(async () => (await status()) !== 'active', 'aria2: removing');
    await this.call('removeDownloadResult', this.gid);
  }

  async look() {
    const keys = ['status', 'completedLength', 'seeder', 'errorMessage'];
    const { status, completedLength, seeder, errorMessage } = await this.call('tellStatus', this.gid, keys);
    if (status === 'error') throw new Error(`aria2: ${errorMessage}`);
    return { started: completedLength !== '0', finished: seeder === 'true' };
  }
}

/** It cannot be told peers: it learns of the seed from the tracker. @type {import('./client.mjs').Client} */
export const aria2 = {
  name: 'aria2',
  share: 1,
  missing: () => missingProgram('aria2c', ['--version'], 'aria2'),
  version: () => programVersion('aria2c', ['--version']),

  async seed(context) {
    const seed = await Aria2.start(context);
    await seed.add(context.trackedTorrent, { 'bt-seed-unverified': 'true' });
    await timeByLooking(async () => ({ started: true, ...(await seed.look()) }));
    return seed;
  },

  async downloader(context) {
    const aria = await Aria2.start(context);
    return {
      process: aria.process,
      async prepare() {},
      async download() {
        await aria.add(context.trackedTorrent, {});
        return timeByLooking(() => aria.look());
      },
      drop: () => aria.drop(),
    };
  },
};
