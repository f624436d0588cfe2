// Daemons to measure: ours, and the one whose RPC it speaks. Both keep their state between starts.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '../peers/free-port.mjs';
import { RpcConnection } from './rpc.mjs';

const BIN = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));
const PROBE = new URL('loop-probe.mjs', import.meta.url);
const HOST = '127.0.0.1';
const START_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 60_000;

/** @typedef {{ name: string, start(context: Context): Promise<Daemon> }} Engine */
/** @typedef {{ processes: import('../lib/processes.mjs').Processes, workspace: import('../lib/workspace.mjs').Workspace,
 *   flags?: readonly string[] }} Context */

/** A daemon that is ready. */
class Daemon {
  constructor(process, { url, peers, readySeconds, probeFile }) {
    this.process = process;
    this.url = url;
    /** Where peers find it: `host:port`. */
    this.peers = peers;
    this.readySeconds = readySeconds;
    this.probeFile = probeFile;
  }

  connect() {
    return new RpcConnection(this.url);
  }

  usage() {
    return this.process.usage();
  }

  /** @returns {Promise<number>} seconds */
  async stop() {
    const startMs = performance.now();
    this.process.child.kill('SIGTERM');
    const tooLate = setTimeout(() => this.process.child.kill('SIGKILL'), STOP_TIMEOUT_MS);
    await this.process.ended;
    clearTimeout(tooLate);
    return (performance.now() - startMs) / 1000;
  }

  kill() {
    return this.process.kill();
  }
}

/** @type {Engine} */
export const millrace = {
  name: 'millrace',
  async start({ processes, workspace, flags = [] }) {
    const startMs = performance.now();
    const probeFile = workspace.path('loop.json');
    const settings = {
      ...{ 'state-dir': workspace.path('state'), 'download-dir': workspace.path('data') },
      ...{ host: HOST, port: 0, 'rpc-port': 0 },
    };
    const args = Object.entries(settings).flatMap(([key, value]) => [`--${key}`, String(value)]);
    const running = processes.program(
      process.execPath,
      ['--import', PROBE.href, BIN, 'daemon', '--json', '--no-dht', ...args, ...flags],
      { env: { ...process.env, BENCH_LOOP_FILE: probeFile } },
    );
    const [line] = await running.line(/^\{"event":"ready".*/, START_TIMEOUT_MS);
    const { rpc, peers } = JSON.parse(line);
    return new Daemon(running, {
      ...{ url: rpc, peers, probeFile },
      readySeconds: (performance.now() - startMs) / 1000,
    });
  },
};

/** Ready when it answers: it tells nobody. @type {Engine} */
export const transmission = {
  name: 'Transmission',
  async start({ processes, workspace }) {
    const [port, rpcPort] = [await freePort(HOST), await freePort(HOST)];
    const folder = workspace.path('state');
    await mkdir(folder, { recursive: true });
    const settings = {
      ...{ 'download-dir': workspace.path('data'), 'peer-port': port, 'bind-address-ipv4': HOST },
      ...{ 'rpc-port': rpcPort, 'rpc-bind-address': HOST, 'rpc-authentication-required': false },
      ...{ 'rpc-whitelist-enabled': false, 'rpc-host-whitelist-enabled': false, 'dht-enabled': false },
      ...{ 'lpd-enabled': false, 'utp-enabled': false, 'port-forwarding-enabled': false },
    };
    await writeFile(`${folder}/settings.json`, JSON.stringify(settings));
    const startMs = performance.now();
    const running = processes.program('transmission-daemon', ['--foreground', '--config-dir', folder]);
    const url = `http://${HOST}:${rpcPort}/transmission/rpc`;
    await running.within(answers(url), 'answer', START_TIMEOUT_MS);
    return new Daemon(running, {
      ...{ url, peers: `${HOST}:${port}` },
      readySeconds: (performance.now() - startMs) / 1000,
    });
  },
};

async function answers(url) {
  for (;;) {
    const connection = new RpcConnection(url);
    try {
      return await connection.call('session-get');
    } catch {
      await new Promise(resolve => setTimeout(resolve, 20));
    } finally {
      connection.close();
    }
  }
}
