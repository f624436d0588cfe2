import { isIP } from 'node:net';
import { MillraceError, type SessionOptions } from '../index.js';
import { parseAddress } from '../values/parse.js';
import type { Settings } from './config/settings.js';
import { shareDescriptors } from './limits/descriptors.js';

/** Of the settings what the engine is to know. @throws MillraceError ERR_OPTION */
export function sessionOptions(settings: Settings, fileLimit?: number): SessionOptions {
  const { host, port, memory, workers, proxy, dht, pex, lsd } = settings;
  const dhtBootstrap = settings['dht-bootstrap'];
  const budget = shareDescriptors(fileLimit, settings['max-peers']);
  return {
    dir: settings['download-dir'],
    listen: { host, port },
    ...(isOneAddress(host) && { bind: host }),
    profile: settings.profile,
    maxPeersPerTorrent: settings['max-peers-per-torrent'],
    maxConnections: budget.connections,
    maxOpenFiles: budget.files,
    ...{ dht, pex, lsd, portMapping: settings['port-mapping'] },
    ...(dhtBootstrap !== undefined && { dhtBootstrap: dhtBootstrap.map(parseAddress) }),
    ...(proxy !== undefined && { proxy: parseProxy(proxy) }),
    ...(memory !== undefined && { memoryBytes: memory }),
    ...(workers !== undefined && { workers }),
  };
}

/** One of this machine's, and not all of them. */
export function isOneAddress(host: string): boolean {
  return isIP(host) !== 0 && host !== '0.0.0.0' && host !== '::';
}

export function parseProxy(text: string): NonNullable<SessionOptions['proxy']> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const user = decoded(url?.username);
  const password = decoded(url?.password);
  const complete = url !== undefined && url.hostname !== '' && url.port !== '';
  if (!complete || !/^socks5h?:$/.test(url.protocol) || user === undefined || password === undefined)
    throw new MillraceError('ERR_OPTION', 'proxy must be socks5://[user:password@]host:port', {
      option: 'proxy',
      value: '...',
      bounds: 'socks5://[user:password@]host:port',
    });
  const { hostname, port } = url;
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port),
    ...(user !== '' && { user, password }),
  };
}

function decoded(text = ''): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
