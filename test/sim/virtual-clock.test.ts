import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/sim/virtual-clock.js';

describe('virtual clock', () => {
  it('runs events by time, those of one moment in the order in which they were made', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(20)), times => {
        const clock = new VirtualClock();
        const ran: [number, number][] = [];
        times.forEach((atMs, i) => {
          clock.at(atMs, () => {
            expect(clock.nowMs).toBe(atMs);
            ran.push([atMs, i]);
          });
        });
        while (clock.step());
        expect(ran).toEqual(times.map((atMs, i) => [atMs, i]).sort(([a, i], [b, j]) => a - b || i - j));
      }),
    );
  });

  it('takes the past for now and stops at the limit', () => {
    const clock = new VirtualClock();
    clock.runUntil(100);
    const ran: number[] = [];
    clock.at(50, () => ran.push(clock.nowMs));
    clock.at(150, () => ran.push(clock.nowMs));
    clock.runUntil(120);
    expect(ran).toEqual([100]);
    expect(clock.nowMs).toBe(120);
    expect(clock.step(149)).toBe(false);
    expect(clock.step(150)).toBe(true);
    expect(clock.step()).toBe(false);
  });

  it('refuses an event that never comes and a loop that takes no time', () => {
    const clock = new VirtualClock();
    expect(() => clock.at(Number.POSITIVE_INFINITY, () => {})).toThrow(RangeError);
    const again = () => clock.after(0, again);
    again();
    expect(() => clock.runUntil(1)).toThrow(/events at 0 ms/);
  });
});
