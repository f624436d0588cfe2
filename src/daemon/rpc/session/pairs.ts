import type { LiveSettings } from '../../config/live-settings.js';
import type { SettingKey, Settings } from '../../config/settings.js';
import type { Dormant } from '../context.js';
import type { Params } from '../params.js';

/** A limit of ours is a number or none; clients know a number and, beside it, whether it counts. */
interface Pair {
  readonly number: string;
  readonly enabled: string;
  readonly setting: SettingKey;
  /** Of a client's number in ours. */
  readonly unit: number;
  readonly off: 0 | undefined;
  /** Transmission's, shown while nobody has set one. */
  readonly fallback: number;
}

const KB = 1000;
const MINUTE_MS = 60_000;
/** As in the settings. */
const MAX_QUEUE = 100_000;

export const PAIRS: readonly Pair[] = [
  pair('speed_limit_down', 'speed_limit_down_enabled', 'down', KB, 0, 100),
  pair('speed_limit_up', 'speed_limit_up_enabled', 'up', KB, 0, 100),
  pair('seed_ratio_limit', 'seed_ratio_limited', 'seed-ratio', 1, undefined, 2),
  pair('idle_seeding_limit', 'idle_seeding_limit_enabled', 'seed-idle', MINUTE_MS, undefined, 30),
  pair('download_queue_size', 'download_queue_enabled', 'download-queue', 1, undefined, 5),
  pair('seed_queue_size', 'seed_queue_enabled', 'seed-queue', 1, undefined, 10),
  pair('queue_stalled_minutes', 'queue_stalled_enabled', 'queue-stalled', MINUTE_MS, undefined, 30),
];

function pair(
  number: string,
  enabled: string,
  setting: SettingKey,
  unit: number,
  off: 0 | undefined,
  fallback: number,
): Pair {
  return { number, enabled, setting, unit, off, fallback };
}

export function isOn({ setting, off }: Pair, settings: LiveSettings): boolean {
  return settings.get(setting) !== off;
}

/** In the client's unit. */
export function numberOf(pair: Pair, settings: LiveSettings, dormant: Dormant): number {
  if (!isOn(pair, settings)) return dormant.get(pair.number, pair.fallback);
  const value = (settings.get(pair.setting) as number) / pair.unit;
  return pair.unit === 1 ? value : Math.round(value);
}

/** What the client's wishes make of our setting, and his number for the time when it is off; undefined when he has none. */
export function settingOf(
  pair: Pair,
  params: Params,
  settings: LiveSettings,
  dormant: Dormant,
): { setting: Partial<Settings>; number: number } | undefined {
  const sent = params.number(pair.number);
  const enabled = params.flag(pair.enabled);
  if (sent === undefined && enabled === undefined) return undefined;
  const on = enabled ?? isOn(pair, settings);
  const most = Math.floor(Number.MAX_SAFE_INTEGER / pair.unit);
  const number = Math.max(0, Math.min(most, sent ?? numberOf(pair, settings, dormant)));
  return { setting: { [pair.setting]: on ? ours(pair, number) : pair.off }, number };
}

/** Nothing is 0 of ours, which would be no limit; a place in a queue is a whole one. */
function ours({ unit, off, setting }: Pair, number: number): number {
  if (off === 0) return Math.max(1, Math.round(number * unit));
  return setting.endsWith('-queue') ? Math.max(1, Math.min(MAX_QUEUE, Math.trunc(number))) : number * unit;
}
