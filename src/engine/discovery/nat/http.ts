import type { IncomingMessage } from 'node:http';
import { createRequire } from 'node:module';
import { aborted, badAnswer, noAnswer, toMappingError } from './errors.js';

/** Not imported: see ../http-get.ts. */
const { request: httpRequest } = createRequire(import.meta.url)('node:http') as typeof import('node:http');

/** For a whole exchange; routers of homes answer within some 0.1 s. */
const TIMEOUT_MS = 2_000;

/** Most bytes that are read of an answer; descriptions of routers have 2 to 10 KB. */
export const MAX_ANSWER_BYTES = 64 * 1024;

export interface RouterReply {
  readonly status: number;
  readonly text: string;
}

/** An action of UPnP: with it the request is a POST. */
export interface Action {
  /** Of the header SOAPACTION. */
  readonly name: string;
  readonly body: string;
}

/**
 * Asks a router over a connection of its own. Where it would send us on to is not followed.
 * @throws MillraceError ERR_PORT_MAPPING, ERR_ABORTED (by the caller's signal)
 */
export async function askRouter(
  url: URL,
  localAddress: string,
  action: Action | undefined,
  signal: AbortSignal,
): Promise<RouterReply> {
  const host = url.hostname;
  if (signal.aborted) throw aborted();
  const ending = new AbortController();
  const end = () => ending.abort();
  const timer = setTimeout(end, TIMEOUT_MS);
  signal.addEventListener('abort', end, { once: true });
  try {
    const response = await open(url, localAddress, action, ending.signal);
    return { status: response.statusCode ?? 0, text: await readText(response, host) };
  } catch (error) {
    if (signal.aborted) throw aborted();
    throw ending.signal.aborted ? noAnswer(host) : toMappingError(error, host);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

function open(
  url: URL,
  localAddress: string,
  action: Action | undefined,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, {
      method: action === undefined ? 'GET' : 'POST',
      agent: false,
      localAddress,
      signal,
      headers: { 'User-Agent': 'millrace', Connection: 'close', ...(action && headersOf(action)) },
    });
    request.on('response', resolve);
    request.on('error', reject);
    request.end(action?.body);
  });
}

function headersOf({ name, body }: Action): Record<string, string | number> {
  return {
    'Content-Type': 'text/xml; charset="utf-8"',
    'Content-Length': Buffer.byteLength(body),
    SOAPACTION: `"${name}"`,
  };
}

async function readText(response: IncomingMessage, host: string): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  // Leaving the loop early destroys the response, and its socket with it.
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw badAnswer(host, `more than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
