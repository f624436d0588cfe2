import type { IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createRequire } from 'node:module';
import type { LookupFunction } from 'node:net';
import { urlToHttpOptions } from 'node:url';

/** Not imported, and no `fetch`: both load a whole client (see engine/discovery/http-get.ts). */
const { request: httpRequest } = createRequire(import.meta.url)('node:http') as typeof import('node:http');

export interface ExchangeOptions {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly signal: AbortSignal;
  readonly lookup?: LookupFunction;
  readonly localAddress?: string;
  readonly ca?: string;
}

/** @throws TypeError that does not repeat the URL: it may hold a token. */
export function parseHttpUrl(text: string, base?: URL): URL {
  const url = URL.canParse(text, base?.href) ? new URL(text, base?.href) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new TypeError('the URL is not one of http or https');
}

/**
 * One request over a connection of its own, up to the head of the answer, whose body is the caller's to read or destroy.
 * Redirects are not followed; certificates are always checked.
 */
export function exchange(url: URL, { body, ...options }: ExchangeOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    request({ ...urlToHttpOptions(url), ...options, agent: false, rejectUnauthorized: true })
      .on('response', resolve)
      .on('error', reject)
      .end(body);
  });
}
