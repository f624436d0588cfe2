import type { LogSink, Session } from '../index.js';
import type { LiveSettings } from './config/live-settings.js';
import { createDoor } from './http/access.js';
import { HttpServer } from './http/server.js';
import type { Keepers } from './keepers/keepers.js';
import { RpcEndpoint } from './rpc/endpoint.js';
import { createMethods } from './rpc/table.js';
import type { State } from './state/state.js';
import { LimitGroups } from './torrents/limit-groups.js';
import type { Roots } from './torrents/roots.js';

export interface ServiceOptions {
  readonly session: Session;
  readonly settings: LiveSettings;
  readonly state: State;
  readonly keepers: Keepers;
  readonly roots: Roots;
  readonly log: LogSink;
  readonly nowMs: () => number;
  readonly nowSeconds: () => number;
  readonly close: () => void;
}

const RPC_PATH = '/transmission/rpc';

/** What the daemon serves over HTTP. */
export class Service {
  readonly #options: ServiceOptions;
  readonly #server: HttpServer | undefined;
  #ready = false;
  #url: string | undefined;

  constructor(options: ServiceOptions) {
    this.#options = options;
    const { settings, log, nowMs } = options;
    if (!settings.get('rpc')) return;
    const report = (err: unknown) => log.error({ err }, 'a request failed');
    this.#server = new HttpServer({ host: settings.get('rpc-host'), port: settings.get('rpc-port'), report });
    const door = createDoor(settings, nowMs);
    const endpoint: RpcEndpoint = new RpcEndpoint({
      door,
      report,
      methods: createMethods(this.#context(() => endpoint.sessionId)),
    });
    this.#server.route(RPC_PATH, (request, response) => {
      if (this.#ready) return endpoint.handle(request, response);
      // a list that lacks torrents would be taken for the truth
      response.writeHead(503, { 'Content-Type': 'text/plain', 'Retry-After': '1' });
      response.end('the daemon is still reading its torrents\n');
    });
  }

  get url(): string | undefined {
    return this.#url;
  }

  async listen(): Promise<void> {
    if (this.#server === undefined) return;
    const { host, port } = await this.#server.listen();
    this.#url = `http://${host.includes(':') ? `[${host}]` : host}:${port}${RPC_PATH}`;
  }

  /** All torrents are in the list. */
  ready(): void {
    this.#ready = true;
  }

  async close(): Promise<void> {
    await this.#server?.close();
  }

  #context(sessionId: () => string) {
    const { session, settings, state, keepers, roots, nowMs, nowSeconds, close } = this.#options;
    const { adding, removing, moving, opening, runner, phases, seeds, speed } = keepers;
    const { catalog, folder, totals, clock, kept } = state;
    return {
      ...{ session, settings, catalog, folder, totals, clock, roots, nowMs, nowSeconds, sessionId },
      ...{ adding, removing, moving, runner, phases, seeds, speed },
      stateDir: state.dir,
      dormant: kept,
      groups: new LimitGroups(session, catalog, state.journal),
      blocklist: {
        size: 0,
        update: () => Promise.reject(new Error('no blocklist is set')),
      },
      fetchTorrent: () => Promise.reject(new Error('not yet')),
      reopen: (entry: Parameters<typeof opening.open>[0]) => opening.open(entry),
      close,
    };
  }
}
