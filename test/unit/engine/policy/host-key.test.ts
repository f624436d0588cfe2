import { expect, it } from 'vitest';
import { hostKey } from '../../../../src/engine/policy/subnet.js';

it.each([
  ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
  ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
  ['192.0.2.1', '192.0.2.1', true],
  ['192.0.2.1', '192.0.2.2', false],
  ['fd00::1', 'fd00::2', false], // many machines on one link
  ['fe80::1%eth0', 'fe80::1%eth1', false],
  ['fe80::1%eth0', 'fe80::1%eth0', true],
  ['::1', '2001:db8::1', false],
])('%s and %s are one host: %s', (a, b, same) => {
  expect(hostKey(a) === hostKey(b)).toBe(same);
});
