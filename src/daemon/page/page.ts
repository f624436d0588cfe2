import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Refusal, type Visit, visitOf } from '../http/door.js';
import { PAGE_FOLDER } from '../page-folder.js';
import { answer, SECURITY_HEADERS } from './answer.js';
import { Feed } from './feed.js';
import type { PageSource } from './source.js';
import { Viewer } from './viewer.js';

/** Each may hold back 4 MiB, and a browser opens two. */
export const MAX_VIEWERS = 16;
const RETRY_SECONDS = 10;

const FILES = {
  '/': { name: 'index.html', type: 'text/html; charset=utf-8' },
  '/page/app.js': { name: 'app.js', type: 'text/javascript; charset=utf-8' },
  '/page/style.css': { name: 'style.css', type: 'text/css; charset=utf-8' },
} as const;

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface PageOptions {
  readonly source: PageSource;
  /** The door's: who may not come in is told so first. */
  readonly check: (visit: Visit) => Promise<Refusal | undefined>;
  /** Failures of the source. Viewers are sent away, and come again. */
  readonly report?: (error: unknown) => void;
}

export interface Page {
  /** By path, for GET and HEAD. */
  readonly routes: Readonly<Record<keyof typeof FILES | '/page/events', Handler>>;
  /** Ends all streams. */
  close(): void;
}

export function createPage({ source, check, report = () => {} }: PageOptions): Page {
  let feed: Feed | undefined;

  const stop = (stopped: Feed) => {
    stopped.stop();
    if (feed === stopped) feed = undefined;
  };

  const start = (): Feed => {
    const started: Feed = new Feed(source, error => {
      report(error);
      stop(started);
    });
    return started;
  };

  const events: Handler = async (request, response) => {
    const query = new URL(request.url ?? '/', 'http://localhost').searchParams;
    const watched = query.get('torrent')?.toLowerCase();
    if (watched !== undefined && !/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(watched))
      return answer(response, 400, {}, 'torrent is an info-hash in hexadecimal\n');
    if ((feed?.size ?? 0) >= MAX_VIEWERS)
      return answer(response, 503, { 'Retry-After': `${RETRY_SECONDS}` }, 'too many viewers\n');
    response.writeHead(200, {
      ...SECURITY_HEADERS,
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // proxies that would wait for more
      'X-Accel-Buffering': 'no',
    });
    if (request.method === 'HEAD') {
      response.end();
      return;
    }
    response.flushHeaders();
    const viewer = new Viewer(response, watched);
    const joined = (feed ??= start());
    response.once('close', () => {
      joined.leave(viewer);
      if (joined.size === 0) stop(joined);
    });
    joined.join(viewer, query.get('list') !== '0');
  };

  const handlers = { ...mapValues(FILES, file => fileHandler(file)), '/page/events': events };

  /** The door first, then the verb. */
  const guarded =
    (handler: Handler): Handler =>
    async (request, response) => {
      const visit = visitOf(request);
      const refusal = await check(visit);
      if (refusal !== undefined) return answer(response, refusal.status, refusal.headers, refusal.body);
      if (visit.verb !== 'GET' && visit.verb !== 'HEAD')
        return answer(response, 405, { Allow: 'GET, HEAD' }, 'only GET and HEAD are answered\n');
      if (response.destroyed) return;
      await handler(request, response).catch(error => {
        report(error);
        if (response.headersSent) response.destroy();
        else answer(response, 500, {}, 'this page cannot be shown\n');
      });
    };

  return { routes: mapValues(handlers, guarded), close: () => feed && stop(feed) };
}

/** Read once, when it is first asked for. */
function fileHandler({ name, type }: (typeof FILES)[keyof typeof FILES]): Handler {
  let content: Promise<Buffer> | undefined;
  return async (_, response) => {
    content ??= readFile(new URL(name, PAGE_FOLDER));
    answer(response, 200, { 'Content-Type': type, 'Cache-Control': 'no-cache' }, await content);
  };
}

function mapValues<T extends object, R>(
  values: T,
  map: (value: T[keyof T]) => R,
): { readonly [K in keyof T]: R } {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)])) as {
    [K in keyof T]: R;
  };
}
