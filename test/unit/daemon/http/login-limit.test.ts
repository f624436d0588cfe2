import { expect, it } from 'vitest';
import { LoginLimit } from '../../../../src/daemon/http/login-limit.js';

it('ten wrong passwords close the door to that address alone, longer each time', () => {
  const limit = new LoginLimit();
  for (let i = 0; i < 9; i++) limit.failed('a', i);
  expect(limit.lockedMs('a', 9)).toBe(0);
  limit.failed('a', 10);
  expect([limit.lockedMs('a', 10), limit.lockedMs('b', 10)]).toEqual([30_000, 0]);
  expect(limit.lockedMs('a', 30_010)).toBe(0);
  limit.failed('a', 40_000);
  expect(limit.lockedMs('a', 40_000)).toBe(60_000);
  for (let i = 0; i < 100; i++) limit.failed('a', 50_000);
  expect(limit.lockedMs('a', 50_000)).toBe(3_600_000);
});

it('the right one forgets them', () => {
  const limit = new LoginLimit();
  for (let i = 0; i < 9; i++) limit.failed('a', 0);
  limit.succeeded('a');
  limit.failed('a', 0);
  expect(limit.lockedMs('a', 0)).toBe(0);
});

it('remembers a bounded number of addresses, the latest', () => {
  const limit = new LoginLimit();
  for (let i = 0; i < 10; i++) limit.failed('old', 0);
  for (let i = 0; i < 9_999; i++) limit.failed(`address ${i}`, 0);
  expect(limit.lockedMs('old', 0)).toBeGreaterThan(0);
  limit.failed('one more', 0);
  expect(limit.lockedMs('old', 0)).toBe(0);
});

it('the addresses of a /64 guess together, and IPv4 is IPv4 in whatever dress', () => {
  const limit = new LoginLimit();
  for (let i = 1; i <= 10; i++) limit.failed(`2001:db8::${i}`, 0);
  expect(limit.lockedMs('2001:db8::ffff', 0)).toBeGreaterThan(0);
  expect(limit.lockedMs('2001:db8:0:1::1', 0)).toBe(0);
  for (let i = 1; i <= 10; i++) limit.failed('::ffff:192.0.2.1', 0);
  expect(limit.lockedMs('192.0.2.1', 0)).toBeGreaterThan(0);
  expect(limit.lockedMs('192.0.2.2', 0)).toBe(0);
});
