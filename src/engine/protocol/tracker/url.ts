import { MillraceError } from '../../errors.js';

/** Longest tracker URL that is accepted; longer ones are refused by common HTTP servers too. */
export const MAX_URL_LENGTH = 4096;

export type TrackerScheme = 'http' | 'https' | 'udp';

/** A tracker URL in the parts that matter here. A fragment is dropped. */
export interface TrackerUrl {
  readonly scheme: TrackerScheme;
  /** Name or address, IPv6 without brackets. */
  readonly host: string;
  /** The URL's, or the scheme's own. UDP has none, so it must be given. */
  readonly port: number;
  /** Path and query as written, '' when there is neither. */
  readonly target: string;
}

const DEFAULT_PORT: Record<TrackerScheme, number> = { http: 80, https: 443, udp: 0 };

const URL_PARTS =
  /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?(\[[0-9a-f:.]+\]|[^/?#@:[\]]+)(?::(\d{1,5}))?([/?][^#]*)?(?:#.*)?$/i;

/** @throws MillraceError ERR_TRACKER_URL, whose message never repeats the URL: it may hold a passkey. */
export function parseTrackerUrl(url: string): TrackerUrl {
  if (url.length > MAX_URL_LENGTH) {
    throw new MillraceError(
      'ERR_TRACKER_URL',
      `tracker URL has ${url.length} characters, at most ${MAX_URL_LENGTH} are allowed`,
      {
        length: url.length,
        limit: MAX_URL_LENGTH,
      },
    );
  }
  // Anything outside printable ASCII could end a request line or split a header.
  const parts = /^[\x21-\x7e]+$/.test(url) ? URL_PARTS.exec(url) : null;
  if (parts === null)
    throw new MillraceError('ERR_TRACKER_URL', 'tracker URL is not of the form scheme://host[:port]/path');
  const scheme = parts[1].toLowerCase();
  if (scheme !== 'http' && scheme !== 'https' && scheme !== 'udp') {
    throw new MillraceError('ERR_TRACKER_URL', `tracker scheme is ${scheme}, must be http, https or udp`, {
      scheme,
    });
  }
  const port = parts[4] === undefined ? DEFAULT_PORT[scheme] : Number(parts[4]);
  if (port < 1 || port > 65535) {
    throw new MillraceError('ERR_TRACKER_URL', `tracker port is ${port}, must be 1 to 65535`, { port });
  }
  return { scheme, host: parts[3].replace(/[[\]]/g, '').toLowerCase(), port, target: parts[5] ?? '' };
}

/**
 * The scrape URL that belongs to an announce URL: `announce` at the start of the last path segment becomes `scrape`
 * (BEP 48). UDP scrapes at the same URL (BEP 15). Undefined when the tracker has no scrape.
 */
export function scrapeUrl(announceUrl: string): string | undefined {
  if (/^udp:/i.test(announceUrl)) return announceUrl;
  const end = announceUrl.search(/[?#]/);
  const path = end < 0 ? announceUrl : announceUrl.slice(0, end);
  const segment = path.lastIndexOf('/') + 1;
  // In `http://announce` the last slash is not one of a path.
  if (!path.startsWith('announce', segment) || path[segment - 2] === '/') return undefined;
  return announceUrl.slice(0, segment) + 'scrape' + announceUrl.slice(segment + 'announce'.length);
}

const PUBLIC_SEGMENT = /^(?:|announce|scrape)(?:\.php)?$/;

/**
 * The URL fit for logs: trackers put passkeys in path and query, so every path segment but `announce` and `scrape`,
 * every query value and any user name is shown as ***.
 */
export function redactUrl(url: string): string {
  const parts = url.length <= MAX_URL_LENGTH ? URL_PARTS.exec(url) : null;
  if (parts === null) return '(not a tracker URL)';
  const [, scheme, user, host, port, target = ''] = parts;
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  const shownPath = path
    .split('/')
    .map(segment => (PUBLIC_SEGMENT.test(segment) ? segment : '***'))
    .join('/');
  const shownQuery =
    query < 0
      ? ''
      : '?' +
        target
          .slice(query + 1)
          .split('&')
          .map(redactPair)
          .join('&');
  const authority = (user === undefined ? '' : '***@') + host + (port === undefined ? '' : `:${port}`);
  return `${scheme}://${authority}${shownPath}${shownQuery}`;
}

/** A name is letters; what else stands before the = may be a secret itself. */
function redactPair(pair: string): string {
  const name = /^[a-z_-]{1,16}=/i.exec(pair);
  return name === null ? '***' : `${name[0]}***`;
}
