import { expect, it } from 'vitest';
import { SenderLimit } from '../../../../src/engine/policy/sender-limit.js';

it('a sender is listened to so often, and again after the time', () => {
  const limit = new SenderLimit(2, 100, 1000);
  const three = (nowMs: number) => [1, 2, 3].map(() => limit.allows('a', nowMs));
  expect(three(0)).toEqual([true, true, false]);
  expect(limit.allows('b', 999)).toBe(true);
  expect(three(999)).toEqual([false, false, false]);
  expect(three(1000)).toEqual([true, true, false]);
});

it('so are all of them, who are not remembered beyond that', () => {
  const limit = new SenderLimit(10, 50, 1000);
  const allowed = Array.from({ length: 1000 }, (_, i) => limit.allows(`sender ${i}`, 5)).filter(yes => yes);
  expect(allowed).toHaveLength(50);
  expect(limit.allows('sender 0', 1005)).toBe(true);
});
