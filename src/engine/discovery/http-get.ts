import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createRequire } from 'node:module';
import { isIP } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { MillraceError } from '../errors.js';
import { isLocalAddress } from '../policy/local-networks.js';
import type { IpFamily } from '../protocol/compact.js';
import type { HttpAgents } from './http-agents.js';
import { localAddressRefused, lookupFor } from './local-address.js';
import { aborted, toTrackerError, trackerTimeout } from './tracker-error.js';

/**
 * Not imported: Node 22 reads all exports of what is, and `http.WebSocket` among them loads its whole fetch, which
 * takes time and dies where there is no WebAssembly (test/slow/fallback.test.ts).
 */
const { request: httpRequest } = createRequire(import.meta.url)('node:http') as typeof import('node:http');

/** Redirects that are followed; 5 as in libtorrent. */
const MAX_REDIRECTS = 5;

/** Only gzip is asked for; some servers send the other without. */
const DECODERS = new Map([
  ['gzip', gunzip],
  ['x-gzip', gunzip],
  ['deflate', inflate],
]);

const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface HttpGetOptions {
  /** Time for the whole exchange, redirects included. */
  readonly timeoutMs: number;
  /** Most bytes of body, before and after decompression. */
  readonly maxBytes: number;
  readonly localAddress?: string;
  /** Only its addresses are connected to. Not heeded together with `localAddress`. */
  readonly family?: IpFamily;
  /** Certificate authority in PEM to trust instead of the system's. Certificates are always checked. */
  readonly ca?: string;
  readonly agents: HttpAgents;
  readonly signal?: AbortSignal;
}

export interface HttpReply {
  readonly status: number;
  readonly body: Uint8Array;
  /** Address of who answered; through a proxy it is not known. */
  readonly from: string | undefined;
}

/**
 * One GET, over a connection that an earlier one has left if there is any.
 * @throws MillraceError ERR_TRACKER_TIMEOUT, ERR_TRACKER_UNREACHABLE, ERR_TRACKER_RESPONSE, ERR_TRACKER_URL, ERR_ABORTED
 */
export async function httpGet(url: string, options: HttpGetOptions): Promise<HttpReply> {
  const { signal, timeoutMs } = options;
  if (signal?.aborted) throw aborted();
  const ending = new AbortController();
  const abort = () => ending.abort();
  const timer = setTimeout(abort, timeoutMs).unref();
  signal?.addEventListener('abort', abort, { once: true });
  const hop: Hop = { url: parse(url), publicOnly: false };
  try {
    return await follow(hop, options, ending.signal);
  } catch (error) {
    if (signal?.aborted) throw aborted();
    if (ending.signal.aborted) throw trackerTimeout(hop.url.hostname, timeoutMs);
    throw toTrackerError(error, hop.url.hostname);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}

interface Hop {
  url: URL;
  /** Whether a server on the internet sent us here. */
  publicOnly: boolean;
}

async function follow(hop: Hop, options: HttpGetOptions, signal: AbortSignal): Promise<HttpReply> {
  for (let redirects = 0; ; redirects++) {
    const response = await open(hop, options, signal);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (!REDIRECTS.has(status) || location === undefined) {
      const from = options.agents.proxied ? undefined : response.socket.remoteAddress;
      return { status, from, body: await readBody(response, options.maxBytes) };
    }
    if (isOfInternet(hop.url, response, options)) hop.publicOnly = true;
    response.destroy();
    if (redirects === MAX_REDIRECTS) {
      throw new MillraceError('ERR_TRACKER_RESPONSE', `tracker redirects more than ${MAX_REDIRECTS} times`, {
        limit: MAX_REDIRECTS,
      });
    }
    const next = parse(location, hop.url);
    if (hop.url.protocol === 'https:' && next.protocol === 'http:') {
      throw new MillraceError('ERR_TRACKER_RESPONSE', 'tracker redirects from https to http');
    }
    hop.url = next;
  }
}

/** Through a proxy it is not known where the connection ends: only what names a local address is taken for one. */
function isOfInternet({ hostname }: URL, { socket }: IncomingMessage, { agents }: HttpGetOptions): boolean {
  const address = agents.proxied ? hostname.replace(/^\[|\]$/g, '') : (socket.remoteAddress ?? '');
  return !isLocalAddress(address);
}

/** The error of `new URL` is not passed on: it carries the URL. */
function parse(url: string, base?: URL): URL {
  const parsed = URL.canParse(url, base?.href) ? new URL(url, base) : undefined;
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return parsed;
  const scheme = parsed?.protocol.slice(0, -1) ?? 'none';
  throw new MillraceError(
    'ERR_TRACKER_URL',
    `scheme of an HTTP tracker is ${scheme}, must be http or https`,
    { scheme },
  );
}

function open(hop: Hop, options: HttpGetOptions, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const { url, publicOnly } = hop;
    const { localAddress, family, ca, agents } = options;
    const target = urlToHttpOptions(url);
    if (publicOnly && isIP(target.hostname ?? '') !== 0 && isLocalAddress(target.hostname ?? '')) {
      throw localAddressRefused();
    }
    const secure = url.protocol === 'https:';
    // A connection that was made by other rules must not be reused: what it is connected to was not checked.
    const agent = publicOnly && !agents.proxied ? false : secure ? agents.https : agents.http;
    const request = (secure ? httpsRequest : httpRequest)({
      ...target,
      agent,
      headers: { 'User-Agent': 'millrace', 'Accept-Encoding': 'gzip' },
      localAddress,
      // A name may have addresses of a family that cannot be reached from there.
      family: localAddress === undefined ? undefined : isIP(localAddress),
      lookup: lookupFor(family, publicOnly),
      ca,
      signal,
    });
    request.on('response', resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      // The server has closed the connection that it had left open, at the moment in which we used it.
      if (request.reusedSocket && error.code === 'ECONNRESET') resolve(open(hop, options, signal));
      else reject(error);
    });
    request.end();
  });
}

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let length = Number(response.headers['content-length'] ?? 0);
  if (length > maxBytes) throw tooLarge(maxBytes);
  length = 0;
  // Leaving the loop early destroys the response, and its socket with it.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  return decompress(Buffer.concat(chunks), response.headers['content-encoding'], maxBytes);
}

async function decompress(body: Buffer, encoding: string | undefined, maxBytes: number): Promise<Uint8Array> {
  if (encoding === undefined || encoding === '' || encoding === 'identity') return body;
  const expand = DECODERS.get(encoding.toLowerCase());
  if (expand === undefined)
    throw new MillraceError('ERR_TRACKER_RESPONSE', 'tracker reply has an encoding that was not asked for');
  try {
    return await promisify<Buffer, { maxOutputLength: number }, Buffer>(expand)(body, {
      maxOutputLength: maxBytes,
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(maxBytes);
    throw error;
  }
}

function tooLarge(limit: number): MillraceError {
  return new MillraceError('ERR_TRACKER_RESPONSE', `tracker reply is larger than ${limit} bytes`, { limit });
}
