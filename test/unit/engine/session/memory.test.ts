import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../../src/engine/session/memory-budget.js';
import { ReadCache } from '../../../../src/engine/session/read-cache.js';
import { createSlotPool } from '../../../../src/workers/slots.js';

const SLOT = 16 * 1024;
const tick = () => new Promise(setImmediate);

/** Room for four slots. */
function scene() {
  const budget = new MemoryBudget(createSlotPool(0, 4 * SLOT));
  const cache = new ReadCache(budget);
  let freed = 0;
  budget.onFreed = () => freed++;
  const fill = (torrent: number, piece: number, ready = true) =>
    cache.put(torrent, piece, budget.allocate(SLOT), SLOT, ready);
  return { budget, cache, fill, freed: () => freed };
}

describe('MemoryBudget with a ReadCache', () => {
  it('throws the piece out that was used least recently when memory is asked for', () => {
    const { budget, cache, fill } = scene();
    for (let piece = 0; piece < 4; piece++) fill(1, piece);
    cache.get(1, 0);
    expect(budget.allocate(SLOT)).toBeGreaterThanOrEqual(0);
    expect([0, 1, 2, 3].map(piece => cache.get(1, piece) !== undefined)).toEqual([true, false, true, true]);
    expect(budget.usedBytes).toBe(4 * SLOT);
  });

  it('throws nothing out that is pinned or still being read', () => {
    const { budget, cache, fill } = scene();
    const pinned = fill(1, 0);
    pinned.pins++;
    const reading = fill(1, 1, false);
    fill(1, 2);
    fill(1, 3);
    expect(budget.allocate(SLOT)).toBeGreaterThanOrEqual(0);
    expect(budget.allocate(SLOT)).toBeGreaterThanOrEqual(0);
    expect(budget.allocate(SLOT)).toBe(-1);
    expect(cache.get(1, 0)).toBe(pinned);
    cache.filled(reading);
    expect(budget.allocate(SLOT)).toBe(reading.at);
  });

  it('tells once, in a turn of its own, that a refused request may be tried again', async () => {
    const { budget, fill, freed } = scene();
    budget.release(budget.allocate(SLOT));
    await tick();
    expect(freed()).toBe(0);
    const slots = Array.from({ length: 3 }, () => budget.allocate(SLOT));
    const pinned = fill(1, 0);
    pinned.pins++;
    expect(budget.allocate(SLOT)).toBe(-1);
    for (const at of slots) budget.release(at);
    expect(freed()).toBe(0);
    await tick();
    expect(freed()).toBe(1);
  });

  it('a pin that goes counts as memory that came free', async () => {
    const { budget, cache, fill, freed } = scene();
    const pieces = [0, 1, 2, 3].map(piece => fill(1, piece, false));
    expect(budget.allocate(SLOT)).toBe(-1);
    cache.filled(pieces[2]);
    await tick();
    expect(freed()).toBe(1);
    expect(budget.allocate(SLOT)).toBe(pieces[2].at);
  });

  it('a dropped piece gives its memory back when its last pin goes', () => {
    const { budget, cache, fill } = scene();
    const sent = fill(1, 0);
    sent.pins += 2;
    const idle = fill(1, 1);
    fill(2, 0);
    cache.dropTorrent(1);
    expect(cache.get(1, 0)).toBeUndefined();
    expect(cache.get(1, 1)).toBeUndefined();
    expect(cache.get(2, 0)).toBeDefined();
    expect(budget.usedBytes).toBe(2 * SLOT);
    cache.unpin(sent);
    expect(budget.usedBytes).toBe(2 * SLOT);
    cache.unpin(sent);
    expect(budget.usedBytes).toBe(SLOT);
    expect(idle.pins).toBe(0);
  });

  it('a piece that is put again replaces the old copy', () => {
    const { budget, cache, fill } = scene();
    const old = fill(1, 0);
    const fresh = fill(1, 0);
    expect(cache.get(1, 0)).toBe(fresh);
    expect(fresh.at).not.toBe(old.at);
    expect(budget.usedBytes).toBe(SLOT);
  });

  it('knows pieces of different torrents apart', () => {
    const { cache, fill } = scene();
    const a = fill(1, 5);
    const b = fill(2, 5);
    expect(cache.get(1, 5)).toBe(a);
    expect(cache.get(2, 5)).toBe(b);
    expect(cache.get(3, 5)).toBeUndefined();
  });
});
