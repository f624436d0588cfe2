import { randomInt } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { type Door, visitOf } from '../http/door.js';
import { encodeAnswer } from './encode.js';
import { answerJsonRpc } from './json-rpc.js';
import { answerLegacy } from './legacy.js';
import { type Methods, PARSE_ERROR } from './methods.js';

/** A .torrent of 10 MB in base64, and room for what goes with it. */
const MAX_BODY_BYTES = 25 * 1024 * 1024;
/** Of all requests that are on their way: whoever sends many large ones slowly waits. */
const MAX_HELD_BYTES = 4 * MAX_BODY_BYTES;
/** Of a request that is refused as much is read and thrown away. */
const MAX_IGNORED_BYTES = 64 * 1024;
/** Below it packing takes longer than sending. */
const GZIP_FROM_BYTES = 1400;

const SESSION_HEADER = 'X-Transmission-Session-Id';
/** As long as Transmission's. Letters and digits alone: one client looks for it in the text of the page. */
const SESSION_CHARACTERS = 48;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

const pack = promisify(gzip);

export interface EndpointOptions {
  /** As the settings have it now. */
  readonly door: () => Door;
  readonly methods: Methods;
  /** Failures that clients are told nothing of. */
  readonly report: (error: unknown) => void;
}

/** `/transmission/rpc`: one URL, two dialects. */
export class RpcEndpoint {
  /**
   * A page of another site can make a browser send a request, but cannot read the answer, and so does not know this. It
   * stays for the life of the process: Flood asks for a new one every 8 hours.
   */
  readonly sessionId = Array.from(
    { length: SESSION_CHARACTERS },
    () => ALPHABET[randomInt(ALPHABET.length)],
  ).join('');

  /** Bytes of requests that are not here as a whole. */
  #held = 0;

  constructor(readonly options: EndpointOptions) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const door = this.options.door();
    const { method: verb = '', headers } = request;
    const refusal = await door.check(visitOf(request));
    if (refusal !== undefined) return end(request, response, refusal.status, refusal.headers, refusal.body);
    const common = { [SESSION_HEADER]: this.sessionId, ...door.originHeaders(headers.origin) };
    if (headers[SESSION_HEADER.toLowerCase()] !== this.sessionId)
      return end(
        request,
        response,
        409,
        { ...common, 'Content-Type': 'text/html; charset=utf-8' },
        this.#conflict(),
      );
    if (verb !== 'POST')
      return end(request, response, 405, { ...common, Allow: 'POST' }, 'only POST is answered\n');
    if (this.#held >= MAX_HELD_BYTES)
      return end(request, response, 503, { ...common, 'Retry-After': '1' }, 'too many requests at a time\n');
    const body = await this.#read(request);
    if (body === undefined)
      return end(request, response, 413, common, `at most ${MAX_BODY_BYTES} bytes are read\n`);
    const answer = await this.#answer(body);
    if (answer === undefined) return end(request, response, 204, common, '');
    await send(request, response, common, await encodeAnswer(answer));
  }

  /** Undefined: there was more than is read. */
  async #read(request: IncomingMessage): Promise<Buffer | undefined> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for await (const chunk of request as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        this.#held += chunk.length;
        if (bytes > MAX_BODY_BYTES) return undefined;
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    } finally {
      this.#held -= bytes;
    }
  }

  /** The header's line is also in the text: some clients read it there. */
  #conflict(): string {
    return `<h1>409: Conflict</h1><p>Send this header with each request:</p><code>${SESSION_HEADER}: ${this.sessionId}</code>\n`;
  }

  async #answer(body: Buffer): Promise<unknown> {
    const { methods, report } = this.options;
    let request: unknown;
    try {
      request = JSON.parse(body.toString('utf8'));
    } catch {
      return {
        jsonrpc: '2.0',
        id: null,
        error: { code: PARSE_ERROR, message: 'the request is not JSON' },
        result: 'the request is not JSON',
      };
    }
    const isLegacy =
      typeof request === 'object' && request !== null && !Array.isArray(request) && !('jsonrpc' in request);
    if (isLegacy) return answerLegacy(request as Record<string, unknown>, methods, report);
    return answerJsonRpc(request, methods, report);
  }
}

async function send(
  { headers }: IncomingMessage,
  response: ServerResponse,
  common: Record<string, string>,
  json: string,
): Promise<void> {
  let body = Buffer.from(json);
  const head: Record<string, string | number> = {
    ...common,
    'Content-Type': 'application/json; charset=UTF-8',
  };
  if (body.length >= GZIP_FROM_BYTES && /\bgzip\b/.test(String(headers['accept-encoding'] ?? ''))) {
    // level 1: a list of 10,000 torrents is sent every few seconds
    body = Buffer.from(await pack(body, { level: 1 }));
    head['Content-Encoding'] = 'gzip';
  }
  response.writeHead(200, { ...head, 'Content-Length': body.length });
  response.end(body);
}

/** What is left of a request is heard when it is little, so that its connection may be used again; else it is cut off. */
function end(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  body: string,
): void {
  const left = request.complete || request.method === 'GET' ? 0 : Number(request.headers['content-length']);
  const close = left <= MAX_IGNORED_BYTES ? {} : { Connection: 'close' };
  if (left > 0 && left <= MAX_IGNORED_BYTES) request.resume();
  response.writeHead(status, { ...headers, ...close, 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
