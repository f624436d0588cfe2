import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isScheduled, type Schedule } from '../../../../src/daemon/rules/schedule.js';

const before = process.env.TZ;
beforeAll(() => {
  process.env.TZ = 'Europe/Berlin';
});
afterAll(() => {
  if (before === undefined) delete process.env.TZ;
  else process.env.TZ = before;
});

const ALL = new Set([0, 1, 2, 3, 4, 5, 6]);
const [SUN, MON, FRI, SAT] = [0, 1, 5, 6];
const at = (hours: number, minutes = 0) => 60 * hours + minutes;

function minutesOf(schedule: Schedule, fromMs: number, toMs: number): number {
  let minutes = 0;
  for (let utc = fromMs; utc < toMs; utc += 60_000) if (isScheduled(schedule, new Date(utc))) minutes++;
  return minutes;
}

describe('by day', () => {
  const office = { begin: at(9), end: at(17), days: new Set([MON, FRI]) };
  it.each([
    ['2026-11-23T08:59', false],
    ['2026-11-23T09:00', true],
    ['2026-11-23T16:59', true],
    ['2026-11-23T17:00', false],
    ['2026-11-24T12:00', false],
    ['2026-11-27T12:00', true],
  ])('%s: %s', (time, holds) => expect(isScheduled(office, new Date(time))).toBe(holds));
});

describe('over midnight', () => {
  const night = { begin: at(22, 30), end: at(6), days: new Set([FRI, SAT]) };
  it.each([
    ['2026-11-27T22:29', false],
    ['2026-11-27T22:30', true],
    ['2026-11-28T05:59', true],
    ['2026-11-28T06:00', false],
    ['2026-11-28T23:00', true],
    ['2026-11-29T03:00', true],
    // Sunday does not begin one
    ['2026-11-29T23:00', false],
    ['2026-11-30T03:00', false],
    ['2026-11-27T03:00', false],
  ])('%s: %s', (time, holds) => expect(isScheduled(night, new Date(time))).toBe(holds));
});

describe('summer time', () => {
  const night = { begin: at(2, 15), end: at(2, 45), days: new Set([SUN]) };

  it('a window in the hour that is skipped never holds, one around it is an hour shorter', () => {
    // 2026-03-29, Berlin: 02:00 is 03:00
    const day = [Date.UTC(2026, 2, 28, 23), Date.UTC(2026, 2, 29, 22)] as const;
    expect(minutesOf(night, ...day)).toBe(0);
    expect(minutesOf({ begin: at(1), end: at(4), days: ALL }, ...day)).toBe(120);
  });

  it('one in the hour that is repeated holds twice, one around it is an hour longer', () => {
    // 2026-10-25, Berlin: 03:00 is 02:00
    const day = [Date.UTC(2026, 9, 24, 22), Date.UTC(2026, 9, 25, 23)] as const;
    expect(minutesOf(night, ...day)).toBe(60);
    expect(minutesOf({ begin: at(1), end: at(4), days: ALL }, ...day)).toBe(240);
  });
});

it('all day long, and never', () => {
  const year = [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 15)] as const;
  expect(minutesOf({ begin: 0, end: 0, days: ALL }, ...year)).toBe(14 * 1440);
  expect(minutesOf({ begin: 0, end: 60, days: new Set() }, ...year)).toBe(0);
});

it('in an ordinary week it holds on each of its days for as long as it says', () => {
  const week = [Date.UTC(2026, 0, 5), Date.UTC(2026, 0, 12)] as const;
  fc.assert(
    fc.property(fc.nat(1439), fc.nat(1439), fc.subarray([...ALL]), (begin, end, days) => {
      const length = end > begin ? end - begin : end - begin + 1440;
      expect(minutesOf({ begin, end, days: new Set(days) }, ...week)).toBe(days.length * length);
    }),
    { numRuns: 50 },
  );
});
