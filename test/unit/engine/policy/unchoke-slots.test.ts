import { describe, expect, it } from 'vitest';
import { slotsByRate, slotsByTurns } from '../../../../src/engine/policy/unchoke-slots.js';
import { MAX_TURN_MS, UploadTurns } from '../../../../src/engine/policy/upload-turns.js';

describe('slots by rate', () => {
  it('is one more than the peers that are sent 1024 + 2048 n bytes a second', () => {
    expect(slotsByRate([])).toBe(1);
    expect(slotsByRate([1023])).toBe(1);
    expect(slotsByRate([1024])).toBe(2);
    expect(slotsByRate([3072, 1024])).toBe(2); // the second one needs 3072
    expect(slotsByRate([0, 3072, 9000])).toBe(3);
    expect(slotsByRate(new Array(100).fill(50_000))).toBe(25);
  });
});

describe('slots by turns', () => {
  it('is as many pieces as are sent in 10 s', () => {
    expect(slotsByTurns([], 1000)).toBe(0);
    expect(slotsByTurns([60, 39], 1000)).toBe(0);
    expect(slotsByTurns([60, 40], 1000)).toBe(1);
    expect(slotsByTurns([2e6], 262_144)).toBe(76);
  });
});

describe('a turn', () => {
  it('is the peer’s until it waits for another piece, or for too long', () => {
    const turns = new UploadTurns();
    expect(turns.holds(1, 5, 0)).toBe(false);
    turns.begin(1, 5, 100);
    expect(turns.holds(1, 5, 100 + MAX_TURN_MS - 1)).toBe(true);
    expect(turns.holds(1, 5, 100 + MAX_TURN_MS)).toBe(false);
    expect(turns.holds(1, 6, 100)).toBe(false);
    expect(turns.holds(2, 5, 100)).toBe(false);
  });
});
