import { MillraceError } from '../errors.js';
import type { IpFamily } from '../protocol/compact.js';
import {
  type AnnounceRequest,
  type AnnounceResponse,
  MAX_REPLY_BYTES,
  type ScrapeEntry,
} from '../protocol/tracker/announce.js';
import {
  buildAnnounceUrl,
  buildScrapeUrl,
  decodeHttpAnnounce,
  decodeHttpScrape,
  readFailureReason,
  trackerFailure,
} from '../protocol/tracker/http.js';
import { parseTrackerUrl } from '../protocol/tracker/url.js';
import { type Connect, createAgents, type HttpAgents } from './http-agents.js';
import { type HttpReply, httpGet } from './http-get.js';
import type { TrackerClient, TrackerRequestOptions } from './tracker-client.js';

export interface HttpTrackerOptions {
  /** Address that connections start from. */
  readonly localAddress?: string;
  /** Opens all connections, names of hosts unresolved; for a proxy. */
  readonly connect?: Connect;
  /** Certificate authority in PEM to trust instead of the system's. */
  readonly ca?: string;
  /** A tracker says that this is our address (BEP 24). Through a proxy it would be the proxy's, and is not told. */
  readonly onExternalHost?: (host: string, trackerHost: string) => void;
  /** Time for a whole exchange. Defaults to 30 s, as in libtorrent (tracker_completion_timeout). */
  readonly timeoutMs?: number;
}

/** Trackers over http and https. */
export class HttpTracker implements TrackerClient {
  readonly #options: HttpTrackerOptions;
  /** Connections of one family must not be taken for another's. */
  readonly #agents = new Map<IpFamily | undefined, HttpAgents>();

  constructor(options: HttpTrackerOptions = {}) {
    this.#options = options;
  }

  async announce(
    url: string,
    request: AnnounceRequest,
    options: TrackerRequestOptions = {},
  ): Promise<AnnounceResponse> {
    parseTrackerUrl(url);
    const { body, from } = await this.#get(buildAnnounceUrl(url, request), options);
    const response = decodeHttpAnnounce(body);
    if (response.externalHost !== undefined && from !== undefined)
      this.#options.onExternalHost?.(response.externalHost, from);
    return response;
  }

  async scrape(
    url: string,
    infoHashes: readonly Uint8Array[],
    options: TrackerRequestOptions = {},
  ): Promise<ScrapeEntry[]> {
    parseTrackerUrl(url);
    const target = buildScrapeUrl(url, infoHashes);
    if (target === undefined)
      throw new MillraceError(
        'ERR_TRACKER_URL',
        'tracker has no scrape: its path does not end in announce (BEP 48)',
      );
    return decodeHttpScrape((await this.#get(target, options)).body);
  }

  /** Closes connections that wait for the next request. */
  close(): void {
    for (const agents of this.#agents.values()) agents.close();
  }

  #agentsOf(family: IpFamily | undefined): HttpAgents {
    const agents = this.#agents.get(family) ?? createAgents(this.#options.connect);
    this.#agents.set(family, agents);
    return agents;
  }

  async #get(url: string, { signal, family }: TrackerRequestOptions): Promise<HttpReply> {
    const { timeoutMs = 30_000, localAddress, ca } = this.#options;
    const reply = await httpGet(url, {
      ...{ timeoutMs, maxBytes: MAX_REPLY_BYTES, localAddress, family, ca, signal },
      agents: this.#agentsOf(family),
    });
    const { status } = reply;
    if (status === 200) return reply;
    const reason = readFailureReason(reply.body);
    if (reason !== undefined) throw trackerFailure(reason);
    throw new MillraceError(
      'ERR_TRACKER_RESPONSE',
      `tracker answered with HTTP status ${status}, must be 200`,
      { status },
    );
  }
}
