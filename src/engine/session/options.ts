import { EVERYWHERE } from '../net/listener.js';
import type { SlotGrowth } from '../policy/unchoke-slots.js';
import type { SuperSeedMode } from '../swarm/super-seeder.js';
import { OPTION_TABLE } from './option-table.js';
import { type Env, failOption } from './option-values.js';
import { PROFILES, type Profile } from './profiles.js';
import type {
  HostAndPort,
  KernelsOption,
  LogSink,
  ProfileName,
  ProxyAddress,
  RateLimits,
  SessionOptions,
} from './types.js';

export interface ResolvedOptions {
  readonly dir: string;
  readonly stateDir: string | undefined;
  readonly bind: string | undefined;
  readonly proxy: ProxyAddress | undefined;
  readonly suspended: string | undefined;
  readonly listen: { readonly host: string; readonly port: number } | undefined;
  readonly limits: Required<RateLimits>;
  readonly profile: ProfileName;
  readonly slots: number;
  readonly slotGrowth: SlotGrowth;
  readonly superSeeding: SuperSeedMode;
  readonly maxConnections: number | undefined;
  readonly maxOpenFiles: number;
  readonly sendBufferBytes: number;
  readonly maxPeersPerTorrent: number;
  readonly workers: number;
  readonly kernels: KernelsOption;
  readonly memoryBytes: number;
  readonly maxMetadataBytes: number;
  readonly dht: boolean;
  readonly dhtBootstrap: readonly HostAndPort[];
  readonly dhtReadOnly: boolean;
  readonly pex: boolean;
  readonly lsd: boolean;
  readonly portMapping: boolean;
  readonly seed: number;
  readonly log: LogSink;
  readonly signal: AbortSignal | undefined;
}

/** What `createTorrent` and `verifyTorrent` take of the options of a session. @throws MillraceError ERR_OPTION */
export function resolveHashing(
  options: Pick<SessionOptions, 'workers' | 'kernels'>,
  env: Env = process.env,
): Pick<ResolvedOptions, 'workers' | 'kernels'> {
  const resolve = (name: 'workers' | 'kernels') =>
    OPTION_TABLE.find(row => row.name === name)!.resolve(options[name], env);
  return { workers: resolve('workers') as number, kernels: resolve('kernels') as KernelsOption };
}

/** All options with their defaults. @throws MillraceError ERR_OPTION naming the option, its value and its bounds */
export function resolveOptions(options: SessionOptions, env: Env = process.env): ResolvedOptions {
  const known = new Set(OPTION_TABLE.map(row => row.name));
  for (const name of Object.keys(options))
    if (!known.has(name))
      failOption(name, (options as Record<string, unknown>)[name], `left out: there is no such option`);
  const resolved: Record<string, unknown> = {};
  for (const row of OPTION_TABLE)
    resolved[row.name] = row.resolve((options as Record<string, unknown>)[row.name], env);
  const { listen, bind } = resolved as { listen?: { host?: string }; bind?: string };
  if (listen !== undefined) listen.host ??= bind ?? EVERYWHERE;
  const profile: Profile = PROFILES[resolved.profile as ProfileName];
  if (options.slots !== undefined) resolved.slotGrowth ??= 'none';
  for (const [name, value] of Object.entries(profile)) resolved[name] ??= value;
  return resolved as unknown as ResolvedOptions;
}
