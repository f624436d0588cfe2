import { fromUtf8, toHex } from '../bytes.js';
import { MillraceError } from '../errors.js';
import { formatAddress, type InfoHash, type PeerAddress } from '../ids.js';

/** A torrent by the key of who publishes it, who says in the DHT which it is at present (BEP 46). */
export interface MagnetPointer {
  /** Ed25519, 64 lower-case hex digits (xs). */
  readonly publicKey: string;
  /** Tells torrents of one publisher apart; at most 128 lower-case hex digits (s). */
  readonly salt?: string;
}

/** A magnet link (BEP 9, 53, 46). At least one of the two hashes is there, or a pointer. */
export interface Magnet {
  /** Of v1, 40 lower-case hex digits. Missing in a link to a torrent of v2 alone. */
  readonly infoHash?: InfoHash;
  /** Of v2, 64 lower-case hex digits (BEP 52). */
  readonly v2InfoHash?: string;
  /** Who says which torrent it is; where there is a hash as well, a newer one. */
  readonly pointer?: MagnetPointer;
  /** As written; not safe as a file name. */
  readonly name?: string;
  /** Tracker URLs (http, https, udp, ws, wss); each is a tier of its own. */
  readonly trackers: readonly string[];
  /** Peers to try at once (x.pe): IP address or host name. */
  readonly peers: readonly PeerAddress[];
  /** Web seeds (ws). */
  readonly webSeeds: readonly string[];
  /** Other places that have the same bytes (as). */
  readonly acceptableSources: readonly string[];
  /** DHT nodes (dht). */
  readonly nodes: readonly PeerAddress[];
  /** Search words (kt). */
  readonly keywords: readonly string[];
  /** Numbers of the files to download, ascending (so, BEP 53). Missing means all. */
  readonly selectOnly?: readonly number[];
  /** Number of the one file that the link is about (ix). */
  readonly fileIndex?: number;
}

/** Longest link in characters: more than any real one, little enough to parse without care. */
export const MAX_MAGNET_LENGTH = 65_536;

/** A range such as 0-999999999 must not cost memory; libtorrent's figure. */
const MAX_FILE_INDEX = 10_000;

const HEX_HASH = /^[0-9a-f]{40}$/i;
const BASE32_HASH = /^[a-z2-7]{32}$/i;
const V2_MULTIHASH = /^1220([0-9a-f]{64})$/i; // 0x12 SHA-256, 0x20 bytes
const PUBLIC_KEY = /^urn:btpk:([0-9a-f]{64})$/i;
const SALT = /^(?:[0-9a-f]{2}){1,64}$/i; // BEP 44: at most 64 bytes
const TRACKER_URL = /^(?:https?|udp|wss?):\/\/[^\s]/i;
const WEB_URL = /^https?:\/\/[^\s]/i;
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])$/i;

/**
 * Reads a magnet link; a bare v1 hash (hex or base32) counts as one. Parameters that make no sense are left out, as in
 * other clients: only a missing or broken hash, a broken salt, and a broken percent escape are errors.
 * @throws MillraceError ERR_MAGNET_INVALID
 */
export function parseMagnet(uri: string): Magnet {
  if (uri.length > MAX_MAGNET_LENGTH) {
    throw invalid(`magnet link has ${uri.length} characters, must be at most ${MAX_MAGNET_LENGTH}`);
  }
  if (HEX_HASH.test(uri) || BASE32_HASH.test(uri)) return { ...EMPTY, infoHash: readHash(uri) };
  const query = /^(?:stream-)?magnet:\/{0,3}\??(.*)$/is.exec(uri)?.[1];
  if (query === undefined) throw invalid('not a magnet link');
  const parameters = readParameters(query);
  const all = (key: string) => parameters.get(key) ?? [];
  const topics = readTopics(all('xt'));
  const pointer = readPointer(all('xs'), all('s')[0]);
  if (!topics.infoHash && !topics.v2InfoHash && !pointer)
    throw invalid('magnet link has no BitTorrent info-hash');
  const selected = all('so');
  const fileIndex = Number(all('ix')[0] || Number.NaN);
  return {
    ...topics,
    ...(pointer && { pointer }),
    ...(all('dn')[0] && { name: all('dn')[0] }),
    trackers: unique(all('tr').filter(url => TRACKER_URL.test(url))),
    peers: readAddresses(all('x.pe')),
    webSeeds: unique(all('ws').filter(url => WEB_URL.test(url))),
    acceptableSources: unique(all('as').filter(url => WEB_URL.test(url))),
    nodes: readAddresses(all('dht')),
    keywords: all('kt').flatMap(words => words.split(' ').filter(word => word !== '')),
    ...(selected.length > 0 && { selectOnly: readSelection(selected) }),
    ...(Number.isInteger(fileIndex) && fileIndex >= 0 && { fileIndex }),
  };
}

const EMPTY: Magnet = {
  trackers: [],
  peers: [],
  webSeeds: [],
  acceptableSources: [],
  nodes: [],
  keywords: [],
};

/** What a link is written from; everything but a hash may be left out. */
export type MagnetParts = Partial<Magnet>;

/** @throws TypeError without any hash or pointer */
export function formatMagnet(magnet: MagnetParts): string {
  const {
    infoHash,
    v2InfoHash,
    pointer,
    name,
    trackers = [],
    webSeeds = [],
    acceptableSources = [],
  } = magnet;
  const { peers = [], nodes = [], keywords = [], selectOnly, fileIndex } = magnet;
  if (infoHash === undefined && v2InfoHash === undefined && pointer === undefined)
    throw new TypeError('a magnet link needs an info-hash');
  const text = (key: string, values: readonly string[]) =>
    values.map(value => `${key}=${encodeURIComponent(value)}`);
  const parameters = [
    ...(infoHash === undefined ? [] : [`xt=urn:btih:${infoHash}`]),
    ...(v2InfoHash === undefined ? [] : [`xt=urn:btmh:1220${v2InfoHash}`]),
    ...(pointer ? [`xs=urn:btpk:${pointer.publicKey}`] : []),
    ...(pointer?.salt ? [`s=${pointer.salt}`] : []),
    ...text('dn', name === undefined ? [] : [name]),
    ...text('tr', trackers),
    ...text('ws', webSeeds),
    ...text('as', acceptableSources),
    ...peers.map(peer => `x.pe=${formatAddress(peer)}`),
    ...nodes.map(node => `dht=${formatAddress(node)}`),
    ...(keywords.length > 0 ? [`kt=${keywords.map(encodeURIComponent).join('+')}`] : []),
    ...(selectOnly ? [`so=${formatSelection(selectOnly)}`] : []),
    ...(fileIndex === undefined ? [] : [`ix=${fileIndex}`]),
  ];
  return `magnet:?${parameters.join('&')}`;
}

/** Values by key; `tr.1`, `xt.2` count as `tr`, `xt`. Unknown keys are not even decoded. */
function readParameters(query: string): Map<string, string[]> {
  const known = ['xt', 'dn', 'tr', 'ws', 'as', 'x.pe', 'dht', 'kt', 'so', 'ix', 'xs', 's'];
  const parameters = new Map<string, string[]>(known.map(key => [key, []]));
  for (const pair of query.split('&')) {
    const equals = pair.indexOf('=');
    if (equals < 0) continue;
    const key = pair
      .slice(0, equals)
      .toLowerCase()
      .replace(/\.\d+$/, '');
    parameters.get(key)?.push(unescapeValue(pair.slice(equals + 1)));
  }
  return parameters;
}

/** Percent escapes as UTF-8 (what is not becomes U+FFFD), plus as space. */
function unescapeValue(value: string): string {
  if (/%(?![0-9a-f]{2})/i.test(value)) throw invalid('magnet link has a broken percent escape');
  return value.replaceAll('+', ' ').replace(/(?:%[0-9a-f]{2})+/gi, escapes => {
    const digits = escapes.split('%').slice(1);
    return fromUtf8(Uint8Array.from(digits, pair => Number.parseInt(pair, 16)));
  });
}

/** The first hash of each kind. Topics of other networks are passed over; a broken one of ours is an error. */
function readTopics(topics: readonly string[]): Pick<Magnet, 'infoHash' | 'v2InfoHash'> {
  let infoHash: InfoHash | undefined;
  let v2InfoHash: string | undefined;
  for (const topic of topics) {
    const [, kind, hash] = /^urn:(btih|btmh):(.*)$/is.exec(topic) ?? [];
    if (kind?.toLowerCase() === 'btih') {
      infoHash ??= readHash(hash);
    } else if (kind) {
      const digits = V2_MULTIHASH.exec(hash)?.[1];
      if (!digits) throw invalid('magnet link has a v2 info-hash that is not 1220 and 64 hex digits');
      v2InfoHash ??= digits.toLowerCase();
    }
  }
  return { ...(infoHash && { infoHash }), ...(v2InfoHash && { v2InfoHash }) };
}

/** Other exact sources (xs) are URLs, which nobody here asks. A salt that is none would lead to another torrent. */
function readPointer(sources: readonly string[], salt = ''): MagnetPointer | undefined {
  const key = sources.map(source => PUBLIC_KEY.exec(source)?.[1]).find(digits => digits !== undefined);
  if (key === undefined) return undefined;
  const publicKey = key.toLowerCase();
  if (salt === '') return { publicKey };
  if (!SALT.test(salt)) throw invalid('magnet link has a salt that is not at most 64 bytes of hex digits');
  return { publicKey, salt: salt.toLowerCase() };
}

function readHash(text: string): InfoHash {
  if (HEX_HASH.test(text)) return text.toLowerCase();
  if (BASE32_HASH.test(text)) return toHex(fromBase32(text.toUpperCase()));
  throw invalid('magnet link has an info-hash that is neither 40 hex digits nor 32 of base32');
}

/** RFC 4648 section 6, for a text whose length is a multiple of 8. */
function fromBase32(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length * 5) / 8);
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const char of text) {
    bits = ((bits << 5) | 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char)) & 0xfff;
    held += 5;
    if (held >= 8) {
      held -= 8;
      bytes[at++] = bits >>> held;
    }
  }
  return bytes;
}

function readAddresses(texts: readonly string[]): PeerAddress[] {
  return unique(texts).flatMap(text => {
    const colon = text.lastIndexOf(':');
    const host = text.slice(0, colon);
    const port = /^\d{1,5}$/.test(text.slice(colon + 1)) ? Number(text.slice(colon + 1)) : 0;
    if (!HOST.test(host) || port < 1 || port > 65535) return [];
    return [{ host: host.startsWith('[') ? host.slice(1, -1) : host, port }];
  });
}

/** `0,2,4-6`; bad members are passed over (BEP 53). Ranges are merged first: repeats must not cost time. */
function readSelection(lists: readonly string[]): number[] {
  const ranges = lists
    .flatMap(list => list.split(','))
    .flatMap(member => {
      const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(member) ?? [];
      return first === undefined || Number(last) >= MAX_FILE_INDEX ? [] : [[Number(first), Number(last)]];
    })
    .sort(([a], [b]) => a - b);
  const selected: number[] = [];
  for (const [first, last] of ranges) {
    for (let index = Math.max(first, (selected.at(-1) ?? -1) + 1); index <= last; index++)
      selected.push(index);
  }
  return selected;
}

function formatSelection(indices: readonly number[]): string {
  const sorted = unique(indices).sort((a, b) => a - b);
  const ranges: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    let end = i;
    while (sorted[end + 1] === sorted[end] + 1) end++;
    ranges.push(end > i ? `${sorted[i]}-${sorted[end]}` : `${sorted[i]}`);
    i = end + 1;
  }
  return ranges.join(',');
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}

function invalid(message: string): MillraceError {
  return new MillraceError('ERR_MAGNET_INVALID', message);
}
