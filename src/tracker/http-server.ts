import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { hostBytes } from './host-bytes.js';
import { MAX_TARGET_LENGTH, QueryError, readAnnounce, readScrape } from './http-query.js';
import { encodeCompactReply, encodeFailure, encodeListReply, encodeScrapeReply } from './http-reply.js';
import { PEER_ID_BYTES } from './peer-list.js';
import type { Registry } from './registry.js';

/** Not imported: on Node 22 that loads all of its fetch along, see http-get.ts of the client. */
const { createServer } = createRequire(import.meta.url)('node:http') as typeof import('node:http');

/** A request is one short line and a few headers; who needs longer is not a client. */
const HEADERS_TIMEOUT_MS = 5_000;
const REQUEST_TIMEOUT_MS = 10_000;

/** Long enough for an announce right after a scrape, short enough that idle clients hold no sockets. */
const KEEP_ALIVE_MS = 2_000;

export interface HttpCounters {
  announces: number;
  scrapes: number;
  /** Well-formed requests that were refused. */
  refused: number;
  /** Requests that could not be read. */
  malformed: number;
}

/** The HTTP half: GET /announce and GET /scrape. Failures are bencoded, with status 400 when the request is at fault. */
export class HttpServer {
  readonly #registry: Registry;
  readonly #counters: HttpCounters;
  readonly #server: Server;

  constructor(registry: Registry, counters: HttpCounters) {
    this.#registry = registry;
    this.#counters = counters;
    this.#server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
        // How often the two time-outs are checked.
        connectionsCheckingInterval: 1_000,
        maxHeaderSize: 2 * MAX_TARGET_LENGTH,
      },
      (request, response) => this.#handle(request, response),
    );
    this.#server.maxConnections = registry.options.maxConnections;
    this.#server.on('clientError', (_error, socket) => {
      counters.malformed++;
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      else socket.destroy();
    });
  }

  /** Resolves with the bound port. Rejects with the system's error. */
  listen(port: number, host?: string): Promise<number> {
    const server = this.#server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, host }, () => {
        server.off('error', reject);
        server.on('error', () => {}); // a failed accept (EMFILE) concerns that one connection
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  close(): Promise<void> {
    return new Promise(resolve => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    const host = hostBytes(request.socket.remoteAddress ?? '');
    if (host === undefined) {
      // The peer is gone before it was heard.
      response.destroy();
      return;
    }
    const { status, body } = this.#answer(request, host);
    // After a failure, whatever else was sent, a body for instance, is not read.
    if (status !== 200) response.setHeader('Connection', 'close');
    response.writeHead(status, { 'Content-Type': 'text/plain', 'Content-Length': body.length });
    response.end(body);
  }

  #answer({ method, url = '' }: IncomingMessage, host: Uint8Array): Reply {
    if (method !== 'GET') return this.#malformed(405, 'only GET is served');
    if (url.length > MAX_TARGET_LENGTH) {
      return this.#malformed(414, `URL has ${url.length} characters, at most ${MAX_TARGET_LENGTH} are read`);
    }
    const mark = url.indexOf('?');
    const path = mark < 0 ? url : url.slice(0, mark);
    const query = mark < 0 ? '' : url.slice(mark + 1);
    try {
      if (path === '/announce') return this.#announce(query, host);
      if (path === '/scrape') return this.#scrape(query, host);
      return this.#malformed(404, 'not found');
    } catch (error) {
      if (error instanceof QueryError) return this.#malformed(400, error.message);
      throw error;
    }
  }

  #announce(query: string, host: Uint8Array): Reply {
    const { options } = this.#registry;
    const request = readAnnounce(query);
    const store = host.length === 4 ? this.#registry.ip4 : this.#registry.ip6;
    const numWant = this.#registry.peersFor(request.numWant);
    const address = new Uint8Array(store.stride);
    address.set(host);
    address[store.stride - 2] = request.port >>> 8;
    address[store.stride - 1] = request.port;
    const peers = new Uint8Array(numWant * store.stride);
    const peerIds = request.compact || request.noPeerId ? undefined : new Uint8Array(numWant * PEER_ID_BYTES);
    const answer = store.announce(
      {
        infoHash: Buffer.from(request.infoHash).toString('latin1'),
        address,
        peerId: request.peerId,
        isSeeder: request.left === 0,
        event: request.event,
        numWant,
      },
      this.#registry.nowSeconds(),
      peers,
      0,
      peerIds,
    );
    if (!answer.accepted) {
      this.#counters.refused++;
      return ok(encodeFailure('tracker is full'));
    }
    this.#counters.announces++;
    const reply = {
      intervalSeconds: options.intervalSeconds,
      minIntervalSeconds: options.minIntervalSeconds,
      seeders: answer.seeders,
      leechers: answer.leechers,
      host,
      peers: peers.subarray(0, answer.peers * store.stride),
    };
    return ok(request.compact ? encodeCompactReply(reply) : encodeListReply(reply, peerIds));
  }

  #scrape(query: string, host: Uint8Array): Reply {
    const store = host.length === 4 ? this.#registry.ip4 : this.#registry.ip6;
    const entries = new Map();
    for (const infoHash of readScrape(query, this.#registry.options.maxScrapeHashes)) {
      const entry = store.scrape(Buffer.from(infoHash).toString('latin1'));
      if (entry !== undefined) entries.set(infoHash, entry);
    }
    this.#counters.scrapes++;
    return ok(encodeScrapeReply(entries));
  }

  #malformed(status: number, reason: string): Reply {
    this.#counters.malformed++;
    return { status, body: encodeFailure(reason) };
  }
}

interface Reply {
  readonly status: number;
  readonly body: Uint8Array;
}

/** Also for a refusal: BEP 3 has it in the body, and clients read none of a failed status. */
function ok(body: Uint8Array): Reply {
  return { status: 200, body };
}
