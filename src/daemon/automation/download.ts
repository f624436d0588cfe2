import { constants } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { lookupExcept } from '../../engine/discovery/local-address.js';
import { isLinkLocal, isLocalAddress } from '../../engine/policy/local-networks.js';
import { NOFOLLOW, PRIVATE_FILE } from '../../engine/storage/state-file.js';
import { exchange, parseHttpUrl } from './exchange.js';
import { LocalNetworkRefused, refuseLocalHost } from './local-networks.js';

/** As in libtorrent. */
const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const TIMEOUT_MS = 5 * 60_000;

export interface DownloadOptions {
  readonly maxBytes: number;
  readonly version: string;
  /** For all of it, redirects included. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  readonly cookies?: string;
  /** To go out by, and by no other. */
  readonly localAddress?: string;
  /** Certificate authority in PEM to trust instead of the system's. */
  readonly ca?: string;
  /** For tests. */
  readonly isLocal?: (address: string) => boolean;
}

/** Why there is no file. The message repeats no URL: it may hold a key. */
export class DownloadError extends Error {}

/** Fetches a URL into a new file, whole and durable, or leaves none. @throws DownloadError, or what the system says */
export async function download(url: string, path: string, options: DownloadOptions): Promise<void> {
  const { timeoutMs = TIMEOUT_MS, signal } = options;
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(end, timeoutMs);
  signal?.addEventListener('abort', end, { once: true });
  try {
    signal?.throwIfAborted();
    await save(await follow(parseHttpUrl(url), options, ending.signal), path, options.maxBytes);
  } catch (error) {
    if (ending.signal.aborted && signal?.aborted !== true)
      throw new DownloadError(`is not here after ${timeoutMs / 1000} s`);
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

async function follow(url: URL, options: DownloadOptions, signal: AbortSignal): Promise<IncomingMessage> {
  const { isLocal = isLocalAddress, version, ca, cookies, localAddress } = options;
  const common = { 'User-Agent': `millrace/${version}`, Connection: 'close' };
  const { origin } = url;
  let publicOnly = false;
  for (let redirects = 0; ; redirects++) {
    const isRefused = publicOnly ? isLocal : isLinkLocal;
    refuseLocalHost(url, isRefused);
    // cookies are for whom the user meant
    const headers = cookies !== undefined && url.origin === origin ? { ...common, Cookie: cookies } : common;
    const lookup = lookupExcept(isRefused, () => new LocalNetworkRefused());
    const response = await exchange(url, { method: 'GET', headers, signal, lookup, ca, localAddress });
    const { statusCode = 0 } = response;
    if (statusCode === 200) return response;
    const { location } = response.headers;
    if (!isLocal(response.socket.remoteAddress ?? '')) publicOnly = true;
    response.destroy();
    if (!REDIRECTS.has(statusCode) || location === undefined)
      throw new DownloadError(`is answered with status ${statusCode}`);
    if (redirects === MAX_REDIRECTS) throw new DownloadError(`redirects more than ${MAX_REDIRECTS} times`);
    const next = parseHttpUrl(location, url);
    if (url.protocol === 'https:' && next.protocol === 'http:')
      throw new DownloadError('redirects from https to http');
    url = next;
  }
}

async function save(response: IncomingMessage, path: string, maxBytes: number): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NOFOLLOW;
  const tooLarge = () => new DownloadError(`has more than ${maxBytes} bytes`);
  try {
    await rm(path, { force: true });
    const file = await open(path, flags, PRIVATE_FILE);
    try {
      if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
      let bytes = 0;
      for await (const chunk of response as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > maxBytes) throw tooLarge();
        await file.writeFile(chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    response.destroy();
    await rm(path, { force: true });
    throw error;
  }
}
