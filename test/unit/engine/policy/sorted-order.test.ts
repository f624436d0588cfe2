import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sortedOrder } from '../../../../src/engine/policy/sorted-order.js';

function run<T>(steps: Generator<void, T>): { readonly value: T; readonly yields: number } {
  for (let yields = 0; ; yields++) {
    const { done, value } = steps.next();
    if (done) return { value, yields };
  }
}

it('is the order of a stable sort', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20), { maxLength: 200 }), keys => {
      const expected = keys.map((_, index) => index).sort((a, b) => keys[a] - keys[b] || a - b);
      expect([...run(sortedOrder(keys.length, (a, b) => keys[a] > keys[b])).value]).toEqual(expected);
    }),
  );
});

it('yields every few thousand steps', () => {
  const count = 2 ** 14;
  const { yields } = run(sortedOrder(count, (a, b) => a < b));
  expect(yields).toBe((count * 14) / 4096);
});
