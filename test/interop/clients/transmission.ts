import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { freePort } from '../../lib/free-port.js';
import type { Program } from '../../lib/program.js';
import type { Stage } from '../../lib/stage.js';
import { until } from '../../lib/until.js';
import type { Client, OtherPeer, StartOptions } from './client.js';
import { missingProgram } from './installed.js';

interface TorrentFields {
  readonly id: number;
  readonly percentDone: number;
  readonly recheckProgress: number;
  /** 6 is seeding, 4 downloading, 2 checking (rpc-spec of 3.00). */
  readonly status: number;
  readonly error: number;
  readonly errorString: string;
  readonly corruptEver: number;
}

const FIELDS = ['id', 'percentDone', 'recheckProgress', 'status', 'error', 'errorString', 'corruptEver'];
const SEEDING = 6;

/** Transmission's remote control: JSON over HTTP, with a session id that the first answer (409) tells. */
class Rpc {
  #session = '';

  constructor(readonly port: number) {}

  async call<T>(method: string, args: object = {}): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.port}/transmission/rpc`, {
      method: 'POST',
      headers: { 'X-Transmission-Session-Id': this.#session },
      body: JSON.stringify({ method, arguments: args }),
    });
    if (response.status === 409) {
      this.#session = response.headers.get('X-Transmission-Session-Id') ?? '';
      await response.arrayBuffer();
      return this.call(method, args);
    }
    const answer = (await response.json()) as { result: string; arguments: T };
    if (answer.result !== 'success') throw new Error(`transmission ${method}: ${answer.result}`);
    return answer.arguments;
  }

  async torrent(): Promise<TorrentFields> {
    const { torrents } = await this.call<{ torrents: TorrentFields[] }>('torrent-get', { fields: FIELDS });
    return torrents[0];
  }
}

function settings(dir: string, peerPort: number, rpcPort: number): object {
  return {
    'download-dir': dir,
    'bind-address-ipv4': '127.0.0.1',
    'bind-address-ipv6': '::1',
    'peer-port': peerPort,
    'peer-port-random-on-start': false,
    'rpc-enabled': true,
    'rpc-bind-address': '127.0.0.1',
    'rpc-port': rpcPort,
    'rpc-whitelist-enabled': false,
    'rpc-authentication-required': false,
    'rpc-host-whitelist-enabled': false,
    'dht-enabled': false,
    'lpd-enabled': false,
    'pex-enabled': false,
    'utp-enabled': false,
    'port-forwarding-enabled': false,
    encryption: 0,
    'speed-limit-up-enabled': false,
    'speed-limit-down-enabled': false,
    'alt-speed-enabled': false,
    'ratio-limit-enabled': false,
    'rename-partial-files': false,
    'start-added-torrents': true,
    preallocation: 0,
    'scrape-paused-torrents-enabled': false,
  };
}

class TransmissionPeer implements OtherPeer {
  private constructor(
    readonly program: Program,
    readonly rpc: Rpc,
    readonly address: { host: string; port: number },
  ) {}

  static async start(
    stage: Stage,
    { torrent, dir, role, host = '127.0.0.1' }: StartOptions,
  ): Promise<TransmissionPeer> {
    const [peerPort, rpcPort] = [await freePort(), await freePort()];
    const config = stage.path(`transmission-${peerPort}`);
    await mkdir(config, { recursive: true });
    await mkdir(dir, { recursive: true });
    await writeFile(`${config}/settings.json`, JSON.stringify(settings(dir, peerPort, rpcPort)));
    const program = stage.run('transmission-daemon', ['--foreground', '--log-debug', '--config-dir', config]);
    const rpc = new Rpc(rpcPort);
    const explain = () => program.tail();
    await until(
      'an answer of transmission',
      () =>
        rpc.call('session-get').then(
          () => true,
          () => false,
        ),
      { explain },
    );
    const link = torrent.startsWith('magnet:');
    await rpc.call(
      'torrent-add',
      link ? { filename: torrent } : { metainfo: (await readFile(torrent)).toString('base64') },
    );
    const peer = new TransmissionPeer(program, rpc, { host, port: peerPort });
    if (role === 'seed') await peer.completed();
    return peer;
  }

  async completed(timeoutMs?: number): Promise<void> {
    const done = async () => {
      const torrent = await this.rpc.torrent();
      // A local error; warnings and errors of trackers are 1 and 2 and may pass.
      if (torrent.error === 3) throw new Error(`transmission: ${torrent.errorString}\n${this.tail()}`);
      return torrent.percentDone === 1 && torrent.status === SEEDING;
    };
    await until('all pieces in transmission', done, { timeoutMs, explain: () => this.tail() });
  }

  complaints(): string[] {
    return this.program.lines.filter(line => /failed its checksum|banning|corrupt|mismatch/i.test(line));
  }

  tail(): string {
    return this.program.tail();
  }
}

/**
 * Transmission never dials 127.0.0.0/8, so the other side has to know it and dial: let it announce first. It says that it
 * is interested, and unchokes, only every 10 s: a transfer takes as long at least, with any other client too.
 */
export const transmission: Client = {
  name: 'Transmission',
  skipsEmptyFiles: true,
  missing: () => missingProgram('transmission-daemon', ['--version'], 'transmission-daemon'),
  start: (stage, options) => TransmissionPeer.start(stage, options),
};
