import { describe, expect, it } from 'vitest';
import { Availability } from '../../../../src/engine/policy/availability.js';
import { BACKENDS } from './kernels-under-test.js';

describe.each(BACKENDS)('availability on $name kernels', backend => {
  const make = (pieces: number) => {
    const { kernels, heap } = backend.make();
    const bitsAt = heap.allocate(Math.ceil(pieces / 8));
    new Uint8Array(kernels.buffer)[bitsAt] = 0b1010_0000;
    return { availability: new Availability(kernels, heap.allocate(2 * pieces), pieces), bitsAt };
  };
  const counts = (a: Availability) => Array.from({ length: a.pieceCount }, (_, piece) => a.of(piece));

  it('counts ordinary peers, haves and seeds', () => {
    const { availability, bitsAt } = make(4);
    availability.addPeer(bitsAt);
    availability.addHave(1);
    availability.addSeed();
    expect(counts(availability)).toEqual([2, 2, 2, 1]);
    expect([availability.peers, availability.seeds]).toEqual([2, 1]);
    availability.removePeer(bitsAt);
    availability.removeSeed();
    expect(counts(availability)).toEqual([0, 1, 0, 0]);
  });

  it('a seed that loses pieces becomes an ordinary peer', () => {
    const { availability, bitsAt } = make(4);
    availability.addSeed();
    availability.breakSeed(bitsAt);
    expect(counts(availability)).toEqual([1, 0, 1, 0]);
    expect([availability.peers, availability.seeds]).toEqual([1, 0]);
    availability.removeHave(0);
    availability.removeHave(0);
    expect(counts(availability)).toEqual([0, 0, 1, 0]);
  });

  it('copies: whole ones and the fraction beyond', () => {
    const { availability, bitsAt } = make(4);
    expect(availability.copies(() => false)).toBe(0);
    expect(availability.copies(() => true)).toBe(1);
    availability.addPeer(bitsAt);
    expect(availability.copies(() => false)).toBe(0.5);
    expect(availability.copies(piece => piece % 2 === 1)).toBe(1);
    availability.addSeed();
    expect(availability.copies(() => false)).toBe(1.5);
  });
});
