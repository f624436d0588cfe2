import { describe, expect, it } from 'vitest';
import { loadBench } from './load.js';

const { alternate } = await loadBench('lib/pairs.mjs');

describe('alternate', () => {
  it('runs A B A B and throws the warm-up away', async () => {
    const order: string[] = [];
    let runs = 0;
    const variant = (name: string) => async () => {
      order.push(name);
      return ++runs;
    };
    const rounds = await alternate({ a: variant('a'), b: variant('b') }, { samples: 2, warm: 1 });
    expect(order.join('')).toBe('ababab');
    expect(rounds.rounds).toEqual([
      { a: 3, b: 4 },
      { a: 5, b: 6 },
    ]);
    expect(rounds.samples).toBe(2);
  });

  it('takes ratios within a round', async () => {
    const [a, b] = [
      [10, 200, 30],
      [1, 100, 10],
    ];
    const next = (values: number[]) => {
      let i = 0;
      return () => values[i++];
    };
    const rounds = await alternate({ a: next(a), b: next(b) }, { samples: 3, warm: 0 });
    const same = (value: number) => value;
    expect(rounds.ratio('a', 'b', same)).toEqual({ median: 3, min: 2, max: 10, samples: 3 });
    expect(rounds.summary('b', same).median).toBe(10);
    expect(rounds.perRound((round: { a: number; b: number }) => round.a + round.b).max).toBe(300);
  });

  it('stops between runs when it is aborted', async () => {
    const controller = new AbortController();
    const order: string[] = [];
    const variants = {
      a: () => {
        order.push('a');
        controller.abort();
      },
      b: () => void order.push('b'),
    };
    await expect(alternate(variants, { samples: 3, signal: controller.signal })).rejects.toThrow(/abort/i);
    expect(order).toEqual(['a']);
  });

  it('goes on without a variant that took itself out', async () => {
    const variants: Record<string, () => number | undefined> = {
      a: () => 1,
      b: () => {
        delete variants.b;
        return undefined;
      },
    };
    const { rounds } = await alternate(variants, { samples: 2, warm: 0 });
    expect(rounds).toEqual([{ a: 1, b: undefined }, { a: 1 }]);
  });
});
