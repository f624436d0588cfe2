import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shareDescriptors } from '../../../../src/daemon/limits/descriptors.js';

describe('shareDescriptors', () => {
  it.each([
    [256, 2000, { files: 48, connections: 144 }],
    [1024, 2000, { files: 240, connections: 720 }],
    [1024, 100, { files: 240, connections: 100 }],
    [65_536, 2000, { files: 512, connections: 2000 }],
    [64, 2000, { files: 4, connections: 1 }],
    [undefined, 2000, { files: 512, connections: 2000 }],
  ])('%s descriptors, %s connections wanted', (limit, wanted, shares) => {
    expect(shareDescriptors(limit, wanted)).toEqual(shares);
  });

  it('never gives what is not there, and always something', () => {
    const limits = fc.integer({ min: 70, max: 2_000_000 });
    fc.assert(
      fc.property(limits, fc.integer({ min: 1, max: 1_000_000 }), (limit, wanted) => {
        const { files, connections } = shareDescriptors(limit, wanted);
        expect(files + connections + 64).toBeLessThanOrEqual(limit);
        expect(files).toBeGreaterThanOrEqual(1);
        expect(connections).toBeGreaterThanOrEqual(1);
        expect(connections).toBeLessThanOrEqual(wanted);
      }),
    );
  });
});
