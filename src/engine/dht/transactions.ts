import { readU32, writeU32 } from '../bytes.js';
import type { PeerAddress } from '../ids.js';
import type { Rng } from '../policy/rng.js';
import type { DhtContact, DhtErrorMessage, DhtResponseMessage } from '../protocol/dht/messages.js';

/** Who waits is told then to ask somebody else meanwhile. As libtorrent's (src/kademlia/rpc_manager.cpp), or less: */
export const SLOW_MS = 1000;

/** where answers come fast, so long as TCP would wait before it sends again (RFC 6298), but no less than this. */
const LEAST_SLOW_MS = 250;

/** An answer is no longer waited for then. Few that take longer than this come at all. */
export const LOST_MS = 5000;

/** Queries without an answer yet; lookups at work need some hundred. */
const MAX_TRANSACTIONS = 1024;

/** 4 bytes, so that an answer is not easily guessed by whoever can send from any address. */
const ID_BYTES = 4;

/** Whoever asked: exactly one of `answered`, `refused` and `lost` is called, and perhaps `slow` before. */
export interface Waiter {
  answered(response: DhtResponseMessage, nowMs: number): void;
  refused(error: DhtErrorMessage, nowMs: number): void;
  slow?(nowMs: number): void;
  lost(nowMs: number): void;
}

export interface Transaction {
  readonly to: PeerAddress;
  /** Who should answer; undefined when only the address is known. */
  readonly contact: DhtContact | undefined;
  readonly waiter: Waiter;
  readonly sentMs: number;
}

/** Queries under way. Both waits are the same for all, so the order in which they were sent is that of their ends. */
export class Transactions {
  readonly #fresh = new Map<number, Transaction>();
  readonly #slow = new Map<number, Transaction>();

  /** Smoothed round-trip time and its deviation, of all nodes together. */
  #roundTripMs = SLOW_MS / 3;
  #deviationMs = SLOW_MS / 6;

  constructor(readonly rng: Rng) {}

  get slowMs(): number {
    const usualMs = Math.ceil(this.#roundTripMs + 4 * this.#deviationMs);
    return Math.min(SLOW_MS, Math.max(LEAST_SLOW_MS, usualMs));
  }

  get size(): number {
    return this.#fresh.size + this.#slow.size;
  }

  get full(): boolean {
    return this.size >= MAX_TRANSACTIONS;
  }

  /** @returns its id */
  open(transaction: Transaction): Uint8Array {
    let key: number;
    do key = this.rng.u32();
    while (this.#fresh.has(key) || this.#slow.has(key));
    this.#fresh.set(key, transaction);
    const id = new Uint8Array(ID_BYTES);
    writeU32(id, 0, key);
    return id;
  }

  /** What an answer from this address is for. Once. */
  take(id: Uint8Array, from: PeerAddress, nowMs: number): Transaction | undefined {
    if (id.length !== ID_BYTES) return undefined;
    const key = readU32(id, 0);
    const transaction = this.#fresh.get(key) ?? this.#slow.get(key);
    if (transaction?.to.port !== from.port || transaction.to.host !== from.host) return undefined;
    if (!this.#fresh.delete(key)) this.#slow.delete(key);
    const roundTripMs = nowMs - transaction.sentMs;
    this.#deviationMs += (Math.abs(roundTripMs - this.#roundTripMs) - this.#deviationMs) / 4;
    this.#roundTripMs += (roundTripMs - this.#roundTripMs) / 8;
    return transaction;
  }

  nextTimeout(): number {
    const [fresh, slow] = [first(this.#fresh), first(this.#slow)];
    return Math.min(
      fresh === undefined ? Number.POSITIVE_INFINITY : fresh[1].sentMs + this.slowMs,
      slow === undefined ? Number.POSITIVE_INFINITY : slow[1].sentMs + LOST_MS,
    );
  }

  /** One that has just become slow. */
  takeSlow(nowMs: number): Transaction | undefined {
    const entry = first(this.#fresh);
    if (entry === undefined || nowMs < entry[1].sentMs + this.slowMs) return undefined;
    this.#fresh.delete(entry[0]);
    this.#slow.set(...entry);
    return entry[1];
  }

  /** One that nobody waits for any longer. */
  takeLost(nowMs: number): Transaction | undefined {
    const entry = first(this.#slow);
    if (entry === undefined || nowMs < entry[1].sentMs + LOST_MS) return undefined;
    this.#slow.delete(entry[0]);
    return entry[1];
  }
}

function first(map: Map<number, Transaction>): [number, Transaction] | undefined {
  for (const entry of map) return entry;
  return undefined;
}
