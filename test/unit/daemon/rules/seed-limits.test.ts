import { describe, expect, it } from 'vitest';
import {
  mergeLimits,
  reachedLimits,
  type SeedLimits,
  seedRatio,
} from '../../../../src/daemon/rules/seed-limits.js';

const HOUR = 3_600_000;
const state = {
  uploadedBytes: 300,
  wantedBytes: 100,
  downloadedBytes: 200,
  seedingMs: 2 * HOUR,
  idleMs: HOUR,
};
const limits = (rest: Partial<SeedLimits>): SeedLimits => ({
  ratio: undefined,
  time: undefined,
  idle: undefined,
  need: 'any',
  ...rest,
});

it('the ratio is of what was downloaded, and of the torrent when the data was here before', () => {
  expect(seedRatio(state)).toBe(1.5);
  expect(seedRatio({ ...state, downloadedBytes: 0 })).toBe(3);
});

describe('any', () => {
  it.each([
    [{}, undefined],
    [{ ratio: 1.5 }, ['ratio']],
    [{ ratio: 1.6 }, undefined],
    [{ ratio: 1.6, time: 2 * HOUR }, ['time']],
    [{ ratio: 1, time: HOUR, idle: HOUR }, ['ratio', 'time', 'idle']],
    [{ idle: HOUR + 1 }, undefined],
    [{ ratio: 0 }, ['ratio']],
  ])('%j: %j', (rest, reached) => expect(reachedLimits(limits(rest), state)).toEqual(reached));
});

describe('all', () => {
  it.each([
    [{}, undefined],
    [{ ratio: 1.5, time: 3 * HOUR }, undefined],
    [{ ratio: 1.5, time: 2 * HOUR }, ['ratio', 'time']],
  ])('%j: %j', (rest, reached) =>
    expect(reachedLimits(limits({ ...rest, need: 'all' }), state)).toEqual(reached),
  );
});

it('the torrent stands before the label, the label before the session, and null says none', () => {
  expect(
    mergeLimits({ ratio: null }, { ratio: 3, time: 5 }, { ratio: 1, time: 1, idle: 9, need: 'all' }),
  ).toEqual({
    ratio: undefined,
    time: 5,
    idle: 9,
    need: 'all',
  });
});
