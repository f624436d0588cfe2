import { expect, it } from 'vitest';
import { randomIdSharing } from '../../../../src/engine/dht/distance.js';
import { Shortlist } from '../../../../src/engine/dht/shortlist.js';
import { createRng } from '../../../../src/engine/policy/rng.js';

it('a crowd whose ids are of its choice keeps nobody else out of a lookup', () => {
  const rng = createRng(1);
  const target = new Uint8Array(20).fill(0x55);
  const list = new Shortlist({
    ...{ target, ownId: new Uint8Array(20), density: 10 },
    fits: (_, host) => host.startsWith('11.'),
  });
  const contact = (network: number, n: number, bits: number) => ({
    ...{ id: randomIdSharing(target, bits, rng), host: `${network}.${n >> 8}.${n & 255}.1`, port: 1 },
  });
  list.seed(Array.from({ length: 500 }, (_, n) => contact(12, n, 15)));
  expect(list.candidates.length).toBeLessThanOrEqual(32);
  list.seed(Array.from({ length: 20 }, (_, n) => contact(11, n, 8)));
  list.seed(Array.from({ length: 500 }, (_, n) => contact(13, n, 16)));
  expect(list.candidates.filter(({ fits }) => fits)).toHaveLength(20);
  expect(list.candidates).toHaveLength(52);
  // The closer of the crowd have taken the place of the others.
  expect(list.candidates.every(({ host }) => !host.startsWith('12.'))).toBe(true);
});
