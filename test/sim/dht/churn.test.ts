import { describe, expect, it } from 'vitest';
import { ChurningNetwork } from '../../../src/sim/dht/churning-network.js';

const MINUTE = 60_000;

const create = (seed: number) =>
  new ChurningNetwork({
    ...{ seed, nodes: 20, stable: 4, loss: 0.01 },
    ...{ departureMs: 2 * MINUTE, announceMs: 20_000, torrents: 20 },
  });

describe('a network of 20 nodes of which 30 an hour leave', () => {
  it('finds what was announced, and everybody keeps little', () => {
    const { searches, found, most } = create(1).runUntil(45 * MINUTE);
    expect(searches).toBeGreaterThan(50);
    expect(found / searches).toBeGreaterThan(0.98);
    expect(most.table).toBeGreaterThan(10);
    expect(most).toMatchObject({ transactions: expect.any(Number), lookups: 0 });
    for (const [name, count] of Object.entries(most)) expect(count, name).toBeLessThan(150);
  });

  it('is the same with the same seed', () => {
    const figures = (seed: number) => JSON.stringify(create(seed).runUntil(12 * MINUTE));
    expect(figures(1)).toBe(figures(1));
    expect(figures(2)).not.toBe(figures(1));
  });
});
