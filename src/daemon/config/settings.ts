import * as values from '../../values/kinds.js';
import { type Kind, oneOf, text } from '../../values/kinds.js';
import { flag, from0, hostAndPort, many, path, ratio, timeOfDay, whole } from './kinds.js';

/**
 * What a daemon can be told, one row each: `rpc-port` is the key in the file, `--rpc-port` the flag and
 * MILLRACE_RPC_PORT the variable. docs/daemon.md is checked against this table.
 */
export interface Setting<T> {
  readonly kind: Kind<T>;
  /** Undefined: none, unless somebody names one. */
  readonly fallback: T;
  readonly meaning: string;
  /** A reload (SIGHUP) applies it; the others need a restart. */
  readonly live: boolean;
  /** Never shown. */
  readonly secret: boolean;
}

function live<T>(kind: Kind<T>, fallback: T, meaning: string): Setting<T> {
  return { kind, fallback, meaning, live: true, secret: false };
}

function fixed<T>(kind: Kind<T>, fallback: T, meaning: string): Setting<T> {
  return { kind, fallback, meaning, live: false, secret: false };
}

function optional<T>(kind: Kind<T>): Kind<T | undefined> {
  return kind as Kind<T | undefined>;
}

const rate = from0(values.rate);
const size = from0(values.size);
const time = from0(values.time);
const port = whole(0, 65535);
const anyText = optional(text);
const anyPath = optional(path);
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

export const SETTINGS = {
  // where things are
  'state-dir': fixed(path, '~/.local/state/millrace/daemon', 'torrents, resume data and totals'),
  'download-dir': live(path, '~/Downloads', 'where torrents are saved that name no other folder'),
  'incomplete-dir': live(anyPath, undefined, 'where they are until they are complete'),
  roots: live(many(path), [], 'folders that clients may name, and all below them; none: download-dir alone'),
  umask: fixed(optional(octal()), undefined, 'permissions that new files and folders do not get'),
  preallocate: live(oneOf('sparse', 'full'), 'sparse', 'whether files get their blocks at once'),

  // peers
  host: fixed(
    text,
    '*',
    'the one address for peers, trackers and DHT; gone: all of them stop. * is every one',
  ),
  port: live(port, 6881, 'for peers; 0 takes any free one'),
  profile: fixed(oneOf('classic', 'seedbox', 'cluster'), 'seedbox', 'see docs/profiles.md'),
  'max-peers-per-torrent': live(whole(1, 10_000), 200, 'connections of one torrent'),
  'max-peers': live(whole(1, 1_000_000), 2000, 'connections in all'),
  proxy: {
    ...fixed(anyText, undefined, 'socks5://[user:password@]host:port for peers and trackers'),
    secret: true,
  },
  blocklist: live(
    anyText,
    undefined,
    'file or URL of addresses to have nothing to do with: CIDR, p2p or dat, also gzipped',
  ),
  'blocklist-enabled': live(flag, true, 'whether it is in force'),
  dht: live(flag, true, 'find peers in the distributed hash table too'),
  'dht-bootstrap': fixed(
    optional(many(hostAndPort)),
    undefined,
    'nodes to begin with when none is remembered; none: the well-known ones',
  ),
  pex: live(flag, true, 'let connected peers tell of others'),
  lsd: live(flag, false, 'look for peers in the local network'),
  'port-mapping': live(flag, false, 'ask the router, by PCP, NAT-PMP or UPnP, to let peers through'),
  'default-trackers': live(many(text), [], 'also announce torrents that are not private to these'),

  // rates
  up: live(rate, 0, 'upload limit of all torrents; 0 is none'),
  down: live(rate, 0, 'download limit of all torrents; 0 is none'),
  'alt-up': live(rate, 50_000, 'the other upload limit'),
  'alt-down': live(rate, 50_000, 'the other download limit'),
  'alt-schedule': live(flag, false, 'use the other limits from alt-begin to alt-end'),
  'alt-begin': live(timeOfDay, 9 * 60, 'in local time'),
  'alt-end': live(timeOfDay, 17 * 60, 'in local time; before alt-begin it is that of the next day'),
  'alt-days': live(many(oneOf(...DAYS)), DAYS as readonly (typeof DAYS)[number][], 'on which it begins'),

  // when a torrent has done its part
  'seed-ratio': live(optional(ratio), undefined, 'uploaded bytes to those of the torrent'),
  'seed-time': live(optional(time), undefined, 'time as a seed, over all runs of the daemon'),
  'seed-idle': live(optional(time), undefined, 'time as a seed in which nobody took anything'),
  'seed-limits': live(oneOf('any', 'all'), 'any', 'how many of the three must be reached'),
  'seed-action': live(oneOf('stop', 'remove', 'remove-data'), 'stop', 'what happens then'),

  // queues
  'download-queue': live(optional(whole(1, 100_000)), undefined, 'downloads at a time; the others wait'),
  'seed-queue': live(optional(whole(1, 100_000)), undefined, 'seeds at a time; the others wait'),
  'queue-stalled': live(
    optional(time),
    (30 * 60_000) as number | undefined,
    'one that moves nothing for so long holds no place',
  ),

  // remote control
  rpc: fixed(flag, true, 'serve clients'),
  'rpc-host': fixed(text, '127.0.0.1', 'another one than loopback needs a password'),
  'rpc-port': fixed(port, 9091, '0 takes any free one'),
  'rpc-user': live(text, 'millrace', 'name of the user'),
  'rpc-password': {
    ...live(anyText, undefined, 'plain, or a line of `millrace daemon --hash-password`'),
    secret: true,
  },
  'rpc-hosts': live(many(text), [], 'names by which clients reach it, besides addresses and localhost'),
  'rpc-origins': live(many(text), [], 'web pages of others that may use it'),
  'rpc-scripts': fixed(flag, false, 'clients may name programs to run'),
  'rpc-local-files': live(flag, false, 'clients may add .torrent files by their path here'),
  metrics: fixed(flag, true, 'serve /metrics'),
  'metrics-per-torrent': live(flag, false, 'with series for each torrent'),

  // automation
  'watch-dir': live(anyPath, undefined, 'torrents and magnet links that appear here are added'),
  'watch-poll': live(time, 10_000, 'look into it so often too: network file systems tell of no changes'),
  'start-added': live(flag, true, 'torrents start when they are added'),
  'on-added': live(anyPath, undefined, 'program to run when a torrent was added'),
  'on-done': live(anyPath, undefined, 'when all that is wanted is there, and has been moved'),
  'on-done-seeding': live(anyPath, undefined, 'when a seed has reached its limits'),
  'hook-timeout': live(time, 60_000, 'such a program is ended after'),
  webhook: live(anyText, undefined, 'URL that is posted a JSON object for each of the three'),

  // limits of the machine
  memory: fixed(optional(size), undefined, 'for pieces on their way; none: by the memory there is'),
  files: fixed(
    optional(whole(64, 10_000_000)),
    undefined,
    'file descriptors to use; none: what the system allows',
  ),
  workers: fixed(
    optional(whole(0, 64)),
    undefined,
    'threads that hash and touch the disk; none: by the cores there are',
  ),

  // log
  'log-level': live(oneOf('error', 'warn', 'info', 'debug'), 'info', 'what is worth a line'),
  'log-format': fixed(oneOf('text', 'json'), 'text', 'for people or for programs'),
  'log-file': fixed(anyPath, undefined, 'opened again on SIGHUP; none: standard error'),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

/** What a label can say of its torrents, in the table `labels.<name>` of the file. It stands before the settings above. */
export const LABEL_SETTINGS = {
  dir: live(anyPath, undefined, 'where its torrents are saved'),
  'seed-ratio': live(optional(ratio), undefined, 'as above, for its torrents'),
  'seed-time': live(optional(time), undefined, 'as above'),
  'seed-idle': live(optional(time), undefined, 'as above'),
  'seed-limits': live(optional(oneOf('any', 'all')), undefined, 'as above'),
  'seed-action': live(optional(oneOf('stop', 'remove', 'remove-data')), undefined, 'as above'),
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

export type LabelSettings = {
  readonly [K in keyof typeof LABEL_SETTINGS]?: ValueOf<(typeof LABEL_SETTINGS)[K]>;
};

export type SettingKey = keyof typeof SETTINGS;
type ValueOf<S> = S extends Setting<infer T> ? T : never;

/** All of them, with a value each. */
export type Settings = { readonly [K in SettingKey]: ValueOf<(typeof SETTINGS)[K]> };

export const SETTING_KEYS = Object.keys(SETTINGS) as SettingKey[];

/** `002`, as a shell has it. */
function octal(): Kind<number> {
  const parse = (value: unknown): number => {
    if (typeof value !== 'string' || !/^0?[0-7]{3}$/.test(value))
      throw new RangeError(`${JSON.stringify(value)} is no umask, write for example "002"`);
    return Number.parseInt(value, 8);
  };
  return {
    says: 'three octal digits, such as "002"',
    parse,
    read: parse,
    show: mask => mask.toString(8).padStart(3, '0'),
  };
}
