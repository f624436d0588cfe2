import { expect, it } from 'vitest';
import { LoopDelay } from '../../../../src/daemon/metrics/loop-delay.js';

it('tells how late its looks were, of the last 10 to 20 s', () => {
  let nowMs = 0;
  const delay = new LoopDelay(() => nowMs);
  const look = (lateMs: number) => {
    nowMs += 50 + lateMs;
    delay.look();
  };
  expect(delay.summary()).toEqual({ p50Ms: 0, p99Ms: 0, maxMs: 0 });
  for (let i = 0; i < 96; i++) look(1);
  for (let i = 0; i < 3; i++) look(300);
  const { p50Ms, p99Ms, maxMs } = delay.summary();
  expect(p50Ms).toBeCloseTo(1, 1);
  expect(p99Ms).toBeCloseTo(300, -1);
  expect(maxMs).toBeCloseTo(300, -1);
  // remembered in the window that follows, forgotten in the one after it
  while (nowMs < 19_000) look(0);
  expect(delay.summary().maxMs).toBeCloseTo(300, -1);
  while (nowMs < 31_000) look(0);
  expect(delay.summary().maxMs).toBeLessThan(1);
});
