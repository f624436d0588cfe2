import { describe, expect, it } from 'vitest';
import { createSlotPool } from '../../../src/workers/slots.js';

const KiB = 1024;

describe('slot pool', () => {
  it('gives the lowest address first, in steps of 16 KiB', () => {
    const slots = createSlotPool(64 * KiB, 256 * KiB);
    expect([slots.allocate(1), slots.allocate(17 * KiB), slots.allocate(16 * KiB)]).toEqual([
      64 * KiB,
      80 * KiB,
      112 * KiB,
    ]);
    expect(slots.usedBytes).toBe(64 * KiB);
    slots.release(80 * KiB);
    expect(slots.allocate(16 * KiB)).toBe(80 * KiB);
  });

  it('answers -1 when the budget is used up, and recovers', () => {
    const slots = createSlotPool(0, 64 * KiB);
    expect(slots.allocate(65 * KiB)).toBe(-1);
    const at = slots.allocate(64 * KiB);
    expect(slots.allocate(1)).toBe(-1);
    expect(slots.usedBytes).toBe(slots.budgetBytes);
    slots.release(at);
    expect(slots.usedBytes).toBe(0);
    expect(slots.allocate(64 * KiB)).toBe(at);
  });

  it('refuses a second release', () => {
    const slots = createSlotPool(0, 64 * KiB);
    const at = slots.allocate(1);
    slots.release(at);
    expect(() => slots.release(at)).toThrow(RangeError);
  });
});
