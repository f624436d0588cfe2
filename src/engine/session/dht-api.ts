import { fromHex, toHex } from '../bytes.js';
import type { DhtLookupResult, GetPeersResult, GetResult, PutResult } from '../dht/node-types.js';
import { createDhtKeys, dhtCrypto, signWith } from '../discovery/dht-crypto.js';
import { MillraceError } from '../errors.js';
import { formatAddress, type InfoHash, type PeerAddress } from '../ids.js';
import { mapNetError } from '../net/errors.js';
import { decode, encode } from '../protocol/bencode.js';
import { BLOOM_FILTER_BYTES, estimateBloomFilter, mergeBloomFilter } from '../protocol/dht/bloom-filter.js';
import { checkItem, itemTarget, mutableTarget, signedBytes } from '../protocol/dht/item.js';
import { type DhtItem, NODE_ID_BYTES } from '../protocol/dht/messages.js';
import { decodePointer } from '../protocol/dht/pointer.js';
import type { MagnetPointer } from '../protocol/magnet.js';
import { nowMs } from './clock.js';
import { ask, whenReady } from './dht-queries.js';
import type { DhtService } from './dht-service.js';
import type {
  DhtAskOptions,
  DhtFound,
  DhtGlance,
  DhtPutMutable,
  DhtScrape,
  DhtSessionStats,
  DhtStored,
  DhtTarget,
  DhtValue,
  SessionDht,
} from './dht-types.js';

/** Refusals of BEP 44 that tell of another value: than `cas` says, and a newer one. */
const CAS_MISMATCH = 301;
const SEQUENCE_TOO_LOW = 302;

const { sha1 } = dhtCrypto;

/** What users can ask of the DHT. */
export class DhtApi implements SessionDht {
  constructor(readonly service: DhtService) {}

  get addresses(): readonly PeerAddress[] {
    return this.service.open.map(({ address }) => address!);
  }

  /** Of all families together. */
  glance(): DhtGlance {
    return summed([...this.service.endpoints.values()].map(({ node }) => node.stats(nowMs())));
  }

  stats(): DhtSessionStats {
    const families = [...this.service.endpoints.values()].map(({ node, address }) => {
      const stats = node.stats(nowMs());
      const { family, externalAddress } = stats;
      return { ...summed([stats]), family, id: toHex(node.id), address, externalAddress };
    });
    return { ...summed(families), families, torrents: this.service.announces.size };
  }

  ready({ signal }: DhtAskOptions = {}): Promise<void> {
    return whenReady(this.service, signal);
  }

  async addNode(node: PeerAddress): Promise<void> {
    try {
      await this.service.addNode(node);
    } catch (error) {
      throw mapNetError(error, `cannot find ${formatAddress(node)}`);
    }
  }

  async findPeers(infoHash: InfoHash, { signal }: DhtAskOptions = {}): Promise<PeerAddress[]> {
    const found = new Map<string, PeerAddress>();
    const onPeers = (peers: readonly PeerAddress[]) => {
      for (const peer of peers) found.set(formatAddress(peer), peer);
    };
    const hash = idOf(infoHash);
    await ask<GetPeersResult>(this.service, signal, (node, now, onDone) =>
      node.getPeers(hash, { onPeers, onDone }, now),
    );
    return [...found.values()];
  }

  async scrape(infoHash: InfoHash, { signal }: DhtAskOptions = {}): Promise<DhtScrape | undefined> {
    const hash = idOf(infoHash);
    const results = await ask<GetPeersResult>(this.service, signal, (node, now, onDone) =>
      node.getPeers(hash, { scrape: true, onDone }, now),
    );
    const seeds = merged(results.map(result => result.seeds));
    const downloaders = merged(results.map(result => result.downloaders));
    if (seeds === undefined && downloaders === undefined) return undefined;
    return { seeds: countIn(seeds), downloaders: countIn(downloaders) };
  }

  async sample({ signal, target }: DhtAskOptions & { target?: string } = {}): Promise<InfoHash[]> {
    const near = target === undefined ? crypto.getRandomValues(new Uint8Array(NODE_ID_BYTES)) : idOf(target);
    const found = new Set<InfoHash>();
    await ask<DhtLookupResult>(this.service, signal, (node, now, onDone) => {
      const onSamples = ({ samples }: { samples: readonly Uint8Array[] }) => {
        for (const sample of samples) found.add(toHex(sample));
      };
      return node.sample(near, { onSamples, onDone }, now);
    });
    return [...found];
  }

  async get(target: DhtTarget, { signal }: DhtAskOptions = {}): Promise<DhtFound | undefined> {
    const salt = typeof target === 'string' ? undefined : target.salt;
    const place = typeof target === 'string' ? idOf(target) : mutableTarget(target.publicKey, salt, sha1);
    const results = await ask<GetResult>(this.service, signal, (node, now, onDone) =>
      node.get(place, { salt, onDone }, now),
    );
    const newest = results
      .flatMap(({ item }) => item ?? [])
      .sort((a, b) => (b.mutable?.seq ?? 0) - (a.mutable?.seq ?? 0))[0];
    return newest && { value: decode(newest.value), bytes: newest.value, seq: newest.mutable?.seq };
  }

  async follow({ publicKey, salt }: MagnetPointer, options?: DhtAskOptions): Promise<InfoHash | undefined> {
    const target = { publicKey: fromHex(publicKey), salt: salt === undefined ? undefined : fromHex(salt) };
    const found = await this.get(target, options);
    return found && decodePointer(found.bytes);
  }

  async put(value: DhtValue, { signal }: DhtAskOptions = {}): Promise<DhtStored> {
    return this.#put({ value: bytesOf(value) }, undefined, signal);
  }

  async putMutable(options: DhtPutMutable): Promise<DhtStored> {
    const { secretKey, salt, signal } = options;
    const value = bytesOf(options.value, salt);
    checkSequence('seq', options.seq);
    checkSequence('cas', options.cas);
    const key = createDhtKeys(secretKey).publicKey;
    // Nodes that have nothing take whatever comes: what all of them know together counts.
    const now = (await this.get({ publicKey: key, salt }, { signal }))?.seq;
    const { seq = (now ?? 0) + 1, cas = options.seq === undefined ? now : undefined } = options;
    checkSequence('seq', seq);
    if (now !== undefined && cas !== undefined && cas !== now) throw outdated(CAS_MISMATCH, seq);
    if (now !== undefined && now > seq) throw outdated(SEQUENCE_TOO_LOW, seq);
    const signature = signWith(secretKey, signedBytes(value, seq, salt));
    return this.#put({ value, mutable: { key, salt, seq, signature } }, cas, signal);
  }

  async #put(item: DhtItem, cas: number | undefined, signal: AbortSignal | undefined): Promise<DhtStored> {
    const results = await ask<PutResult>(this.service, signal, (node, now, onDone) =>
      node.put(item, { cas, onDone }, now),
    );
    const nodes = results.reduce((sum, { storedAt }) => sum + storedAt, 0);
    const refused = results.find(result => result.refused !== undefined)?.refused;
    const seq = item.mutable?.seq;
    if (refused === CAS_MISMATCH || refused === SEQUENCE_TOO_LOW) throw outdated(refused, seq ?? 0);
    if (nodes > 0) return { target: toHex(itemTarget(item, sha1)), seq, nodes };
    throw new MillraceError('ERR_DHT_NOT_STORED', 'no node of the DHT took the value', {
      refused: refused ?? null,
    });
  }
}

const NUMBERS = [
  'nodes',
  'goodNodes',
  'lookups',
  'queriesIn',
  'queriesOut',
  'timeouts',
  'dropped',
  'storedPeers',
  'storedItems',
] as const satisfies readonly (keyof DhtGlance)[];

function summed(parts: readonly DhtGlance[]): DhtGlance {
  const sums = NUMBERS.map(name => [name, parts.reduce((sum, part) => sum + part[name], 0)]);
  return Object.fromEntries(sums) as unknown as DhtGlance;
}

/** @throws RangeError for what is not 40 hex digits */
function idOf(hex: string): Uint8Array {
  const id = fromHex(hex);
  if (id.length !== NODE_ID_BYTES) throw new RangeError(`${hex} is not ${2 * NODE_ID_BYTES} hex digits`);
  return id;
}

/** @throws MillraceError ERR_DHT_VALUE for what is too long; TypeError for what has no bencode form */
function bytesOf(value: DhtValue, salt?: Uint8Array): Uint8Array {
  const bytes = encode(value);
  try {
    checkItem(bytes, salt);
  } catch (error) {
    throw new MillraceError(
      'ERR_DHT_VALUE',
      (error as Error).message,
      { length: bytes.length, saltLength: salt?.length ?? 0 },
      error,
    );
  }
  return bytes;
}

/** @throws RangeError for what no packet can say: it would only show when one is written, with nobody there to catch it */
function checkSequence(name: string, value: number | undefined): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return;
  throw new RangeError(
    `${name} of a value of the DHT is ${value}, must be a whole number from 0 to 2^53 - 1`,
  );
}

function outdated(refused: number, seq: number): MillraceError {
  const message = 'the DHT has a newer value, or another than the one to be replaced';
  return new MillraceError('ERR_DHT_OUTDATED', message, { refused, seq });
}

function merged(filters: readonly (Uint8Array | undefined)[]): Uint8Array | undefined {
  let sum: Uint8Array | undefined;
  for (const filter of filters) {
    if (filter?.length !== BLOOM_FILTER_BYTES) continue;
    sum ??= new Uint8Array(BLOOM_FILTER_BYTES);
    mergeBloomFilter(sum, filter);
  }
  return sum;
}

function countIn(filter: Uint8Array | undefined): number {
  return filter === undefined ? 0 : Math.round(estimateBloomFilter(filter));
}
