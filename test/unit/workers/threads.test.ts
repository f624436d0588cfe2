import { describe, expect, it } from 'vitest';
import { CONTROL_AT, CONTROL_BYTES } from '../../../src/workers/layout.js';
import { claimArea, ownersView, releaseAreas } from '../../../src/workers/threads.js';

const table = (areas: number) => ownersView(new SharedArrayBuffer(CONTROL_AT + CONTROL_BYTES), areas);

describe('work areas of threads', () => {
  it('are each given to one thread, never area 0', () => {
    const owners = table(4);
    expect([7, 8, 9].map(id => claimArea(owners, id))).toEqual([1, 2, 3]);
    expect(() => claimArea(owners, 10)).toThrow('no work area is left for thread 10: all 3 are taken');
  });

  it('come back when their thread has ended', () => {
    const owners = table(4);
    for (const id of [7, 8, 9]) claimArea(owners, id);
    releaseAreas(owners, id => id !== 8);
    expect(claimArea(owners, 11)).toBe(2);
    expect([...owners]).toEqual([0, 7, 11, 9]);
  });
});
