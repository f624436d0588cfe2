import { bytesEqual } from '../bytes.js';
import { itemTarget, verifyItem } from '../protocol/dht/item.js';
import type { DhtAnswer, DhtItem, DhtQuery } from '../protocol/dht/messages.js';
import type { LookupPurpose } from './lookup.js';
import type { DhtLookupResult, GetOptions, PutOptions } from './node-types.js';
import type { DhtCrypto } from './ports.js';
import type { Ask } from './queries.js';
import type { Candidate } from './shortlist.js';
import { storeRound } from './store-round.js';

/** Bad signatures that one lookup looks at: 8 nodes hold an item, and each check takes a tenth of a millisecond. */
const MAX_FORGED = 32;

/** Keeps the newest item of a target that is what it should be (BEP 44). */
class ItemJudge {
  #newest: DhtItem | undefined;
  #forged = 0;

  constructor(
    readonly target: Uint8Array,
    readonly salt: Uint8Array | undefined,
    /** No newer ones are of interest. */
    readonly seq: number,
    readonly crypto: DhtCrypto,
  ) {}

  get newest(): DhtItem | undefined {
    return this.#newest;
  }

  /** @returns the item when it is newer than all before */
  judge({ value, mutable }: DhtItem): DhtItem | undefined {
    const seq = mutable?.seq ?? 0;
    if (seq <= (this.#newest?.mutable?.seq ?? this.seq) || this.#forged >= MAX_FORGED) return undefined;
    // Answers have no salt: whoever knows the target knows it.
    const item = mutable ? { value, mutable: { ...mutable, salt: this.salt } } : { value };
    const { sha1, verify } = this.crypto;
    if (bytesEqual(itemTarget(item, sha1), this.target) && verifyItem(item, verify))
      return (this.#newest = copyOf(item));
    this.#forged++;
    return undefined;
  }
}

/** Looks for an item. An immutable one is what it is, a mutable one might be newer elsewhere. */
export class GetPurpose implements LookupPurpose {
  readonly query: DhtQuery;
  readonly #judge: ItemJudge;

  constructor(
    target: Uint8Array,
    readonly options: GetOptions,
    crypto: DhtCrypto,
  ) {
    const { seq, salt } = options;
    this.query = { method: 'get', target, ...(seq !== undefined && { seq }) };
    this.#judge = new ItemJudge(target, salt, seq ?? -1, crypto);
  }

  answered(_from: Candidate, { item }: DhtAnswer): boolean {
    const news = item && this.#judge.judge(item);
    if (news) this.options.onItem?.(news);
    return news !== undefined && news.mutable === undefined;
  }

  done(result: DhtLookupResult): void {
    const { newest } = this.#judge;
    this.options.onDone?.({ ...result, ...(newest && { item: newest }) });
  }
}

/** Looks for the nodes closest to an item and stores it there; tells which newer one it has met. */
export class PutPurpose implements LookupPurpose {
  readonly query: DhtQuery;
  readonly #judge: ItemJudge;
  #cancelled = false;

  constructor(
    readonly item: DhtItem,
    readonly options: PutOptions,
    readonly ask: Ask,
    crypto: DhtCrypto,
  ) {
    const target = itemTarget(item, crypto.sha1);
    const { salt, seq } = item.mutable ?? {};
    this.query = { method: 'get', target, ...(seq !== undefined && { seq }) };
    this.#judge = new ItemJudge(target, salt, seq ?? 0, crypto);
  }

  get target(): Uint8Array {
    return this.#judge.target;
  }

  answered(_from: Candidate, { item }: DhtAnswer): boolean {
    if (item) this.#judge.judge(item);
    return false;
  }

  done(result: DhtLookupResult, closest: readonly Candidate[], nowMs: number): void {
    const { cas, onDone } = this.options;
    const { newest } = this.#judge;
    storeRound(
      closest,
      token => ({ method: 'put', token, item: this.item, ...(cas !== undefined && { cas }) }),
      this.ask,
      ({ taken, refused }) =>
        this.#cancelled ||
        onDone?.({
          ...{ ...result, storedAt: taken },
          ...(refused !== undefined && { refused }),
          ...(newest && { item: newest }),
        }),
      nowMs,
    );
  }

  cancel(): void {
    this.#cancelled = true;
  }
}

/** Of the packet that it came in nothing is kept. */
function copyOf({ value, mutable }: DhtItem): DhtItem {
  if (mutable === undefined) return { value: value.slice() };
  const { key, salt, seq, signature } = mutable;
  return {
    value: value.slice(),
    mutable: { key: key.slice(), ...(salt && { salt }), seq, signature: signature.slice() },
  };
}
