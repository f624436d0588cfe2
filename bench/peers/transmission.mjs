import { readFile, writeFile } from 'node:fs/promises';
import { missingProgram, programVersion, timeByLooking, until } from './client.mjs';
import { freePort } from './free-port.mjs';

/** Status of its RPC specification. */
const SEEDING = 6;
const LOCAL_ERROR = 3;
const START_TIMEOUT_MS = 20_000;

class Transmission {
  static async start({ processes, dir, host, scratch }) {
    const transmission = new Transmission();
    const [port, rpcPort] = [await freePort(host), await freePort('127.0.0.1')];
    transmission.address = { host, port };
    transmission.url = `http://127.0.0.1:${rpcPort}/transmission/rpc`;
    transmission.session = '';
    const settings = {
      'download-dir': dir,
      'bind-address-ipv4': host,
      'bind-address-ipv6': '::1',
      'peer-port': port,
      'rpc-port': rpcPort,
      'rpc-bind-address': '127.0.0.1',
      'rpc-whitelist-enabled': false,
      'rpc-host-whitelist-enabled': false,
      'rpc-authentication-required': false,
      'dht-enabled': false,
      'lpd-enabled': false,
      'pex-enabled': false,
      'utp-enabled': false,
      'port-forwarding-enabled': false,
      'rename-partial-files': false,
      'start-added-torrents': true,
      encryption: 0,
      preallocation: 0,
    };
    await writeFile(`${scratch}/settings.json`, JSON.stringify(settings));
    transmission.process = processes.program('transmission-daemon', [
      '--foreground',
      '--config-dir',
      scratch,
    ]);
    await transmission.up();
    return transmission;
  }

  async up() {
    const deadlineMs = performance.now() + START_TIMEOUT_MS;
    for (;;) {
      try {
        return await this.call('session-get');
      } catch (error) {
        if (performance.now() > deadlineMs || this.process.exited) throw error;
        await new Promise(resolve => setTimeout(resolve, 50));
      }
    }
  }

  async call(method, args = {}) {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: { 'X-Transmission-Session-Id': this.session },
      body: JSON.stringify({ method, arguments: args }),
    });
    if (response.status === 409) {
      this.session = response.headers.get('X-Transmission-Session-Id') ?? '';
      await response.arrayBuffer();
      return this.call(method, args);
    }
    const answer = await response.json();
    if (answer.result !== 'success') throw new Error(`Transmission ${method}: ${answer.result}`);
    return answer.arguments;
  }

  async add(torrent) {
    await this.call('torrent-add', { metainfo: (await readFile(torrent)).toString('base64') });
  }

  async drop() {
    await this.call('torrent-remove', {}); // without ids: all
    const torrents = async () => (await this.call('torrent-get', { fields: ['id'] })).torrents;
    await until(async () => (await torrents()).length === 0, 'Transmission: removing');
  }

  async look() {
    const fields = ['percentDone', 'status', 'error', 'errorString', 'haveUnchecked', 'haveValid'];
    const { torrents } = await this.call('torrent-get', { fields });
    const { percentDone, status, error, errorString, haveUnchecked, haveValid } = torrents[0];
    if (error === LOCAL_ERROR) throw new Error(`Transmission: ${errorString}`);
    return { started: haveUnchecked + haveValid > 0, finished: percentDone === 1 && status === SEEDING };
  }
}

/** @type {import('./client.mjs').Client} */
export const transmission = {
  name: 'Transmission',
  share: 1 / 4,
  slow: 'its choker and its interest are reviewed every 10 s, so every transfer waits first',
  shunsLoopback: true,
  missing: () => missingProgram('transmission-daemon', ['--version'], 'transmission-daemon'),
  version: () => programVersion('transmission-daemon', ['--version']),

  async seed(context) {
    const seed = await Transmission.start(context);
    await seed.add(context.trackedTorrent);
    await timeByLooking(async () => ({ started: true, finished: (await seed.look()).finished }));
    return seed;
  },

  async downloader(context) {
    const downloader = await Transmission.start(context);
    return {
      process: downloader.process,
      async prepare() {},
      async download() {
        await downloader.add(context.trackedTorrent);
        return timeByLooking(() => downloader.look());
      },
      drop: () => downloader.drop(),
    };
  },
};
