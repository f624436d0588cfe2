import { VERSION } from '../../../index.js';
import type { RpcContext } from '../context.js';
import type { Dialect } from '../spelling.js';
import { isOn, numberOf, PAIRS } from './pairs.js';

/** What clients know what to expect of: they read the first number, and ask for labels from 4.0 on. */
const SPOKEN_VERSION = '4.0.6';
const RPC_VERSION = 17;
const RPC_VERSION_MINIMUM = 14;
const RPC_VERSION_SEMVER = '5.3.0';

const KB = 1000;
const KIB = 1024;
const DAY_NAMES = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

type Getter = (context: RpcContext, dialect: Dialect) => unknown;

/** Every key of `session_get` by our name. */
export const SESSION_FIELDS: ReadonlyMap<string, Getter> = new Map<string, Getter>([
  ['version', () => `${SPOKEN_VERSION} (millrace ${VERSION})`],
  ['rpc_version', () => RPC_VERSION],
  ['rpc_version_minimum', () => RPC_VERSION_MINIMUM],
  ['rpc_version_semver', () => RPC_VERSION_SEMVER],
  ['session_id', ({ sessionId }) => sessionId()],
  ['config_dir', ({ stateDir }) => stateDir],

  ['download_dir', ({ settings }) => settings.get('download-dir')],
  [
    'incomplete_dir',
    ({ settings, dormant }) =>
      settings.get('incomplete-dir') ?? dormant.getText('incomplete_dir') ?? settings.get('download-dir'),
  ],
  ['incomplete_dir_enabled', ({ settings }) => settings.get('incomplete-dir') !== undefined],
  ['rename_partial_files', () => false],
  ['start_added_torrents', ({ settings }) => settings.get('start-added')],
  ['trash_original_torrent_files', () => false],
  ['default_trackers', ({ settings }) => settings.get('default-trackers').join('\n\n')],
  ['cache_size_mb', ({ session }) => Math.round(session.light().memory.budgetBytes / KIB ** 2)],

  ['peer_port', ({ session, settings }) => session.address?.port ?? settings.get('port')],
  ['peer_port_random_on_start', ({ settings }) => settings.get('port') === 0],
  ['peer_limit_global', ({ settings }) => settings.get('max-peers')],
  ['peer_limit_per_torrent', ({ settings }) => settings.get('max-peers-per-torrent')],
  ['port_forwarding_enabled', ({ settings }) => settings.get('port-mapping')],
  ['dht_enabled', ({ settings }) => settings.get('dht')],
  ['lpd_enabled', ({ settings }) => settings.get('lsd')],
  ['pex_enabled', ({ settings }) => settings.get('pex')],
  ['utp_enabled', () => false],
  ['tcp_enabled', () => true],
  ['encryption', (_, dialect) => (dialect === 'legacy' ? 'tolerated' : 'allowed')],
  ['blocklist_enabled', ({ settings }) => settings.get('blocklist-enabled')],
  ['blocklist_size', ({ blocklist }) => blocklist.size],
  ['blocklist_url', ({ settings }) => urlOnly(settings.get('blocklist'))],

  ...PAIRS.flatMap(pair => [
    [pair.number, ({ settings, dormant }) => numberOf(pair, settings, dormant)] as [string, Getter],
    [pair.enabled, ({ settings }) => isOn(pair, settings)] as [string, Getter],
  ]),
  ['alt_speed_down', ({ settings }) => Math.round(settings.get('alt-down') / KB)],
  ['alt_speed_up', ({ settings }) => Math.round(settings.get('alt-up') / KB)],
  ['alt_speed_enabled', ({ speed }) => speed.alternative],
  ['alt_speed_time_enabled', ({ settings }) => settings.get('alt-schedule')],
  ['alt_speed_time_begin', ({ settings }) => settings.get('alt-begin')],
  ['alt_speed_time_end', ({ settings }) => settings.get('alt-end')],
  ['alt_speed_time_day', ({ settings }) => dayBits(settings.get('alt-days'))],

  ...(['added', 'done', 'done_seeding'] as const).flatMap(when => {
    const key = `on-${when.replace('_', '-')}` as 'on-added' | 'on-done' | 'on-done-seeding';
    return [
      [`script_torrent_${when}_enabled`, ({ settings }) => settings.get(key) !== undefined],
      [`script_torrent_${when}_filename`, ({ settings }) => settings.get(key) ?? ''],
    ] as [string, Getter][];
  }),
  ['units', () => UNITS],
]);

const UNITS = {
  speed_units: ['kB/s', 'MB/s', 'GB/s', 'TB/s'],
  speed_bytes: KB,
  size_units: ['kB', 'MB', 'GB', 'TB'],
  size_bytes: KB,
  memory_units: ['KiB', 'MiB', 'GiB', 'TiB'],
  memory_bytes: KIB,
};

/** Sunday is 1, Saturday 64. */
export function dayBits(days: readonly string[]): number {
  return days.reduce((bits, day) => bits | (1 << DAY_NAMES.indexOf(day)), 0);
}

export function daysOf(bits: number): ('sun' | 'mon' | 'tue' | 'wed' | 'thu' | 'fri' | 'sat')[] {
  return DAY_NAMES.filter((_, day) => (bits & (1 << day)) !== 0) as ReturnType<typeof daysOf>;
}

/** A path of this machine is nobody else's business. */
function urlOnly(place: string | undefined): string {
  return place !== undefined && /^https?:/.test(place) ? place : '';
}
