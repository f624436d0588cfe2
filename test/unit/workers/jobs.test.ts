import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeJobs, encodeJobs, type Job, KERNEL_NAMES } from '../../../src/workers/jobs.js';

const extent = fc.record({
  fd: fc.integer({ min: -1, max: 100_000 }),
  position: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  length: fc.nat(),
});
const range = { at: fc.nat({ max: 2 ** 32 }), length: fc.nat() };
const digest = fc.uint8Array({ minLength: 20, maxLength: 20 });
const job = fc.oneof(
  fc.record({
    kind: fc.constant('verify' as const),
    ...range,
    digest,
    extents: fc.option(fc.array(extent), { nil: undefined }),
  }),
  fc.record({
    kind: fc.constant('pieces' as const),
    ...range,
    pieceLength: fc.nat(),
    extents: fc.array(extent),
  }),
  fc.record({ kind: fc.constantFrom('read', 'sha1', 'sha256'), ...range, extents: fc.array(extent) }),
  fc.record({
    kind: fc.constant('kernel' as const),
    name: fc.constantFrom(...KERNEL_NAMES),
    args: fc.array(fc.nat(), { maxLength: 8 }),
  }),
) as fc.Arbitrary<Job>;

describe('a batch of jobs', () => {
  it('comes out of its numbers as it went in', () => {
    fc.assert(
      fc.property(fc.array(job, { maxLength: 16 }), jobs => {
        expect(decodeJobs(encodeJobs(jobs))).toEqual(jobs);
      }),
    );
  });

  it('takes no more than its own digest along', () => {
    const hashes = new Uint8Array(20_000).fill(255);
    const numbers = encodeJobs([{ kind: 'verify', at: 0, length: 1, digest: hashes.subarray(40, 60) }]);
    expect(numbers.buffer.byteLength).toBe(8 * numbers.length);
    expect(numbers.length).toBeLessThan(16);
  });
});
