/** The heap against a plain list of deadlines. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DeadlineHeap } from '../../../src/sim/piece/deadline-heap.js';

const ITEMS = 40;

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ item: fc.nat(ITEMS - 1), atMs: fc.nat(60) }) },
  { weight: 1, arbitrary: fc.record({ item: fc.nat(ITEMS - 1), atMs: fc.constant(undefined) }) },
);

it('has the nearest deadline on top, whatever is set, changed and removed', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), steps => {
      const heap = new DeadlineHeap();
      const deadlines = new Map<number, number>();
      for (const { item, atMs } of steps) {
        if (atMs === undefined) {
          heap.remove(item);
          deadlines.delete(item);
        } else {
          heap.set(item, atMs);
          deadlines.set(item, atMs);
        }
        expect(heap.size).toBe(deadlines.size);
        expect(heap.nextMs).toBe(Math.min(Number.POSITIVE_INFINITY, ...deadlines.values()));
        if (heap.size > 0) expect(deadlines.get(heap.next)).toBe(heap.nextMs);
      }
      for (const atMs of [...deadlines.values()].sort((a, b) => a - b)) {
        expect(heap.nextMs).toBe(atMs);
        heap.remove(heap.next);
      }
      expect(heap.size).toBe(0);
    }),
  );
});

it('grows beyond its first place', () => {
  const heap = new DeadlineHeap();
  for (let atMs = 5000; atMs > 0; atMs--) heap.set(3 * atMs, atMs);
  for (let atMs = 1; atMs <= 5000; atMs++) {
    expect([heap.next, heap.nextMs]).toEqual([3 * atMs, atMs]);
    heap.remove(heap.next);
  }
});

it('what takes the place of one that is removed goes up as well as down', () => {
  const heap = new DeadlineHeap();
  // in heap order, four children each: the last one is earlier than the parent of the one that goes
  const deadlines = [0, 100, 1, 50, 51, 101, 102, 103, 104, 2, 3, 4, 5];
  for (const [item, atMs] of deadlines.entries()) heap.set(item, atMs);
  heap.remove(5);
  for (const atMs of deadlines.filter(atMs => atMs !== 101).sort((a, b) => a - b)) {
    expect(heap.nextMs).toBe(atMs);
    heap.remove(heap.next);
  }
});
