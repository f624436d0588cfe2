import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { PeerAddress } from '../../../../dist/index.js';
import { freePort } from '../../../lib/free-port.js';
import type { Program } from '../../../lib/program.js';
import type { Stage } from '../../../lib/stage.js';
import { until } from '../../../lib/until.js';
import { missingProgram } from '../../clients/installed.js';
import { RpcClient } from './rpc-client.js';

const BIN = fileURLToPath(new URL('../../../../bin/millrace.js', import.meta.url));

/** A daemon under remote control, started for one test or one file of tests. */
export interface Daemon {
  readonly kind: DaemonKind;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly rpc: RpcClient;
  readonly peers: PeerAddress;
  /** Where it saves torrents. */
  readonly downloads: string;
  /** Where it keeps its state. */
  readonly state: string;
  readonly program: Program;
}

export interface StartOptions {
  /** For its folders, when a test starts several of a kind. */
  readonly name?: string;
  /** `name:password`; without it nobody is asked. */
  readonly user?: string;
  /** Flags for ours alone. */
  readonly flags?: readonly string[];
}

export interface DaemonKind {
  readonly name: 'transmission-daemon' | 'millrace';
  /** The version of ours is told as Transmission's, so what 4.0 added is there. */
  readonly isReference: boolean;
  missing(): string | undefined;
  /** Resolves when it answers. */
  start(stage: Stage, options?: StartOptions): Promise<Daemon>;
}

async function folders(stage: Stage, name: string): Promise<{ state: string; downloads: string }> {
  const [state, downloads] = [stage.path(`${name}-state`), stage.path(`${name}-downloads`)];
  await mkdir(state, { recursive: true });
  await mkdir(downloads, { recursive: true });
  return { state, downloads };
}

/** No traffic but what the tests make. The blocklist's URL is one that nobody answers. */
const SETTINGS = {
  'bind-address-ipv4': '127.0.0.1',
  'bind-address-ipv6': '::1',
  'blocklist-url': 'http://127.0.0.1:9/blocklist',
  'peer-port-random-on-start': false,
  'rpc-bind-address': '127.0.0.1',
  'rpc-whitelist-enabled': false,
  'rpc-host-whitelist-enabled': true,
  'dht-enabled': false,
  'lpd-enabled': false,
  'pex-enabled': false,
  'utp-enabled': false,
  'port-forwarding-enabled': false,
  'rename-partial-files': false,
  preallocation: 0,
};

/** Debian's 3.00. */
const reference: DaemonKind = {
  name: 'transmission-daemon',
  isReference: true,
  missing: () => missingProgram('transmission-daemon', ['--version'], 'transmission-daemon'),
  async start(stage, { user, name: folder = 'reference' } = {}) {
    const { state, downloads } = await folders(stage, folder);
    const [peerPort, rpcPort] = [await freePort(), await freePort()];
    const [name, password] = user?.split(':') ?? [];
    const settings = {
      ...SETTINGS,
      'download-dir': downloads,
      'incomplete-dir': `${downloads}/incomplete`,
      'peer-port': peerPort,
      'rpc-port': rpcPort,
      'rpc-authentication-required': user !== undefined,
      ...(user === undefined ? {} : { 'rpc-username': name, 'rpc-password': password }),
    };
    await writeFile(`${state}/settings.json`, JSON.stringify(settings));
    const program = stage.run('transmission-daemon', ['--foreground', '--config-dir', state]);
    const origin = `http://127.0.0.1:${rpcPort}`;
    const rpc = new RpcClient(origin, user);
    const answers = () =>
      rpc.send({ method: 'session-get' }).then(
        ({ status }) => status === 200,
        () => false,
      );
    await until('an answer of transmission-daemon', answers, { explain: () => program.tail() });
    const peers = { host: '127.0.0.1', port: peerPort };
    return { kind: reference, origin, rpc, peers, downloads, state, program };
  },
};

const ours: DaemonKind = {
  name: 'millrace',
  isReference: false,
  missing: () => undefined,
  async start(stage, { user, flags = [], name: folder = 'millrace' } = {}) {
    const { state, downloads } = await folders(stage, folder);
    const [name, password] = user?.split(':') ?? [];
    const args = [
      // as the settings of the other one
      ...['daemon', '--json', '--no-dht', '--no-pex', '--no-lsd'],
      ...['--state-dir', state, '--download-dir', downloads, '--roots', stage.dir],
      ...['--host', '127.0.0.1', '--port', '0', '--rpc-port', '0', '--workers', '1'],
      ...flags,
    ];
    const env: Record<string, string> = { XDG_CONFIG_HOME: state };
    if (user !== undefined) [env.MILLRACE_RPC_USER, env.MILLRACE_RPC_PASSWORD] = [name, password];
    const program = stage.run(process.execPath, [BIN, ...args], { env });
    const ready = await program.event('ready');
    const { origin } = new URL(String(ready.rpc));
    const { hostname, port } = new URL(`tcp://${ready.peers}`);
    const peers = { host: hostname, port: Number(port) };
    return { kind: ours, origin, rpc: new RpcClient(origin, user), peers, downloads, state, program };
  },
};

/** Every test that both can pass runs on both, so that none asks of ours what Transmission does not do. */
export const BOTH: readonly DaemonKind[] = [reference, ours];
export { ours, reference };
