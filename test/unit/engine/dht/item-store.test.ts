import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/engine/bytes.js';
import { compareDistance } from '../../../../src/engine/dht/distance.js';
import { ItemStore, type ItemStoreLimits } from '../../../../src/engine/dht/item-store.js';
import { createRng } from '../../../../src/engine/policy/rng.js';
import { itemTarget } from '../../../../src/engine/protocol/dht/item.js';
import type { DhtItem } from '../../../../src/engine/protocol/dht/messages.js';
import { sha1 } from '../../../../src/engine/protocol/digest.js';

const HOUR = 3600_000;
const HOST = '192.0.2.1';
const OWN_ID = new Uint8Array(20).fill(0x80);

/** A signature is right when it begins as the key does. */
const crypto = {
  sha1,
  verify: (key: Uint8Array, _: Uint8Array, signature: Uint8Array) => key[0] === signature[0],
};
const store = (limits: Partial<ItemStoreLimits> = {}) =>
  new ItemStore(createRng(5), crypto, () => OWN_ID, limits);

const immutable = (n: number): DhtItem => ({ value: utf8(`i${n}e`) });
const mutable = (n: number, seq: number, salt?: Uint8Array, signer = 1): DhtItem => ({
  value: utf8(`i${n}e`),
  mutable: {
    key: new Uint8Array(32).fill(1),
    seq,
    signature: new Uint8Array(64).fill(signer),
    ...(salt && { salt }),
  },
});
const target = (item: DhtItem) => itemTarget(item, sha1);

describe('items', () => {
  it('are there until two hours after they were put last', () => {
    const items = store();
    items.put(immutable(1), undefined, HOST, 0);
    items.put(mutable(2, 1), undefined, HOST, 0);
    items.put(mutable(2, 1), undefined, '192.0.2.9', HOUR);
    items.expire(2 * HOUR - 1);
    expect(items.get(target(immutable(1)))).toEqual(immutable(1));
    items.expire(2 * HOUR);
    expect(items.get(target(immutable(1)))).toBeUndefined();
    expect(items.get(target(mutable(2, 1)))).toEqual(mutable(2, 1));
    items.expire(3 * HOUR);
    expect([items.size, items.visitors]).toEqual([0, 0]);
  });

  it('are replaced by newer ones only', () => {
    const items = store();
    const put = (n: number, seq: number, cas?: number) => items.put(mutable(n, seq), cas, HOST, 0);
    const value = () => items.get(target(mutable(0, 0)))?.value;
    expect(put(1, 5)).toBeUndefined();
    expect(put(2, 4)).toBe(302);
    expect(put(2, 5)).toBe(302);
    expect(put(1, 5)).toBeUndefined();
    expect(value()).toEqual(utf8('i1e'));
    expect(put(3, 7, 4)).toBe(301);
    expect(put(3, 7, 5)).toBeUndefined();
    expect(value()).toEqual(utf8('i3e'));
    expect(items.size).toBe(1);
  });

  it('of one key are different by their salt', () => {
    const items = store();
    items.put(mutable(1, 1), undefined, HOST, 0);
    items.put(mutable(2, 1, utf8('salt')), undefined, HOST, 0);
    expect(items.size).toBe(2);
    expect(items.get(target(mutable(0, 0, utf8('salt'))))?.value).toEqual(utf8('i2e'));
  });

  it('are not taken with a wrong signature, nor what is no value', () => {
    const items = store();
    expect(items.put(mutable(1, 1, undefined, 2), undefined, HOST, 0)).toBe(206);
    expect(items.put({ value: utf8('5:four') }, undefined, HOST, 0)).toBe(203);
    expect([items.size, items.visitors]).toEqual([0, 0]);
    items.put(mutable(1, 1), undefined, HOST, 0);
    expect(items.put(mutable(9, 2, undefined, 2), undefined, HOST, 0)).toBe(206);
    expect(items.get(target(mutable(0, 0)))?.value).toEqual(utf8('i1e'));
  });

  it('are copied out of the packet', () => {
    const items = store();
    const item = mutable(1, 1, utf8('salt'));
    const at = target(item);
    items.put(item, undefined, HOST, 0);
    for (const bytes of [item.value, item.mutable!.key, item.mutable!.salt!, item.mutable!.signature])
      bytes.fill(0);
    expect(items.get(at)).toEqual(mutable(1, 1, utf8('salt')));
  });

  it('give way when there are too many: those that are far from us', () => {
    const items = store({ items: 50, visitorItems: 1e6 });
    const all = Array.from({ length: 1000 }, (_, n) => immutable(n));
    for (const item of all) expect(items.put(item, undefined, HOST, 0)).toBeUndefined();
    expect(items.size).toBe(50);
    const rank = all
      .sort((a, b) => compareDistance(OWN_ID, target(a), target(b)))
      .flatMap((item, i) => (items.get(target(item)) ? [i] : []));
    expect(rank.reduce((a, b) => a + b) / rank.length).toBeLessThan(200);
  });

  it('of one address are 64, unless it is a local one', () => {
    const items = store();
    const put = (n: number, host: string) => items.put(immutable(n), undefined, host, 0);
    for (let n = 0; n < 64; n++) expect(put(n, HOST)).toBeUndefined();
    expect(put(64, HOST)).toBe(202);
    expect(put(63, HOST)).toBeUndefined();
    expect(put(64, '192.0.2.2')).toBeUndefined();
    for (let n = 100; n < 500; n++) expect(put(n, '127.0.0.1')).toBeUndefined();
  });
});
