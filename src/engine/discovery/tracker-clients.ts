import { MillraceError } from '../errors.js';
import type { IpFamily } from '../protocol/compact.js';
import { parseTrackerUrl } from '../protocol/tracker/url.js';
import { AnnounceQueue } from './announce-queue.js';
import { askBoth } from './ask-both.js';
import { HttpTracker, type HttpTrackerOptions } from './http-tracker.js';
import type { TrackerClient, TrackerRequestOptions } from './tracker-client.js';
import { orAborted } from './tracker-error.js';
import { TrackerFamilies } from './tracker-families.js';
import { UdpTracker, type UdpTrackerOptions } from './udp-tracker.js';

export interface TrackerClientsOptions extends HttpTrackerOptions, UdpTrackerOptions {
  /** Families in which others reach us; trackers are told by these. None counts as both. */
  readonly reachable?: () => readonly IpFamily[];
  /** Closes the clients. */
  readonly signal?: AbortSignal;
}

/** The trackers' clients that all torrents of a session share. */
export interface TrackerClients extends TrackerClient {
  /** Announces so far, by how they went. */
  readonly announces: { readonly ok: number; readonly failed: number };
  /** Ends what is under way with ERR_ABORTED and closes the sockets; later requests fail with ERR_CLOSED. */
  close(): void;
  /** The same for a while: requests fail with this error until `restore`, and no socket is open. */
  suspend(error: MillraceError): void;
  restore(): void;
}

/**
 * Picks the client by the scheme of the URL, http, https or udp, and lets requests queue for each tracker. A tracker
 * with addresses of both families is told by both.
 */
export function createTrackerClients(options: TrackerClientsOptions = {}): TrackerClients {
  let http = new HttpTracker(options);
  let udp = new UdpTracker(options);
  const queue = new AnnounceQueue();
  const underWay = new Set<AbortController>();
  // An address to start from has a family, and a proxy does not tell in which it connects.
  const oneFamily = options.localAddress !== undefined || options.connect !== undefined;
  const families = oneFamily ? undefined : new TrackerFamilies(options.reachable ?? (() => []));
  /** Why nothing is asked, if so. */
  let refusal: MillraceError | undefined;

  const end = (error: MillraceError) => {
    refusal = error;
    for (const cut of underWay) cut.abort();
    http.close();
    udp.close();
  };
  const close = () => {
    options.signal?.removeEventListener('abort', close);
    end(new MillraceError('ERR_CLOSED', 'tracker clients are closed'));
  };
  if (options.signal?.aborted) close();
  else options.signal?.addEventListener('abort', close, { once: true });

  // Not AbortSignal.any: on Node 20 a signal that lives as long as the session collects every signal derived from it.
  const run = async <T>(
    url: string,
    { signal: outer, urgent, family }: TrackerRequestOptions,
    work: (client: TrackerClient, options: TrackerRequestOptions) => Promise<T>,
  ): Promise<T> => {
    if (refusal !== undefined) throw refusal;
    const { scheme, host } = parseTrackerUrl(url);
    if (scheme === 'udp' && options.connect !== undefined) throw udpRefused(host);
    const client = scheme === 'udp' ? udp : http;
    const cut = new AbortController();
    const abort = () => cut.abort();
    if (outer?.aborted) abort();
    outer?.addEventListener('abort', abort, { once: true });
    underWay.add(cut);
    // A family in which the tracker is silent must not keep the other waiting.
    const lane = family === undefined ? host : `${host} by IPv${family}`;
    try {
      const { signal } = cut;
      return await queue.run(lane, () => work(client, { signal, family }), { urgent, signal });
    } finally {
      outer?.removeEventListener('abort', abort);
      underWay.delete(cut);
    }
  };

  const announceAll: TrackerClient['announce'] = async (url, request, options = {}) => {
    const ask = (family?: IpFamily) =>
      run(url, { ...options, family }, (client, how) => client.announce(url, request, how));
    if (refusal !== undefined || families === undefined) return ask();
    const { host } = parseTrackerUrl(url);
    const by = await orAborted(families.of(host), options.signal);
    if (by.length < 2) {
      return ask(by[0]).catch(error => {
        families.forget(host);
        throw error;
      });
    }
    return askBoth(by as readonly IpFamily[], ask, {
      // Whoever leaves has no later announce to make up for it.
      waitForAll: request.event === 'stopped',
      onMore: options.onMore,
      onFailed: family => void families.leaveOut(host, family),
    });
  };

  const announces = { ok: 0, failed: 0 };
  return {
    announces,
    announce: async (url, request, options = {}) => {
      try {
        const response = await announceAll(url, request, options);
        announces.ok++;
        return response;
      } catch (error) {
        if (options.signal?.aborted !== true) announces.failed++;
        throw error;
      }
    },
    scrape: (url, hashes, options = {}) =>
      run(url, options, (client, how) => client.scrape(url, hashes, how)),
    close,
    suspend(error) {
      if (refusal === undefined) end(error);
    },
    restore() {
      if (refusal === undefined || refusal.code === 'ERR_CLOSED') return;
      refusal = undefined;
      http = new HttpTracker(options);
      udp = new UdpTracker(options);
    },
  };
}

function udpRefused(host: string): MillraceError {
  const message = `tracker ${host} is not asked: UDP does not go through the proxy`;
  return new MillraceError('ERR_PROXY_UDP', message, { host });
}
