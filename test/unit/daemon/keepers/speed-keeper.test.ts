import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { resolveLayers } from '../../../../src/daemon/config/layers.js';
import { LiveSettings } from '../../../../src/daemon/config/live-settings.js';
import type { Settings } from '../../../../src/daemon/config/settings.js';
import { SpeedKeeper } from '../../../../src/daemon/keepers/speed-keeper.js';

const FLAGS = { up: '1KB/s', down: '2KB/s', 'alt-up': '3KB/s', 'alt-down': '4KB/s' };
const ORDINARY = { up: 1000, down: 2000 };
const OTHER = { up: 3000, down: 4000 };
const SCHEDULE = { 'alt-schedule': 'true', 'alt-begin': '09:00', 'alt-end': '17:00' };

let now: Date;
let limits: object;
let remembered: boolean[];
let keeper: SpeedKeeper;
let settings: LiveSettings;
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  keeper.close();
  vi.useRealTimers();
});

/** Monday, 23 November 2026, local time. */
const at = (hours: number, minutes = 0) => {
  now = new Date(2026, 10, 23, hours, minutes);
};
function start(flags: Partial<Record<keyof Settings, string>> = {}, alternative = false) {
  const configuration = resolveLayers({ env: {}, flags: { ...FLAGS, ...flags }, folder: '/' });
  settings = new LiveSettings({ configuration, overrides: {}, save: () => {} });
  remembered = [];
  keeper = new SpeedKeeper({
    session: {
      setLimits: to => {
        limits = to;
      },
    },
    ...{ settings, now: () => now, alternative },
    onSwitch: on => remembered.push(on),
  });
}
const tick = () => vi.advanceTimersByTime(15_000);

it('the ordinary limits hold until somebody switches, which is remembered', () => {
  at(12);
  start();
  expect(limits).toEqual(ORDINARY);
  keeper.set(true);
  expect([limits, keeper.alternative, remembered]).toEqual([OTHER, true, [true]]);
  keeper.set(true);
  expect(remembered).toEqual([true]);
});

it('what was on by hand is on after a restart', () => {
  at(12);
  start({}, true);
  expect([limits, remembered]).toEqual([OTHER, []]);
});

it('the schedule switches at its times', () => {
  at(8, 59);
  start(SCHEDULE);
  expect(limits).toEqual(ORDINARY);
  at(9);
  tick();
  expect(limits).toEqual(OTHER);
  at(16, 59);
  tick();
  expect(limits).toEqual(OTHER);
  at(17);
  tick();
  expect(limits).toEqual(ORDINARY);
});

it('who starts within its times has the other limits at once', () => {
  at(12);
  start(SCHEDULE);
  expect([limits, remembered]).toEqual([OTHER, [true]]);
});

it('a hand holds until the schedule next begins or ends', () => {
  at(10);
  start(SCHEDULE);
  keeper.set(false);
  at(16);
  tick();
  expect(limits).toEqual(ORDINARY);
  at(17);
  tick();
  expect(limits).toEqual(ORDINARY);
  keeper.set(true);
  at(23);
  tick();
  expect(limits).toEqual(OTHER);
});

it('only on its days, and over midnight', () => {
  at(23);
  start({ ...SCHEDULE, 'alt-begin': '22:00', 'alt-end': '06:00', 'alt-days': 'mon' });
  expect(limits).toEqual(OTHER);
  now = new Date(2026, 10, 24, 5);
  tick();
  expect(limits).toEqual(OTHER);
  now = new Date(2026, 10, 24, 23);
  tick();
  expect(limits).toEqual(ORDINARY);
});

it('is heard at once when it is switched on, and off leaves what is', () => {
  at(12);
  start({ ...SCHEDULE, 'alt-schedule': 'false' });
  expect(limits).toEqual(ORDINARY);
  settings.set({ 'alt-schedule': true });
  expect(limits).toEqual(OTHER);
  settings.set({ 'alt-schedule': false });
  at(20);
  tick();
  expect(limits).toEqual(OTHER);
});

it('rates that are edited hold at once, those in force and no others', () => {
  at(12);
  start();
  settings.set({ 'alt-up': 7000 });
  expect(limits).toEqual(ORDINARY);
  settings.set({ up: 0, down: 9000 });
  expect(limits).toEqual({ up: 0, down: 9000 });
  keeper.set(true);
  expect(limits).toEqual({ up: 7000, down: 4000 });
});

it('a closed one looks no more', () => {
  at(8);
  start(SCHEDULE);
  keeper.close();
  at(12);
  tick();
  expect(limits).toEqual(ORDINARY);
});
