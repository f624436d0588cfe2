import { toHex } from '../engine/bytes.js';
import type { AnnounceEvent } from '../engine/protocol/tracker/announce.js';
import { unescapeBytes } from '../engine/protocol/tracker/percent.js';

/** Longest request target: a scrape of 70 hashes, each as 60 escaped characters, fits. */
export const MAX_TARGET_LENGTH = 8192;

/** Parameters read from one query; past these it is refused. */
const MAX_PARAMETERS = 128;

/** An announce as it came over HTTP. Addresses that the client claims (`ip`, `ipv6`) are ignored on purpose. */
export interface HttpAnnounce {
  readonly infoHash: Uint8Array;
  readonly peerId: Uint8Array;
  readonly port: number;
  readonly left: number;
  readonly event?: AnnounceEvent;
  readonly numWant?: number;
  readonly compact: boolean;
  readonly noPeerId: boolean;
}

/** A request that the tracker does not understand; the text goes to the client. */
export class QueryError extends Error {}

/** Raw `key=value` pairs; the values stay escaped. */
export function parseQuery(query: string): [key: string, value: string][] {
  const pairs = query.split('&', MAX_PARAMETERS + 1);
  if (pairs.length > MAX_PARAMETERS) throw new QueryError(`more than ${MAX_PARAMETERS} parameters`);
  return pairs
    .filter(pair => pair !== '')
    .map(pair => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    });
}

/** @throws QueryError */
export function readAnnounce(query: string): HttpAnnounce {
  const values = new Map(parseQuery(query));
  const event = values.get('event');
  const numWant = values.get('numwant') ?? values.get('num_want');
  return {
    infoHash: readId('info_hash', values.get('info_hash')),
    peerId: readId('peer_id', values.get('peer_id')),
    port: readNumber('port', values.get('port'), 1, 65_535),
    left: readNumber('left', values.get('left') ?? '1', 0, Number.MAX_SAFE_INTEGER),
    event: event === 'started' || event === 'stopped' || event === 'completed' ? event : undefined,
    // Negative is "as many as you like", as over UDP.
    numWant:
      numWant === undefined || numWant.startsWith('-')
        ? undefined
        : readNumber('numwant', numWant, 0, 2 ** 31),
    compact: values.get('compact') !== '0',
    noPeerId: values.get('no_peer_id') === '1',
  };
}

/** Hashes of a scrape, each once, at most `limit`. @throws QueryError when there is none. */
export function readScrape(query: string, limit: number): Uint8Array[] {
  const hashes = new Map<string, Uint8Array>();
  for (const [key, value] of parseQuery(query)) {
    if (key !== 'info_hash' || hashes.size === limit) continue;
    const hash = readId(key, value);
    hashes.set(toHex(hash), hash);
  }
  if (hashes.size === 0) throw new QueryError('info_hash is missing');
  return [...hashes.values()];
}

function readId(name: string, value: string | undefined): Uint8Array {
  if (value === undefined) throw new QueryError(`${name} is missing`);
  const bytes = unescapeBytes(value, 20);
  if (bytes?.length !== 20) throw new QueryError(`${name} is not 20 bytes`);
  return bytes;
}

function readNumber(name: string, value: string | undefined, min: number, max: number): number {
  const number = value !== undefined && /^\d{1,20}$/.test(value) ? Number(value) : Number.NaN;
  if (name === 'left' && number > max) return max;
  if (!(number >= min && number <= max)) throw new QueryError(`${name} must be ${min} to ${max}`);
  return number;
}
