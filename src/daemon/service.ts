import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatAddress, type LogSink, type Session } from '../index.js';
import type { LiveSettings } from './config/live-settings.js';
import { Health } from './health/health.js';
import { Probe } from './health/probe.js';
import { Readiness } from './health/readiness.js';
import { createDoor } from './http/access.js';
import { type Door, visitOf } from './http/door.js';
import { LoginLimit } from './http/login-limit.js';
import { type Handler, HttpServer } from './http/server.js';
import type { Keepers } from './keepers/keepers.js';
import { LoopDelay } from './metrics/loop-delay.js';
import { freeBytes } from './metrics/machine.js';
import { createMetrics } from './metrics/metrics.js';
import { RpcCounts } from './metrics/rpc-counts.js';
import { createPage, type Page } from './page/page.js';
import type { RpcContext } from './rpc/context.js';
import { RpcEndpoint } from './rpc/endpoint.js';
import { counted, type Methods } from './rpc/methods.js';
import { createMethods } from './rpc/table.js';
import type { State } from './state/state.js';
import { MetricsView } from './views/metrics-view.js';
import { PageView } from './views/page-view.js';

export interface ServiceOptions {
  readonly session: Session;
  readonly settings: LiveSettings;
  readonly state: State;
  readonly keepers: Keepers;
  readonly context: Omit<RpcContext, 'sessionId'>;
  readonly log: LogSink;
  readonly nowMs: () => number;
}

const RPC_PATH = '/transmission/rpc';
/** A disk is asked for its free bytes at most so often, and not waited for much longer. */
const FREE_EVERY_MS = 10_000;
const FREE_TIMEOUT_MS = 2000;

/** What the daemon serves over HTTP: remote control, status page, metrics, health. */
export class Service {
  readonly #options: ServiceOptions;
  readonly #server: HttpServer | undefined;
  readonly #readiness = new Readiness();
  readonly #loopDelay = new LoopDelay().start();
  readonly #limit = new LoginLimit();
  readonly #free: Probe<number>;
  #lastFree: number | undefined;
  #page: Page | undefined;
  #url: string | undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
    const { settings, nowMs } = options;
    this.#free = new Probe(() => freeBytes(settings.get('download-dir')), {
      everyMs: FREE_EVERY_MS,
      timeoutMs: FREE_TIMEOUT_MS,
      nowMs,
    });
    if (!settings.get('rpc')) return;
    const report = (err: unknown) => options.log.error({ err }, 'a request failed');
    this.#server = new HttpServer({ host: settings.get('rpc-host'), port: settings.get('rpc-port'), report });
    const door = createDoor(settings, this.#limit, nowMs);
    const counts = this.#serveRpc(this.#server, door, report);
    this.#servePage(this.#server, door, report);
    this.#serveHealth(this.#server);
    if (settings.get('metrics')) this.#serveMetrics(this.#server, door, counts);
  }

  /** Of the remote control; undefined when nothing is served. */
  get url(): string | undefined {
    return this.#url;
  }

  async listen(): Promise<void> {
    if (this.#server === undefined) return;
    this.#url = `http://${formatAddress(await this.#server.listen())}${RPC_PATH}`;
  }

  /** All torrents are in the list. */
  ready(): void {
    this.#readiness.ready();
  }

  /** The address for peers is gone, or is back. */
  suspended(on: boolean): void {
    this.#readiness.suspend(on);
  }

  async close(): Promise<void> {
    this.#readiness.stop();
    this.#loopDelay.stop();
    this.#page?.close();
    await this.#server?.close();
  }

  #serveRpc(server: HttpServer, door: () => Door, report: (error: unknown) => void): RpcCounts {
    const methods: Methods = createMethods({
      ...this.#options.context,
      sessionId: () => endpoint.sessionId,
    });
    const counts = new RpcCounts(new Set(methods.keys()));
    const endpoint: RpcEndpoint = new RpcEndpoint({ door, report, methods: counted(methods, counts) });
    server.route(RPC_PATH, (request, response) => {
      if (this.#readiness.started) return endpoint.handle(request, response);
      // a list that lacks torrents would be taken for the truth
      response.writeHead(503, { 'Content-Type': 'text/plain', 'Retry-After': '1' });
      response.end('the daemon is still reading its torrents\n');
    });
    return counts;
  }

  #servePage(server: HttpServer, door: () => Door, report: (error: unknown) => void): void {
    const { session, settings, state, keepers } = this.#options;
    const source = new PageView({ session, settings, state, keepers, freeBytes: () => this.#freeLast() });
    this.#page = createPage({ source, check: visit => door().check(visit), report });
    for (const [path, handler] of Object.entries(this.#page.routes)) server.route(path, handler);
  }

  /** Without a password: who looks after processes has none. */
  #serveHealth(server: HttpServer): void {
    const { state, settings } = this.#options;
    const health = new Health({
      stateDir: state.dir,
      downloadDir: () => settings.get('download-dir'),
      loopDelayMs: () => this.#loopDelay.summary().p99Ms,
    });
    server.route('/healthz', async (_, response) => sendJson(response, await health.check()));
    server.route('/readyz', (_, response) => sendJson(response, this.#readiness.check()));
  }

  #serveMetrics(server: HttpServer, door: () => Door, rpcCounts: RpcCounts): void {
    const { session, state, settings, context } = this.#options;
    const view = new MetricsView({
      ...{ session, state, rpcCounts, blocklist: context.blocklist },
      loopDelay: this.#loopDelay,
      authFailures: () => this.#limit.total,
      freeBytes: () => this.#freeNow(),
      startedAtMs: Date.now(),
    });
    const metrics = createMetrics(view, { perTorrent: () => settings.get('metrics-per-torrent') });
    server.route(
      '/metrics',
      guarded(door, async (_, response) => {
        const text = await metrics.metricsText();
        response.writeHead(200, { 'Content-Type': metrics.contentType });
        response.end(text);
      }),
    );
  }

  async #freeNow(): Promise<number | undefined> {
    const result = await this.#free.result();
    this.#lastFree = result.ok ? result.value : undefined;
    return this.#lastFree;
  }

  /** What the disk said last; it is asked again. */
  #freeLast(): number | undefined {
    void this.#freeNow();
    return this.#lastFree;
  }
}

function guarded(door: () => Door, handler: Handler): Handler {
  return async (request: IncomingMessage, response: ServerResponse) => {
    const refusal = await door().check(visitOf(request));
    if (refusal === undefined) return await handler(request, response);
    response.writeHead(refusal.status, refusal.headers);
    response.end(refusal.body);
  };
}

function sendJson(response: ServerResponse, { status, body }: { status: number; body: object }): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(body));
}
