import { type Command, Option } from 'commander';
import type {
  AddOptions,
  HostAndPort,
  KernelsOption,
  PeerAddress,
  ProfileName,
  SessionOptions,
} from '../index.js';
import { parseAddress, parseBytes, parseCount, parsePort, parseRate } from '../values/parse.js';
import { type CommonOptions, type Context, value, values } from './context.js';
import { defaultStateDir } from './state-dir.js';

/** Options that `seed` and `download` share. */
export interface PeerOptions extends CommonOptions {
  readonly dir: string;
  readonly host?: string;
  readonly port?: number;
  readonly peer?: PeerAddress[];
  readonly up?: number;
  readonly down?: number;
  readonly slots?: number;
  /** `false` by `--no-state`. */
  readonly state: boolean;
  readonly stateDir?: string;
  readonly workers?: number;
  readonly kernels?: KernelsOption;
  readonly memory?: number;
  readonly profile?: ProfileName;
  /** Undefined when neither flag is given: the engine decides. */
  readonly superSeed?: boolean;
  readonly dht?: boolean;
  readonly dhtBootstrap?: HostAndPort[];
  readonly pex?: boolean;
  readonly lsd?: boolean;
  readonly portMapping?: boolean;
  readonly supervised?: boolean;
}

export function addPeerOptions(command: Command, dirMeaning: string): void {
  command
    .requiredOption('--dir <folder>', dirMeaning)
    .option('--host <address>', 'address to listen on (default: all, of IPv4 and IPv6)')
    .option('--port <number>', 'port to listen on, 0 for any free one', value(parsePort))
    .option(
      '--peer <host:port>',
      'a peer to connect to besides those that trackers tell; may be repeated',
      values(parseAddress),
    )
    .option('--no-dht', 'keep out of the distributed hash table')
    .option(
      '--dht-bootstrap <host:port>',
      'a node to begin with instead of the well-known ones; may be repeated',
      values(parseAddress),
    )
    .option('--no-pex', 'neither ask connected peers for others nor tell them')
    .option('--no-lsd', 'do not look for peers in the local network')
    .option('--port-mapping', 'ask the router, by PCP, NAT-PMP or UPnP, to let peers through')
    .option('--up <rate>', 'upload limit, such as 10MB/s; 0 is unlimited', value(parseRate))
    .option('--down <rate>', 'download limit', value(parseRate))
    .option(
      '--slots <number>',
      'peers to upload to at once',
      value(text => parseCount(text, 1, 1000)),
    )
    .option(
      '--state-dir <folder>',
      'where to remember which pieces are verified (default: the user state folder)',
    )
    .option('--no-state', 'remember nothing: the next start checks the files again');
  for (const flag of ['--dht', '--pex', '--lsd', '--no-port-mapping'])
    command.addOption(new Option(flag, 'as it is anyway').hideHelp());
  addEngineOptions(command);
  command.option('--memory <size>', 'budget for pieces in memory, such as 128MiB', value(parseBytes));
  addPolicyOptions(command);
  command.addOption(
    new Option('--supervised', 'begin at the first line of stdin, stop at its end').hideHelp(),
  );
}

/** Options that say how peers deal with each other. */
export function addPolicyOptions(command: Command): void {
  command
    .addOption(
      new Option('--profile <name>', 'set of defaults, see docs/profiles.md').choices([
        'classic',
        'seedbox',
        'cluster',
      ]),
    )
    .option('--super-seed', 'send no piece twice until all have been sent (default: as the only source)')
    .option('--no-super-seed', 'tell every peer of all pieces at once');
}

/** Options of all commands that hash. */
export function addEngineOptions(command: Command): void {
  command
    .option(
      '--workers <number>',
      'threads that hash and touch the disk (default: by CPU count)',
      value(text => parseCount(text, 0, 64)),
    )
    .addOption(new Option('--kernels <name>', 'hash backend').choices(['auto', 'wasm', 'js', 'native']));
}

export function toSessionOptions(options: PeerOptions, { io }: Context): SessionOptions {
  return {
    dir: options.dir,
    stateDir: options.state ? (options.stateDir ?? defaultStateDir(io.env, options.dir)) : undefined,
    listen: { host: options.host, port: options.port },
    profile: options.profile,
    superSeeding: options.superSeed,
    workers: options.workers,
    kernels: options.kernels,
    memoryBytes: options.memory,
    dht: options.dht ?? true,
    dhtBootstrap: options.dhtBootstrap,
    pex: options.pex,
    lsd: options.lsd ?? true,
    portMapping: options.portMapping,
  };
}

export function toAddOptions(options: PeerOptions): AddOptions {
  return {
    peers: options.peer,
    limits: { up: options.up, down: options.down },
    slots: options.slots,
    paused: options.supervised,
  };
}
