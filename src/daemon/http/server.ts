import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import createRouter, { type HTTPVersion } from 'find-my-way';
import { MillraceError } from '../../files.js';

/** A client that sends its headers, or its request, more slowly holds a place for nothing. */
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;
/** Longer than most proxies keep theirs, so that it is they who close. */
const KEEP_ALIVE_MS = 75_000;
const MAX_CONNECTIONS = 256;

export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface HttpServerOptions {
  readonly host: string;
  readonly port: number;
  /** A handler that fails; its client is told 500 and no more. */
  readonly report: (error: unknown) => void;
}

/** The one HTTP server of the daemon: remote control, status page, metrics and health are routes of it. */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #router = createRouter<HTTPVersion.V1>({
    ignoreTrailingSlash: true,
    defaultRoute: (_, response) => end(response, 404, 'nothing is here\n'),
    onBadUrl: (_, __, response) => end(response, 400, 'the URL is malformed\n'),
  });
  readonly #server: Server;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#server = createServer(
      {
        headersTimeout: HEADERS_TIMEOUT_MS,
        requestTimeout: REQUEST_TIMEOUT_MS,
        keepAliveTimeout: KEEP_ALIVE_MS,
      },
      (request, response) => void this.#router.lookup(request, response),
    );
    this.#server.maxConnections = MAX_CONNECTIONS;
  }

  /** For all verbs: a handler tells which it takes. */
  route(path: string, handler: Handler): void {
    this.#router.all(path, async (request, response) => {
      try {
        await handler(request, response);
      } catch (error) {
        this.#failed(error, response);
      }
    });
  }

  /** @throws MillraceError ERR_NET_ADDRESS_IN_USE, ERR_NET_ADDRESS */
  async listen(): Promise<{ host: string; port: number }> {
    const { host, port } = this.#options;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    }).catch(error => {
      const taken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      const code = taken ? 'ERR_NET_ADDRESS_IN_USE' : 'ERR_NET_ADDRESS';
      throw new MillraceError(
        code,
        `cannot serve clients at ${host} port ${port}: ${error.message}`,
        { host, port },
        error,
      );
    });
    this.#server.on('error', error => this.#options.report(error));
    return { host, port: (this.#server.address() as AddressInfo).port };
  }

  /** What is being answered ends first, for a moment. */
  async close(): Promise<void> {
    const closed = new Promise<void>(resolve => this.#server.close(() => resolve()));
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.#server.closeAllConnections(), 500);
    await closed;
    clearTimeout(timer);
  }

  #failed(error: unknown, response: ServerResponse): void {
    // a client that went away is no failure
    if ((error as NodeJS.ErrnoException)?.code !== 'ECONNRESET') this.#options.report(error);
    if (response.headersSent) response.destroy();
    else end(response, 500, 'internal error\n');
  }
}

function end(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' });
  response.end(body);
}
