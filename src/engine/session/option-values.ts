import { MillraceError } from '../errors.js';
import type { HostAndPort, ProxyAddress, RateLimits } from './types.js';

export type Env = Readonly<Record<string, string | undefined>>;

/** @throws MillraceError ERR_OPTION */
export function failOption(name: string, value: unknown, bounds: string): never {
  const shown = typeof value === 'object' ? JSON.stringify(value) : String(value);
  throw new MillraceError('ERR_OPTION', `${name} is ${shown}, must be ${bounds}`, {
    option: name,
    value: shown,
    bounds,
  });
}

export function whole(
  name: string,
  bounds: string,
  min: number,
  max: number,
  fallback: number | (() => number | undefined),
) {
  return (value: unknown): number | undefined => {
    if (value === undefined) return typeof fallback === 'function' ? fallback() : fallback;
    return Number.isInteger(value) && (value as number) >= min && (value as number) <= max
      ? (value as number)
      : failOption(name, value, bounds);
  };
}

export function text(name: string, bounds: string, fallback: string | undefined) {
  return (value: unknown): string | undefined => {
    if (value === undefined) return fallback;
    return typeof value === 'string' && value !== '' ? value : failOption(name, value, bounds);
  };
}

export function oneOf<T extends string | boolean | undefined>(
  name: string,
  values: readonly T[],
  fallback: (env: Env) => T,
) {
  return (value: unknown, env: Env): T => {
    if (value === undefined) return fallback(env);
    return values.includes(value as T) ? (value as T) : failOption(name, value, values.join(', '));
  };
}

export function flag(name: string, fallback: boolean) {
  return oneOf<boolean>(name, [true, false], () => fallback);
}

/** The nodes that everybody begins with: those of BitTorrent, libtorrent and Transmission. */
export const BOOTSTRAP_NODES: readonly HostAndPort[] = [
  { host: 'router.bittorrent.com', port: 6881 },
  { host: 'router.utorrent.com', port: 6881 },
  { host: 'dht.libtorrent.org', port: 25401 },
  { host: 'dht.transmissionbt.com', port: 6881 },
];

/** Each is a packet or two. */
const MAX_BOOTSTRAP_NODES = 64;

export function resolveBootstrap(value: unknown): readonly HostAndPort[] {
  if (value === undefined) return BOOTSTRAP_NODES;
  const fits = (node: Partial<HostAndPort> | null) =>
    typeof node?.host === 'string' &&
    node.host !== '' &&
    Number.isInteger(node.port) &&
    node.port! > 0 &&
    node.port! <= 65535;
  if (Array.isArray(value) && value.length <= MAX_BOOTSTRAP_NODES && value.every(fits)) return value;
  return failOption('dhtBootstrap', value, BOOTSTRAP_BOUNDS);
}

export const BOOTSTRAP_BOUNDS = `a list of at most ${MAX_BOOTSTRAP_NODES} objects with host and port (1 to 65535)`;

function isRate(value: unknown): boolean {
  return value === undefined || (typeof value === 'number' && value >= 0 && Number.isFinite(value));
}

export function resolveLimits(value: unknown, name = 'limits'): Required<RateLimits> {
  const { down, up, peerDown, peerUp } = (value ?? {}) as RateLimits;
  if (
    (value !== undefined && typeof value !== 'object') ||
    value === null ||
    ![down, up, peerDown, peerUp].every(isRate)
  )
    failOption(
      name,
      value,
      'an object with down and up, peerDown and peerUp, bytes per second from 0 (unlimited)',
    );
  return { down: down ?? 0, up: up ?? 0, peerDown: peerDown ?? 0, peerUp: peerUp ?? 0 };
}

export function resolveListen(value: unknown): { host: string | undefined; port: number } {
  const { host, port = 0 } = (value ?? {}) as { host?: unknown; port?: unknown };
  if (
    typeof (value ?? {}) !== 'object' ||
    (host !== undefined && typeof host !== 'string') ||
    !Number.isInteger(port) ||
    (port as number) < 0 ||
    (port as number) > 65535
  )
    failOption('listen', value, 'false, or an object with host (an address, or *) and port (0 to 65535)');
  return { host, port: port as number };
}

/** RFC 1929: lengths are a byte each. */
const MAX_CREDENTIAL_BYTES = 255;

export function resolveProxy(value: unknown): ProxyAddress | undefined {
  if (value === undefined) return undefined;
  const { host, port, user, password } = (value ?? {}) as Partial<ProxyAddress>;
  const fits = (text: unknown) =>
    typeof text === 'string' && text !== '' && Buffer.byteLength(text) <= MAX_CREDENTIAL_BYTES;
  const named = user === undefined ? password === undefined : fits(user) && fits(password);
  if (fits(host) && Number.isInteger(port) && port! > 0 && port! <= 65535 && named)
    return { host: host!, port: port!, user, password };
  // Not the value: it may hold a password.
  return failOption('proxy', '(hidden)', PROXY_BOUNDS);
}

export const PROXY_BOUNDS =
  'an object with host, port (1 to 65535), and user and password (1 to 255 bytes) or neither';

export const resolveMaxConnections = whole(
  'maxConnections',
  'a whole number from 1 to 1000000',
  1,
  1_000_000,
  () => undefined,
);
