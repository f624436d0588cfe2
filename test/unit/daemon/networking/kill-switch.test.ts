import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AddressWatch } from '../../../../src/daemon/networking/address-watch.js';
import { ADDRESS_GONE, KillSwitch } from '../../../../src/daemon/networking/kill-switch.js';
import type { LogSink, Session } from '../../../../src/index.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const SILENT: LogSink = { debug() {}, info() {}, warn() {}, error() {} };

/** A switch over a session that notes what it is told, and an address that comes and goes. */
function scene({ present = true, restores = () => Promise.resolve() } = {}) {
  const told: string[] = [];
  let there = present;
  let look: () => void = () => {};
  const session = {
    suspend: (reason: string) => told.push(`suspend: ${reason}`),
    restore: () => {
      told.push('restore');
      return restores();
    },
  } as unknown as Session;
  const watch: AddressWatch = new AddressWatch({
    address: '192.0.2.7',
    interfaces: () => ({ tun0: there ? [{ address: '192.0.2.7' }] : [] }),
    repeat: call => {
      look = call;
      return () => told.push('watch ended');
    },
    onChange: now => killSwitch.changed(now),
  });
  const onChange = (suspended: boolean) => told.push(suspended ? 'no network' : 'network');
  const killSwitch: KillSwitch = new KillSwitch({ session, watch, log: SILENT, onChange });
  const set = async (now: boolean) => {
    there = now;
    look();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { told, set, killSwitch };
}

it('the network goes with the address, and comes with it', async () => {
  const { told, set } = scene();
  expect(told).toEqual([]);
  await set(false);
  expect(told.splice(0)).toEqual([`suspend: ${ADDRESS_GONE}`, 'no network']);
  await set(false);
  expect(told).toEqual([]);
  await set(true);
  expect(told).toEqual(['restore', 'network']);
});

it('a daemon that starts before its address has none until it comes', async () => {
  const { told, set } = scene({ present: false });
  expect(told.splice(0)).toEqual(['no network']);
  await set(true);
  expect(told).toEqual(['restore', 'network']);
});

it('an address that is back but cannot be used yet is tried again, until it goes', async () => {
  let fails = 2;
  const restores = () => (fails-- > 0 ? Promise.reject(new Error('not yet')) : Promise.resolve());
  const { told, set } = scene({ present: false, restores });
  told.length = 0;
  await set(true);
  expect(told).toEqual(['restore']);
  await vi.advanceTimersByTimeAsync(2000);
  expect(told.splice(0)).toEqual(['restore', 'restore', 'restore', 'network']);

  fails = 100;
  await set(false);
  await set(true);
  told.length = 0;
  await set(false);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual([`suspend: ${ADDRESS_GONE}`, 'no network']);
});

it('nothing is tried after the end', async () => {
  const { told, set, killSwitch } = scene({
    present: false,
    restores: () => Promise.reject(new Error('no')),
  });
  await set(true);
  killSwitch.close();
  told.length = 0;
  await vi.advanceTimersByTimeAsync(10_000);
  expect(told).toEqual([]);
});
