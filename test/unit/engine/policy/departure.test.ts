import { describe, expect, it } from 'vitest';
import { isMillraceError } from '../../../../src/engine/errors.js';
import {
  checkDeparture,
  type DepartureState,
  decideDeparture,
} from '../../../../src/engine/policy/departure.js';

const state: DepartureState = {
  completedAtMs: 1000,
  uploadedBytes: 0,
  downloadedBytes: 100,
  wantedBytes: 100,
};
const leaves = (
  policy: Parameters<typeof decideDeparture>[0],
  over: Partial<DepartureState>,
  nowMs: number,
) => decideDeparture(policy, { ...state, ...over }, nowMs).leave;

describe('departure', () => {
  it('nobody leaves before completion', () => {
    for (const policy of [{ kind: 'leave' }, { kind: 'stay' }, { kind: 'linger', forMs: 0 }] as const)
      expect(leaves(policy, { completedAtMs: undefined, uploadedBytes: 1e9 }, 1e9)).toBe(false);
  });

  it('leave goes at once, stay never', () => {
    expect(leaves({ kind: 'leave' }, {}, 1000)).toBe(true);
    expect(leaves({ kind: 'stay' }, { uploadedBytes: 1e12 }, 1e15)).toBe(false);
  });

  it('linger goes after its time and tells when to ask again', () => {
    const policy = { kind: 'linger', forMs: 500 } as const;
    expect(decideDeparture(policy, state, 1499)).toEqual({ leave: false, askAgainAtMs: 1500 });
    expect(leaves(policy, {}, 1500)).toBe(true);
  });

  it('linger goes at its ratio, measured against what was wanted when nothing was fetched', () => {
    const policy = { kind: 'linger', ratio: 2 } as const;
    expect(decideDeparture(policy, { ...state, uploadedBytes: 199 }, 1e12)).toEqual({
      leave: false,
      askAgainAtMs: Number.POSITIVE_INFINITY,
    });
    expect(leaves(policy, { uploadedBytes: 200 }, 1000)).toBe(true);
    expect(leaves(policy, { uploadedBytes: 200, downloadedBytes: 0 }, 1000)).toBe(true);
    expect(leaves(policy, { uploadedBytes: 200, downloadedBytes: 0, wantedBytes: 0 }, 1000)).toBe(false);
  });

  it('the first of time and ratio counts', () => {
    const policy = { kind: 'linger', forMs: 500, ratio: 1 } as const;
    expect(leaves(policy, { uploadedBytes: 100 }, 1000)).toBe(true);
    expect(leaves(policy, {}, 1500)).toBe(true);
    expect(leaves(policy, { uploadedBytes: 99 }, 1499)).toBe(false);
  });

  it.each([{}, { forMs: -1 }, { ratio: Number.NaN }, { forMs: Number.POSITIVE_INFINITY }])(
    'refuses to linger with %j',
    limits => {
      expect(() => checkDeparture({ kind: 'linger', ...limits })).toThrow(
        expect.toSatisfy((error: unknown) => isMillraceError(error, 'ERR_OPTION')),
      );
    },
  );

  it('accepts the others', () => {
    for (const policy of [
      { kind: 'leave' },
      { kind: 'stay' },
      { kind: 'linger', forMs: 0, ratio: 0 },
    ] as const)
      expect(checkDeparture(policy)).toBe(policy);
  });
});
