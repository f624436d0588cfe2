import { parseTrackerUrl } from '../protocol/tracker/url.js';
import { HttpTracker, type HttpTrackerOptions } from './http-tracker.js';
import type { TrackerClient } from './tracker-client.js';
import { UdpTracker, type UdpTrackerOptions } from './udp-tracker.js';

export interface TrackerClientsOptions extends HttpTrackerOptions, UdpTrackerOptions {
  /** Closes the clients; what is under way ends with ERR_ABORTED. */
  readonly signal?: AbortSignal;
}

/** The trackers' clients that all torrents of a session share. */
export interface TrackerClients extends TrackerClient {
  /** Ends what is under way; later requests fail with ERR_CLOSED (UDP) or ERR_ABORTED (HTTP). Closes the sockets. */
  close(): void;
}

/** Picks the client by the scheme of the URL: http, https or udp. */
export function createTrackerClients(options: TrackerClientsOptions = {}): TrackerClients {
  const http = new HttpTracker(options);
  const udp = new UdpTracker(options);
  const ending = new AbortController();
  const close = () => {
    ending.abort();
    udp.close();
  };
  if (options.signal?.aborted) close();
  options.signal?.addEventListener('abort', close, { once: true });
  const clientFor = (url: string): TrackerClient => (parseTrackerUrl(url).scheme === 'udp' ? udp : http);
  const withEnd = (signal: AbortSignal | undefined) =>
    signal === undefined ? ending.signal : AbortSignal.any([signal, ending.signal]);
  return {
    announce: async (url, request, { signal } = {}) =>
      clientFor(url).announce(url, request, { signal: withEnd(signal) }),
    scrape: async (url, hashes, { signal } = {}) =>
      clientFor(url).scrape(url, hashes, { signal: withEnd(signal) }),
    close,
  };
}
