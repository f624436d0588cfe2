import { describe, expect, it } from 'vitest';
import {
  CONTROL_AT,
  CONTROL_BYTES,
  digestsAt,
  MAX_THREADS,
  planLayout,
  RECEIVE_BYTES,
  scratchAt,
  WASM_PAGE_BYTES,
} from '../../../src/workers/layout.js';

const MiB = 1024 * 1024;

describe('memory layout', () => {
  it('puts the regions behind each other without overlap', () => {
    const layout = planLayout(3, 5 * MiB, 9 * MiB);
    const areas = Array.from({ length: layout.areas }, (_, area) => area);
    const starts = [0, CONTROL_AT, ...areas.flatMap(area => [scratchAt(area), digestsAt(area)])];
    starts.push(layout.receiveAt, layout.tablesAt, layout.slotsAt, layout.totalBytes);
    expect(starts).toEqual([...starts].sort((a, b) => a - b));
    expect(new Set(starts).size).toBe(starts.length);
    expect(scratchAt(0)).toBeGreaterThanOrEqual(CONTROL_AT + CONTROL_BYTES);
    expect(digestsAt(layout.areas - 1) + 128).toBeLessThanOrEqual(layout.receiveAt);
    expect(layout.tablesAt - layout.receiveAt).toBe(RECEIVE_BYTES);
    expect(layout.slotsAt - layout.tablesAt).toBeGreaterThanOrEqual(5 * MiB);
    expect(layout.totalBytes - layout.slotsAt).toBeGreaterThanOrEqual(9 * MiB);
    expect(layout.totalBytes % WASM_PAGE_BYTES).toBe(0);
    for (const area of areas) expect(scratchAt(area) % 16).toBe(0);
  });

  it('has an area for the event loop and two a worker', () => {
    expect(planLayout(0, 0, MiB).areas).toBe(1);
    expect(planLayout(4, 0, MiB).areas).toBe(9);
    expect(planLayout(MAX_THREADS, 0, MiB).areas * 4).toBeLessThanOrEqual(CONTROL_BYTES);
  });

  it('refuses what does not fit, with the bounds', () => {
    expect(() => planLayout(-1, 0, MiB)).toThrow('threads is -1, must be 0 to 256');
    expect(() => planLayout(1.5, 0, MiB)).toThrow(RangeError);
    expect(() => planLayout(1, Number.NaN, MiB)).toThrow(RangeError);
    expect(() => planLayout(1, 0, 1000)).toThrow('budgetBytes is 1000, must be 16384 to 4294967296');
    expect(() => planLayout(1, 0, 4096 * MiB)).toThrow('must be at most 4294967296');
  });
});
