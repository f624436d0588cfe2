import { formatAddress, type PeerAddress } from '../ids.js';
import { classifyHost } from '../policy/peer-list-address.js';
import type { DhtAnswer } from '../protocol/dht/messages.js';
import type { LookupPurpose } from './lookup.js';
import type { DhtLookupResult, GetPeersOptions } from './node-types.js';
import { mayTellOf } from './place.js';
import type { Ask } from './queries.js';
import type { Candidate } from './shortlist.js';
import { storeRound } from './store-round.js';

/** Different peers that one lookup tells of, whoever invents them. */
const MAX_PEERS = 2000;

/** Looks for peers of a torrent, and tells the closest nodes of us when that is wanted (BEP 5, 33). */
export class PeersPurpose implements LookupPurpose {
  readonly query;
  readonly #told = new Set<string>();
  #seeds: Uint8Array | undefined;
  #downloaders: Uint8Array | undefined;
  #cancelled = false;

  constructor(
    readonly infoHash: Uint8Array,
    readonly options: GetPeersOptions,
    readonly ask: Ask,
  ) {
    const { noSeed, scrape } = options;
    this.query = {
      ...({ method: 'get_peers', infoHash } as const),
      ...(noSeed && { noSeed }),
      ...(scrape && { scrape }),
    };
  }

  answered(from: Candidate, { peers, seeds, downloaders }: DhtAnswer): boolean {
    this.#seeds = union(this.#seeds, seeds);
    this.#downloaders = union(this.#downloaders, downloaders);
    const news = peers?.filter(peer => this.#isNew(peer, from)) ?? [];
    if (news.length > 0) this.options.onPeers?.(news);
    return false;
  }

  done(result: DhtLookupResult, closest: readonly Candidate[], nowMs: number): void {
    const { announce, onDone } = this.options;
    const all = {
      ...{ ...result, peers: this.#told.size },
      ...(this.#seeds && { seeds: this.#seeds }),
      ...(this.#downloaders && { downloaders: this.#downloaders }),
    };
    if (announce === undefined) {
      onDone?.({ ...all, announcedTo: 0 });
      return;
    }
    const { port, implied, seed } = announce;
    storeRound(
      closest,
      token => ({
        ...{ method: 'announce_peer', infoHash: this.infoHash, port, token },
        ...(implied && { impliedPort: true }),
        ...(seed && { seed }),
      }),
      this.ask,
      ({ taken }) => this.#cancelled || onDone?.({ ...all, announcedTo: taken }),
      nowMs,
    );
  }

  cancel(): void {
    this.#cancelled = true;
  }

  #isNew(peer: PeerAddress, from: Candidate): boolean {
    const key = formatAddress(peer);
    if (this.#told.has(key) || this.#told.size >= MAX_PEERS) return false;
    if (classifyHost(peer.host) === 'unusable' || !mayTellOf(from, peer.host)) return false;
    this.#told.add(key);
    return true;
  }
}

/** Of Bloom filters, which is what adding up means for them. */
function union(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  return a && b ? a.map((byte, i) => byte | b[i]) : (a ?? b?.slice());
}
