import { describe, expect, it } from 'vitest';
import { LOST_MS, SLOW_MS, Transactions, type Waiter } from '../../../../src/engine/dht/transactions.js';
import { createRng } from '../../../../src/engine/policy/rng.js';

const to = { host: '1.2.3.4', port: 6881 };
const waiter: Waiter = { answered() {}, refused() {}, lost() {} };

function opened(sentMs = 0) {
  const transactions = new Transactions(createRng(1));
  const transaction = { to, contact: undefined, waiter, sentMs };
  return { transactions, transaction, id: transactions.open(transaction) };
}

describe('Transactions', () => {
  it('gives a question for its answer, once', () => {
    const { transactions, transaction, id } = opened();
    expect(transactions.take(id, { ...to }, 10)).toBe(transaction);
    expect(transactions.take(id, to, 10)).toBeUndefined();
    expect(transactions.size).toBe(0);
  });

  it('takes answers only from where the question went', () => {
    const { transactions, transaction, id } = opened();
    expect(transactions.take(id, { ...to, port: 6882 }, 10)).toBeUndefined();
    expect(transactions.take(id, { ...to, host: '1.2.3.5' }, 10)).toBeUndefined();
    expect(transactions.take(id.slice(1), to, 10)).toBeUndefined();
    expect(
      transactions.take(
        Uint8Array.from(id, byte => byte ^ 1),
        to,
        10,
      ),
    ).toBeUndefined();
    expect(transactions.take(id, to, 10)).toBe(transaction);
  });

  it('has ids by chance', () => {
    const { transactions, transaction } = opened();
    const ids = Array.from({ length: 64 }, () => transactions.open(transaction).join());
    expect(new Set(ids).size).toBe(64);
    const bytes = [0, 1, 2, 3].map(at => new Set(ids.map(id => id.split(',')[at])).size);
    expect(Math.min(...bytes)).toBeGreaterThan(32);
  });

  it('tells who is slow, and still takes the answer', () => {
    const { transactions, transaction, id } = opened();
    const slowMs = transactions.nextTimeout();
    expect(slowMs).toBeLessThanOrEqual(SLOW_MS);
    expect(transactions.takeSlow(slowMs - 1)).toBeUndefined();
    expect(transactions.takeSlow(slowMs)).toBe(transaction);
    expect(transactions.takeSlow(slowMs)).toBeUndefined();
    expect(transactions.nextTimeout()).toBe(LOST_MS);
    expect(transactions.take(id, to, LOST_MS - 1)).toBe(transaction);
  });

  it('gives up in the end, and an answer after that is none', () => {
    const { transactions, transaction, id } = opened();
    transactions.takeSlow(SLOW_MS);
    expect(transactions.takeLost(LOST_MS - 1)).toBeUndefined();
    expect(transactions.takeLost(LOST_MS)).toBe(transaction);
    expect(transactions.take(id, to, LOST_MS)).toBeUndefined();
    expect(transactions.nextTimeout()).toBe(Number.POSITIVE_INFINITY);
  });

  it('finds out what is slow here', () => {
    const { transactions, transaction } = opened();
    for (let i = 0; i < 50; i++) transactions.take(transactions.open(transaction), to, 20);
    expect(transactions.slowMs).toBe(250);
    for (let i = 0; i < 50; i++) transactions.take(transactions.open(transaction), to, 400 + 40 * (i % 2));
    expect(transactions.slowMs).toBeGreaterThan(420);
    expect(transactions.slowMs).toBeLessThan(700);
    for (let i = 0; i < 50; i++) transactions.take(transactions.open(transaction), to, 4000);
    expect(transactions.slowMs).toBe(SLOW_MS);
  });
});
