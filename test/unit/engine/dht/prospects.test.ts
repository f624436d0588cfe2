import { describe, expect, it } from 'vitest';
import { Prospects } from '../../../../src/engine/dht/prospects.js';
import type { Waiter } from '../../../../src/engine/dht/transactions.js';
import type { PeerAddress } from '../../../../src/engine/ids.js';

const address = (i: number): PeerAddress => ({ host: `20.0.${i >> 8}.${i & 255}`, port: 6881 });
const response = {
  type: 'response',
  transaction: new Uint8Array(1),
  id: new Uint8Array(20),
  answer: {},
} as const;

function world() {
  const asked: { to: PeerAddress; waiter: Waiter }[] = [];
  const prospects = new Prospects(
    (to, _contact, _query, waiter) => asked.push({ to, waiter }) > 0,
    () => ({ method: 'ping' }),
  );
  return { asked, prospects };
}

describe('Prospects', () => {
  it('asks eight at a time, whoever is next when one answers, refuses or is slow', () => {
    const { asked, prospects } = world();
    for (let i = 0; i < 100; i++) prospects.add(address(i), undefined, 0);
    prospects.advance(0);
    expect(asked).toHaveLength(8);
    expect(prospects.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
    asked[0].waiter.answered(response, 1);
    asked[1].waiter.refused({ type: 'error', transaction: new Uint8Array(1), code: 201, text: '' }, 1);
    asked[2].waiter.slow!(1);
    expect(prospects.nextTimeout()).toBeLessThanOrEqual(1);
    prospects.advance(1);
    expect(asked.map(({ to }) => to)).toEqual(Array.from({ length: 11 }, (_, i) => address(i)));
  });

  it('asks nobody twice at a time', () => {
    const { asked, prospects } = world();
    for (let i = 0; i < 3; i++) {
      prospects.add(address(1), undefined, 0);
      prospects.advance(0);
    }
    expect(asked).toHaveLength(1);
    expect(prospects.idle).toBe(false);
    asked[0].waiter.answered(response, 1);
    expect(prospects.idle).toBe(true);
  });

  it('leaves those in peace for five minutes who did not answer, unless we have a reason of our own', () => {
    const { asked, prospects } = world();
    const ask = (nowMs: number, again = false) => {
      prospects.add(address(1), undefined, nowMs, again);
      prospects.advance(nowMs);
      return asked.length;
    };
    ask(0);
    asked[0].waiter.slow!(1000);
    asked[0].waiter.lost(5000);
    expect(ask(5000 + 299_999)).toBe(1);
    expect(ask(5000 + 299_999, true)).toBe(2);
    asked[1].waiter.answered(response, 305_000);
    expect(ask(5000 + 300_000)).toBe(3);
  });

  it('is bounded', () => {
    const { asked, prospects } = world();
    for (let i = 0; i < 5000; i++) prospects.add(address(i), undefined, 0);
    prospects.advance(0);
    for (let at = 0; at < asked.length; at++) {
      asked[at].waiter.answered(response, 1);
      prospects.advance(1);
    }
    expect(asked).toHaveLength(512);
  });
});
