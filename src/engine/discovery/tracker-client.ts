import type { IpFamily } from '../protocol/compact.js';
import type { AnnounceRequest, AnnounceResponse, ScrapeEntry } from '../protocol/tracker/announce.js';

export interface TrackerRequestOptions {
  /** Ends the request with ERR_ABORTED. */
  readonly signal?: AbortSignal;
  /** Goes before requests that are not, where they have to wait. */
  readonly urgent?: boolean;
  /** Asks by this family alone. */
  readonly family?: IpFamily;
  /** Told of an answer that comes by the other family later than the one that is returned. */
  readonly onMore?: (response: AnnounceResponse) => void;
}

/** How a tracker is asked. All failures are MillraceError: ERR_TRACKER_*, ERR_ABORTED, ERR_CLOSED. None repeats the URL. */
export interface TrackerClient {
  announce(url: string, request: AnnounceRequest, options?: TrackerRequestOptions): Promise<AnnounceResponse>;
  /** `url` is the announce URL; 1 to 74 hashes. Trackers leave out torrents that they do not know, or tell zeros. */
  scrape(
    url: string,
    infoHashes: readonly Uint8Array[],
    options?: TrackerRequestOptions,
  ): Promise<ScrapeEntry[]>;
}
