import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { KERNELS_OPTIONS, type KernelsOption } from '../kernels/select.js';
import type { SlotGrowth } from '../policy/unchoke-slots.js';
import { MAX_METADATA_BYTES } from '../protocol/peer/metadata.js';
import { DEFAULT_MAX_HANDLES } from '../storage/handle-cache.js';
import type { SuperSeedMode } from '../swarm/super-seeder.js';
import {
  BOOTSTRAP_BOUNDS,
  BOOTSTRAP_NODES,
  type Env,
  failOption,
  flag,
  oneOf,
  resolveBootstrap,
  resolveLimits,
  resolveListen,
  resolveMaxConnections,
  resolveProxy,
  text,
  whole,
} from './option-values.js';
import { PROFILES } from './profiles.js';
import type { LogSink, ProfileName } from './types.js';

/** A row of the options table: docs/options.md is made from it, and nothing else knows a default. */
export interface OptionRow {
  readonly name: string;
  readonly meaning: string;
  /** Shown in the docs. */
  readonly unit?: string;
  readonly defaultText: string;
  readonly bounds: string;
  /** @returns the value to use. @throws MillraceError ERR_OPTION */
  readonly resolve: (value: unknown, env: Env) => unknown;
}

const MiB = 1024 * 1024;

/** 128 MiB hold 512 pieces of 256 KiB: more than the bandwidth-delay product of 10 Gbit/s over 100 ms. */
const DEFAULT_MEMORY_BYTES = 128 * MiB;

/** Smallest budget that still holds the largest piece twice would be 128 MiB; 8 MiB hold 32 ordinary ones. */
const MIN_MEMORY_BYTES = 8 * MiB;

/** A WebAssembly memory has 4 GiB, tables and scratch included. */
const MAX_MEMORY_BYTES = 3 * 1024 * MiB;

const SILENT: LogSink = { debug() {}, info() {}, warn() {}, error() {} };

const PROFILE_NAMES = Object.keys(PROFILES) as ProfileName[];
const SUPER_SEEDING: readonly SuperSeedMode[] = ['auto', true, false];

/** The profile says it, when all else is known. */
const BY_PROFILE = () => undefined;

/** From one block up; a socket that holds more than the piece memory of a session makes no sense. */
const MIN_SEND_BUFFER_BYTES = 16 * 1024;
const MAX_SEND_BUFFER_BYTES = 64 * MiB;

/** One part; and the 2,097,152 pieces that a torrent may have (20 bytes each) with a file name for each dozen. */
const MIN_METADATA_BYTES = 16 * 1024;
const MOST_METADATA_BYTES = 64 * MiB;

export const OPTION_TABLE: readonly OptionRow[] = [
  {
    name: 'dir',
    meaning: 'Folder that torrents are saved below unless `add` names another.',
    defaultText: 'the current folder',
    bounds: 'a path',
    resolve: text('dir', 'a path', '.'),
  },
  {
    name: 'stateDir',
    meaning:
      'Folder of resume state, and of the nodes of the DHT. Without it nothing is remembered between sessions.',
    defaultText: 'none',
    bounds: 'a path',
    resolve: text('stateDir', 'a path', undefined),
  },
  {
    name: 'bind',
    meaning:
      'Address of this machine that all connections and packets start from: to peers and to trackers. Names are still looked up wherever the system does it.',
    defaultText: 'none: the system chooses',
    bounds: 'an IP address',
    resolve: value =>
      value === undefined || (typeof value === 'string' && isIP(value) !== 0)
        ? value
        : failOption('bind', value, 'an IP address'),
  },
  {
    name: 'listen',
    meaning:
      'Where to listen for peers. `*` is every address of both families, as far as the machine has both, on one port; `0.0.0.0` and `::` are those of one family. Port 0 takes any free one; `false` only dials.',
    defaultText: '`{ host: "*", port: 0 }`, `host` the address of `bind` when there is one',
    bounds: '`false`, or host and port 0 to 65535',
    resolve: value => (value === false ? undefined : resolveListen(value)),
  },
  {
    name: 'suspended',
    meaning:
      'Why there is no network yet: the session begins as after `suspend`, and listens with the first `restore`.',
    defaultText: 'there is one',
    bounds: 'a text',
    resolve: text('suspended', 'a text', undefined),
  },
  {
    name: 'proxy',
    meaning:
      'SOCKS5 proxy that peers are dialled through, and HTTP trackers asked, whose names it looks up. UDP trackers are refused (`ERR_PROXY_UDP`). Nothing goes around it but what `listen` takes.',
    defaultText: 'none',
    bounds: 'host and port, with `user` and `password` or without',
    resolve: resolveProxy,
  },
  {
    name: 'limits',
    meaning:
      'Rates of the whole session, `down` and `up`, and of each peer, `peerDown` and `peerUp`; 0 is unlimited. Exact to 5 % over 10 s.',
    unit: 'bytes/s',
    defaultText: 'unlimited',
    bounds: 'from 0',
    resolve: value => resolveLimits(value),
  },
  {
    name: 'profile',
    meaning:
      'What the session is for, which sets the defaults of `slots`, `slotGrowth`, `maxPeersPerTorrent` and `sendBufferBytes`: see [profiles](profiles.md).',
    defaultText: '`classic`',
    bounds: PROFILE_NAMES.map(name => `\`${name}\``).join(', '),
    resolve: oneOf('profile', PROFILE_NAMES, () => 'classic'),
  },
  {
    name: 'slots',
    meaning: 'Unchoke slots of each torrent, the optimistic one not counted.',
    defaultText: '4 (BEP 3); 20 in `seedbox`; 2 in `cluster`',
    bounds: '1 to 1000',
    resolve: whole('slots', 'a whole number from 1 to 1000', 1, 1000, BY_PROFILE),
  },
  {
    name: 'slotGrowth',
    meaning:
      'What adds slots to these: `turns` while super-seeding as many as get a piece each within 10 s, `rate` also as many as are sent enough to each.',
    defaultText: '`turns`; `rate` in `seedbox`; `none` when `slots` is given',
    bounds: '`none`, `turns`, `rate`',
    resolve: oneOf<SlotGrowth | undefined>('slotGrowth', ['none', 'turns', 'rate'], () => undefined),
  },
  {
    name: 'superSeeding',
    meaning:
      'Whether a complete torrent tells each peer of a few pieces of its own until all have been sent once (BEP 16). `auto`: while it is the only source of some piece and several peers lack it.',
    defaultText: '`auto`',
    bounds: '`auto`, `true`, `false`',
    resolve: oneOf<SuperSeedMode>('superSeeding', SUPER_SEEDING, () => 'auto'),
  },
  {
    name: 'maxPeersPerTorrent',
    meaning:
      'Connections of one torrent. It dials up to half of them and keeps the rest for those who dial in.',
    defaultText: '100; 200 in `seedbox`; 20 in `cluster`',
    bounds: '1 to 10000',
    resolve: whole('maxPeersPerTorrent', 'a whole number from 1 to 10000', 1, 10_000, BY_PROFILE),
  },
  {
    name: 'maxConnections',
    meaning:
      'Connections of the whole session. When they are too many, who has not said who it is gives way; else who comes is refused, and nobody is dialled.',
    defaultText: 'none',
    bounds: '1 to 1000000',
    resolve: resolveMaxConnections,
  },
  {
    name: 'maxOpenFiles',
    meaning:
      'Files that are kept open, the least recently used ones giving way. A piece may touch no more of them.',
    defaultText: `${DEFAULT_MAX_HANDLES}`,
    bounds: '1 to 100000',
    resolve: whole('maxOpenFiles', 'a whole number from 1 to 100000', 1, 100_000, DEFAULT_MAX_HANDLES),
  },
  {
    name: 'sendBufferBytes',
    meaning: 'Blocks that wait in the queue of one socket.',
    unit: 'bytes',
    defaultText: '1 MiB; 3 MiB in `seedbox`',
    bounds: '16 KiB to 64 MiB',
    resolve: whole(
      'sendBufferBytes',
      `a whole number of bytes from ${MIN_SEND_BUFFER_BYTES} to ${MAX_SEND_BUFFER_BYTES}`,
      MIN_SEND_BUFFER_BYTES,
      MAX_SEND_BUFFER_BYTES,
      BY_PROFILE,
    ),
  },
  {
    name: 'workers',
    meaning: 'Threads that hash and touch the disk; 0 does both on the event loop.',
    defaultText: 'the cores that the process may use, at most 8',
    bounds: '0 to 64',
    resolve: whole('workers', 'a whole number from 0 to 64', 0, 64, () =>
      Math.min(availableParallelism(), 8),
    ),
  },
  {
    name: 'kernels',
    meaning:
      'Backend of the hot loops. `auto` measures the hashes for a few milliseconds and takes the fastest of each. The environment variable `MILLRACE_KERNELS` is the default.',
    defaultText: '`auto`',
    bounds: '`auto`, `wasm`, `js`, `native`',
    resolve: oneOf('kernels', KERNELS_OPTIONS, env => {
      const named = env.MILLRACE_KERNELS;
      if (named === undefined || named === '') return 'auto';
      return KERNELS_OPTIONS.includes(named as KernelsOption)
        ? (named as KernelsOption)
        : failOption('MILLRACE_KERNELS', named, KERNELS_OPTIONS.join(', '));
    }),
  },
  {
    name: 'memoryBytes',
    meaning:
      'Budget of piece slots: everything requested, received, hashing and not yet written, and the read cache. Untouched memory costs nothing.',
    unit: 'bytes',
    defaultText: '128 MiB',
    bounds: '8 MiB to 3 GiB, and at least twice the piece length of every torrent',
    resolve: whole(
      'memoryBytes',
      `a whole number of bytes from ${MIN_MEMORY_BYTES} to ${MAX_MEMORY_BYTES}`,
      MIN_MEMORY_BYTES,
      MAX_MEMORY_BYTES,
      DEFAULT_MEMORY_BYTES,
    ),
  },
  {
    name: 'maxMetadataBytes',
    meaning: 'Longest info dictionary that peers are asked for when a magnet link is added.',
    unit: 'bytes',
    defaultText: '10 MB, as for .torrent files',
    bounds: '16 KiB to 64 MiB',
    resolve: whole(
      'maxMetadataBytes',
      `a whole number of bytes from ${MIN_METADATA_BYTES} to ${MOST_METADATA_BYTES}`,
      MIN_METADATA_BYTES,
      MOST_METADATA_BYTES,
      MAX_METADATA_BYTES,
    ),
  },
  {
    name: 'dht',
    meaning:
      'Whether to be a node of the distributed hash table, and to find peers there (BEP 5, 32), on the port for peers over UDP. Private torrents never touch it.',
    defaultText: '`false`: whoever embeds the engine says whom it talks to; `true` on the command line',
    bounds: '`true`, `false`',
    resolve: flag('dht', false),
  },
  {
    name: 'dhtBootstrap',
    meaning: 'Nodes to begin with when none is remembered, by address or name.',
    defaultText: BOOTSTRAP_NODES.map(({ host, port }) => `\`${host}:${port}\``).join(', '),
    bounds: BOOTSTRAP_BOUNDS,
    resolve: resolveBootstrap,
  },
  {
    name: 'dhtReadOnly',
    meaning: 'Asks other nodes and answers none, as behind a firewall or on a phone (BEP 43).',
    defaultText: '`false`',
    bounds: '`true`, `false`',
    resolve: flag('dhtReadOnly', false),
  },
  {
    name: 'pex',
    meaning: 'Whether connected peers tell each other of further ones (BEP 11). Never for private torrents.',
    defaultText: '`true`',
    bounds: '`true`, `false`',
    resolve: flag('pex', true),
  },
  {
    name: 'lsd',
    meaning:
      'Whether to look for peers in the local network by multicast (BEP 14). Never for private torrents.',
    defaultText: '`false`; `true` for `seed` and `download` on the command line',
    bounds: '`true`, `false`',
    resolve: flag('lsd', false),
  },
  {
    name: 'portMapping',
    meaning:
      'Whether to ask the router, by PCP, NAT-PMP or UPnP, to let peers through to the port. Given back at the end.',
    defaultText: '`false`',
    bounds: '`true`, `false`',
    resolve: flag('portMapping', false),
  },
  {
    name: 'seed',
    meaning: 'Seed of all dice of policy, to reproduce a run.',
    defaultText: 'random',
    bounds: '0 to 4294967295',
    resolve: whole(
      'seed',
      'a whole number from 0 to 4294967295',
      0,
      0xffff_ffff,
      () => crypto.getRandomValues(new Uint32Array(1))[0],
    ),
  },
  {
    name: 'log',
    meaning:
      'Where log lines go: `debug`, `info`, `warn`, `error`, each with facts and a message. A pino logger fits.',
    defaultText: 'nowhere',
    bounds: 'an object with the four methods',
    resolve: value => {
      if (value === undefined) return SILENT;
      const sink = value as Partial<LogSink>;
      const fits = (['debug', 'info', 'warn', 'error'] as const).every(
        level => typeof sink[level] === 'function',
      );
      return fits ? value : failOption('log', typeof value, 'an object with debug, info, warn and error');
    },
  },
  {
    name: 'signal',
    meaning: 'Aborting it closes the session.',
    defaultText: 'none',
    bounds: 'an AbortSignal',
    resolve: value =>
      value === undefined || value instanceof AbortSignal
        ? value
        : failOption('signal', value, 'an AbortSignal'),
  },
];
