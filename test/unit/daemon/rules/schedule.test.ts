import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isScheduled, nextChange } from '../../../../src/daemon/rules/schedule.js';

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

  it('the next change is told', () => {
    expect(nextChange(office, new Date('2026-11-23T12:34:56'))).toEqual(new Date('2026-11-23T17:00'));
    expect(nextChange(office, new Date('2026-11-23T17:00'))).toEqual(new Date('2026-11-27T09:00'));
  });
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
    for (let utc = Date.UTC(2026, 2, 28, 23); utc < Date.UTC(2026, 2, 29, 22); utc += 60_000)
      expect(isScheduled(night, new Date(utc))).toBe(false);
    const around = { begin: at(1), end: at(4), days: ALL };
    expect(nextChange(around, new Date(Date.UTC(2026, 2, 29, 0)))).toEqual(
      new Date(Date.UTC(2026, 2, 29, 2)),
    );
  });

  it('one in the hour that is repeated holds twice, one around it is an hour longer', () => {
    // 2026-10-25, Berlin: 03:00 is 02:00
    let minutes = 0;
    for (let utc = Date.UTC(2026, 9, 24, 22); utc < Date.UTC(2026, 9, 25, 23); utc += 60_000)
      if (isScheduled(night, new Date(utc))) minutes++;
    expect(minutes).toBe(60);
    const around = { begin: at(1), end: at(4), days: ALL };
    expect(nextChange(around, new Date(Date.UTC(2026, 9, 24, 23)))).toEqual(
      new Date(Date.UTC(2026, 9, 25, 3)),
    );
  });
});

it('all day long, and never, never change', () => {
  expect(nextChange({ begin: 0, end: 0, days: ALL }, new Date('2026-11-23T12:00'))).toBeUndefined();
  expect(nextChange({ begin: 0, end: 60, days: new Set() }, new Date('2026-11-23T12:00'))).toBeUndefined();
});

it('until the next change nothing changes', () => {
  fc.assert(
    fc.property(
      fc.nat(1439),
      fc.nat(1439),
      fc.subarray([...ALL]),
      fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 31) }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (begin, end, days, nowMs, share) => {
        const schedule = { begin, end, days: new Set(days) };
        const next = nextChange(schedule, new Date(nowMs));
        const holds = isScheduled(schedule, new Date(nowMs));
        if (next === undefined) return;
        expect(isScheduled(schedule, next)).toBe(!holds);
        const between = nowMs + Math.floor(share * (next.getTime() - nowMs));
        expect(isScheduled(schedule, new Date(between))).toBe(holds);
      },
    ),
    { numRuns: 50 },
  );
});
