import type { PeerAddress } from '../ids.js';
import type { Rng } from '../policy/rng.js';
import { COMPACT_BYTES, familyOf, type IpFamily } from '../protocol/compact.js';
import { type DhtRefusedQuery, encodeDhtMessage } from '../protocol/dht/krpc.js';
import type {
  DhtAnswer,
  DhtContact,
  DhtItem,
  DhtMessage,
  DhtQuery,
  DhtQueryMessage,
  Want,
} from '../protocol/dht/messages.js';
import { AnswerRoom, stringBytes } from './answer-room.js';
import { ItemStore } from './item-store.js';
import { PeerStore } from './peer-store.js';
import type { DhtCrypto } from './ports.js';
import { QueryLimit } from './query-limit.js';
import { Samples } from './samples.js';
import { Tokens } from './tokens.js';
import { Verified } from './verified.js';

/** Peers in an answer: libtorrent's `dht_max_peers_reply`, and what our codec reads. */
const MAX_PEERS = 100;

/** How much larger than the question an answer may be that a forged address might get. */
const AMPLIFICATION = 2;

/** Longest answer: fits an Ethernet frame of 1500 bytes with IPv6 and what tunnels add. */
const MAX_ANSWER_BYTES = 1400;

/** How often what has grown old is forgotten. */
const SWEEP_MS = 60_000;

/** Codes and texts of BEP 5 and 44. */
const REFUSALS = {
  202: 'Server Error: too much is stored for this address',
  203: 'Protocol Error: not a value',
  206: 'invalid signature',
  301: 'the CAS hash mismatched, re-read value and try again',
  302: 'sequence number less than current',
} as const;

type QueryOf<Method> = Extract<DhtQuery, { method: Method }>;

interface Refusal {
  readonly code: number;
  readonly text: string;
}

/** Where the nodes that are told come from. */
export interface ClosestNodes {
  closest(target: Uint8Array, count: number): readonly DhtContact[];
}

export interface AnswersOptions {
  readonly family: IpFamily;
  /** Not to be guessed, in production: tokens depend on it. */
  readonly rng: Rng;
  readonly crypto: DhtCrypto;
  readonly table: ClosestNodes;
  /** Table of the node of the other family (BEP 32). */
  readonly other?: () => ClosestNodes | undefined;
  readonly ownId: () => Uint8Array;
  /** `v` of our packets. */
  readonly version?: Uint8Array;
}

/** Figures, and how much is kept: none of it grows without bound. */
export interface AnswersCounts {
  readonly answered: number;
  readonly refused: number;
  /** Not answered, since they were too many from one address. */
  readonly limited: number;
  readonly peers: number;
  readonly torrents: number;
  readonly items: number;
  /** Addresses whose queries are counted, those that are verified, and those whose share of the stores is. */
  readonly visitors: number;
  readonly verified: number;
  readonly shares: number;
}

/**
 * The half of a node that answers. An address may be forged, so one that has not shown that it receives gets at most
 * twice the bytes it sent; peers, nodes, filters and samples are left out until the answer fits.
 */
export class Answers {
  readonly #tokens: Tokens;
  readonly #peers: PeerStore;
  readonly #items: ItemStore;
  readonly #samples: Samples;
  readonly #limit = new QueryLimit();
  readonly #verified = new Verified();
  #answered = 0;
  #refused = 0;
  #limited = 0;
  #sweepMs: number;
  /** Without address and transaction. */
  readonly #bareAnswerBytes: number;

  constructor(
    readonly options: AnswersOptions,
    nowMs: number,
  ) {
    const { rng, crypto, ownId, version } = options;
    this.#tokens = new Tokens(rng);
    this.#peers = new PeerStore(rng, crypto.sha1);
    this.#items = new ItemStore(rng, crypto, ownId);
    this.#samples = new Samples(this.#peers);
    this.#sweepMs = nowMs + SWEEP_MS;
    const bare = {
      type: 'response',
      transaction: new Uint8Array(0),
      id: ownId(),
      answer: {},
      version,
    } as const;
    this.#bareAnswerBytes = encodeDhtMessage(bare).length - '1:t0:'.length;
  }

  get counts(): AnswersCounts {
    return {
      answered: this.#answered,
      refused: this.#refused,
      limited: this.#limited,
      peers: this.#peers.size,
      torrents: this.#peers.torrents,
      items: this.#items.size,
      visitors: this.#limit.size,
      verified: this.#verified.size,
      shares: this.#peers.visitors + this.#items.visitors,
    };
  }

  /** A query of ours was answered from there: the address is not forged. */
  verified(from: PeerAddress, nowMs: number): void {
    this.#verified.add(from.host, nowMs);
  }

  /**
   * @param packetBytes length of the packet that the query came in
   * @returns the packet to send back; undefined for silence
   */
  answer(
    message: DhtQueryMessage | DhtRefusedQuery,
    from: PeerAddress,
    packetBytes: number,
    nowMs: number,
  ): Uint8Array | undefined {
    if (!this.#limit.allows(from.host, nowMs)) {
      this.#limited++;
      return undefined;
    }
    const result = message.type === 'refused' ? message : this.#result(message, from, packetBytes, nowMs);
    const packet = encodeDhtMessage(this.#reply(message.transaction, from, result));
    if (packet.length > this.#mostBytes(from, packetBytes, nowMs)) return undefined;
    if ('code' in result) this.#refused++;
    else this.#answered++;
    return packet;
  }

  handleTimeout(nowMs: number): void {
    if (nowMs < this.#sweepMs) return;
    this.#peers.expire(nowMs);
    this.#items.expire(nowMs);
    this.#sweepMs = nowMs + SWEEP_MS;
  }

  nextTimeout(): number {
    return this.#peers.size + this.#items.size === 0 ? Number.POSITIVE_INFINITY : this.#sweepMs;
  }

  #reply(transaction: Uint8Array, from: PeerAddress, result: DhtAnswer | Refusal): DhtMessage {
    const { version, ownId } = this.options;
    const envelope = { transaction, seenAs: from, ...(version && { version }) };
    return 'code' in result
      ? { type: 'error', ...envelope, code: result.code, text: result.text }
      : { type: 'response', ...envelope, id: ownId(), answer: result };
  }

  #mostBytes(from: PeerAddress, packetBytes: number, nowMs: number): number {
    return this.#verified.has(from.host, nowMs)
      ? MAX_ANSWER_BYTES
      : Math.min(MAX_ANSWER_BYTES, AMPLIFICATION * packetBytes);
  }

  #result(
    message: DhtQueryMessage,
    from: PeerAddress,
    packetBytes: number,
    nowMs: number,
  ): DhtAnswer | Refusal {
    const { query } = message;
    switch (query.method) {
      case 'ping':
        return {};
      case 'announce_peer':
        return this.#announce(query, from, nowMs);
      case 'put':
        return this.#put(query, from, nowMs);
    }
    const room = new AnswerRoom(this.#mostBytes(from, packetBytes, nowMs) - this.#bareBytes(message, from));
    switch (query.method) {
      case 'find_node':
        return this.#nodes(query.target, this.#families(query.want), from, room);
      case 'get_peers':
        return this.#getPeers(query, from, room, nowMs);
      case 'get':
        return this.#get(query, from, room, nowMs);
      case 'sample_infohashes':
        return this.#sample(query, from, room, nowMs);
    }
  }

  #announce(query: QueryOf<'announce_peer'>, from: PeerAddress, nowMs: number): DhtAnswer | Refusal {
    if (!this.#isToken(query.token, from, nowMs)) return refusal(203, 'Protocol Error: invalid token');
    const port = query.impliedPort ? from.port : query.port;
    if (port === 0) return refusal(203, 'Protocol Error: no port');
    const taken = this.#peers.add(query.infoHash, { host: from.host, port }, query.seed === true, nowMs);
    return taken ? {} : refusal(202);
  }

  #put(query: QueryOf<'put'>, from: PeerAddress, nowMs: number): DhtAnswer | Refusal {
    if (!this.#isToken(query.token, from, nowMs)) return refusal(203, 'Protocol Error: invalid token');
    const code = this.#items.put(query.item, query.cas, from.host, nowMs);
    return code === undefined ? {} : refusal(code);
  }

  /** Who brings a token back receives what is sent to it. */
  #isToken(token: Uint8Array, from: PeerAddress, nowMs: number): boolean {
    if (!this.#tokens.isValid(token, from.host, nowMs)) return false;
    this.#verified.add(from.host, nowMs);
    return true;
  }

  #getPeers(query: QueryOf<'get_peers'>, from: PeerAddress, room: AnswerRoom, nowMs: number): DhtAnswer {
    const { infoHash, noSeed } = query;
    const families = this.#families(query.want);
    const token = this.#token(from, room, nowMs);
    const filters = query.scrape ? this.#peers.filters(infoHash, nowMs) : undefined;
    const { seeds, downloaders } = filters !== undefined && room.takeFilters() ? filters : {};
    const stored = this.#peers.count(infoHash, noSeed);
    const count = room.takePeers(this.options.family, Math.min(MAX_PEERS, stored), families);
    const peers = count > 0 ? this.#peers.sample(infoHash, count, noSeed) : undefined;
    const nodes = this.#nodes(infoHash, families, from, room);
    return { ...nodes, token, ...(peers && { peers }), ...(seeds && { seeds, downloaders }) };
  }

  /** An item that does not fit is told of by its sequence number, as one that the asker has (BEP 44). */
  #get(query: QueryOf<'get'>, from: PeerAddress, room: AnswerRoom, nowMs: number): DhtAnswer {
    const token = this.#token(from, room, nowMs);
    const item = this.#items.get(query.target);
    const seq = item?.mutable?.seq;
    const news = item !== undefined && !(seq !== undefined && query.seq !== undefined && seq <= query.seq);
    const told = news && room.takeItem(item);
    const seqAlone = !told && seq !== undefined && room.takeSeq(seq);
    const nodes = this.#nodes(query.target, this.#families(query.want), from, room);
    return { ...nodes, token, ...(told && { item: withoutSalt(item) }), ...(seqAlone && { seq }) };
  }

  #sample(
    query: QueryOf<'sample_infohashes'>,
    from: PeerAddress,
    room: AnswerRoom,
    nowMs: number,
  ): DhtAnswer {
    const { samples, interval, stored } = this.#samples.answer(nowMs);
    const families = this.#families(query.want);
    room.takeSampleFacts(interval, stored);
    const count = room.takeSamples(samples.length, families);
    const nodes = this.#nodes(query.target, families, from, room);
    return { ...nodes, samples: samples.slice(0, count), interval, stored };
  }

  #token(from: PeerAddress, room: AnswerRoom, nowMs: number): Uint8Array {
    room.takeToken();
    return this.#tokens.issue(from.host, nowMs);
  }

  #nodes(target: Uint8Array, families: readonly IpFamily[], from: PeerAddress, room: AnswerRoom): DhtAnswer {
    const answer: { nodes?: readonly DhtContact[]; nodes6?: readonly DhtContact[] } = {};
    families.forEach((family, i) => {
      const count = room.takeNodes(family, families.length - i);
      const table = family === this.options.family ? this.options.table : this.options.other?.();
      if (count === 0 || table === undefined) return;
      answer[family === 4 ? 'nodes' : 'nodes6'] = othersThan(from, table.closest(target, count + 1), count);
    });
    return answer;
  }

  /** Of nodes to be told; ours first. */
  #families(want: Want | undefined): readonly IpFamily[] {
    const { family } = this.options;
    if (want === undefined || want.v4 === want.v6)
      return want?.v4 ? [family, family === 4 ? 6 : 4] : [family];
    return [want.v4 ? 4 : 6];
  }

  /** An answer that tells nothing. */
  #bareBytes({ transaction }: DhtQueryMessage, from: PeerAddress): number {
    const address = stringBytes(COMPACT_BYTES[familyOf(from.host)]);
    return this.#bareAnswerBytes + '2:ip'.length + address + '1:t'.length + stringBytes(transaction.length);
  }
}

function refusal(code: keyof typeof REFUSALS, text: string = REFUSALS[code]): Refusal {
  return { code, text };
}

/** Who asks knows itself. */
function othersThan(from: PeerAddress, nodes: readonly DhtContact[], count: number): readonly DhtContact[] {
  return nodes.filter(({ host, port }) => port !== from.port || host !== from.host).slice(0, count);
}

function withoutSalt({ value, mutable }: DhtItem): DhtItem {
  if (mutable?.salt === undefined) return { value, ...(mutable && { mutable }) };
  const { key, seq, signature } = mutable;
  return { value, mutable: { key, seq, signature } };
}
