import { bytesEqual } from '../bytes.js';
import type { Rng } from '../policy/rng.js';
import { isItemValue, itemTarget, verifyItem } from '../protocol/dht/item.js';
import type { DhtItem } from '../protocol/dht/messages.js';
import { byteKey } from './byte-key.js';
import { compareDistance } from './distance.js';
import type { DhtCrypto } from './ports.js';
import { RandomMap } from './random-map.js';
import { Shares } from './shares.js';

export interface ItemStoreLimits {
  /** Some 2.5 MB when each is as large as it may be; libtorrent keeps 700 (`dht_max_dht_items`). */
  readonly items: number;
  /** Of one visitor. */
  readonly visitorItems: number;
}

const LIMITS: ItemStoreLimits = { items: 2000, visitorItems: 64 };

/** Items are put again every hour, and forgotten after two (BEP 44). */
const ITEM_LIFETIME_MS = 2 * 3600_000;

/** Items drawn when one has to give way. */
const DRAWN = 8;

/** Why an item is not taken: 202 when too much is stored for who puts it and 203 when it is none (BEP 5), else BEP 44. */
export type ItemRefusal = 202 | 203 | 206 | 301 | 302;

interface StoredItem {
  readonly target: Uint8Array;
  readonly item: DhtItem;
  /** Who put it first, whose share it fills. */
  readonly host: string;
  readonly atMs: number;
}

/** Values that were put to this node, immutable and mutable ones (BEP 44). */
export class ItemStore {
  readonly #items = new RandomMap<StoredItem>();
  readonly #shares: Shares;
  readonly #limits: ItemStoreLimits;

  constructor(
    readonly rng: Rng,
    readonly crypto: DhtCrypto,
    readonly ownId: () => Uint8Array,
    limits: Partial<ItemStoreLimits> = {},
  ) {
    this.#limits = { ...LIMITS, ...limits };
    this.#shares = new Shares(this.#limits.visitorItems);
  }

  get size(): number {
    return this.#items.size;
  }

  get visitors(): number {
    return this.#shares.size;
  }

  get(target: Uint8Array): DhtItem | undefined {
    return this.#items.get(byteKey(target))?.item;
  }

  /**
   * Sizes are the codec's to check.
   * @param cas the sequence number that the item to be replaced must have
   * @returns undefined when the item was taken
   */
  put(item: DhtItem, cas: number | undefined, host: string, nowMs: number): ItemRefusal | undefined {
    if (!isItemValue(item.value)) return 203;
    const target = itemTarget(item, this.crypto.sha1);
    const key = byteKey(target);
    const known = this.#items.get(key);
    if (known === undefined && !this.#shares.hasRoom(host)) return 202;
    const refusal = known === undefined ? undefined : refusalBy(known.item, item, cas);
    if (refusal !== undefined) return refusal;
    // Last, since it takes longest: 0.1 ms.
    if (!verifyItem(item, this.crypto.verify)) return 206;
    if (known === undefined) {
      if (this.#items.size >= this.#limits.items) this.#dropFar();
      this.#shares.take(host);
    }
    const kept = known !== undefined && sameValue(known.item, item) ? known.item : copied(item);
    this.#items.set(key, { target, item: kept, host: known?.host ?? host, atMs: nowMs });
    return undefined;
  }

  /** Forgets what was not put again in time. */
  expire(nowMs: number): void {
    this.#items.deleteWhere(({ host, atMs }) => {
      const gone = nowMs - atMs >= ITEM_LIFETIME_MS;
      if (gone) this.#shares.giveBack(host);
      return gone;
    });
  }

  /** Other nodes, which are closer to it, have what is far from us as well. */
  #dropFar(): void {
    const id = this.ownId();
    const far = this.#items.leastOfSome(
      DRAWN,
      this.rng,
      (a, b) => compareDistance(id, a.target, b.target) > 0,
    );
    this.#shares.giveBack(this.#items.get(far)!.host);
    this.#items.delete(far);
  }
}

/** An immutable item under the same target is the same, and only its time counts anew. */
function refusalBy(known: DhtItem, item: DhtItem, cas: number | undefined): ItemRefusal | undefined {
  if (known.mutable === undefined || item.mutable === undefined) return undefined;
  if (cas !== undefined && cas !== known.mutable.seq) return 301;
  if (item.mutable.seq < known.mutable.seq) return 302;
  return item.mutable.seq === known.mutable.seq && !sameValue(known, item) ? 302 : undefined;
}

function sameValue(a: DhtItem, b: DhtItem): boolean {
  return a.mutable?.seq === b.mutable?.seq && bytesEqual(a.value, b.value);
}

/** The packet it came in does not last. */
function copied({ value, mutable }: DhtItem): DhtItem {
  if (mutable === undefined) return { value: value.slice() };
  const { key, salt, seq, signature } = mutable;
  return {
    value: value.slice(),
    mutable: { key: key.slice(), ...(salt && { salt: salt.slice() }), seq, signature: signature.slice() },
  };
}
