import { expect, it } from 'vitest';
import { isLocalAddress } from '../../../../src/engine/policy/local-networks.js';

it.each([
  '127.0.0.1',
  '127.255.0.1',
  '10.1.2.3',
  '172.31.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '0.0.0.0',
  '::1',
  '::',
  'fe80::1%eth0',
  'fd00::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
])('%s is local', address => {
  expect(isLocalAddress(address)).toBe(true);
});

it.each(['8.8.8.8', '172.32.0.1', '192.169.0.1', '2001:db8::1', '::ffff:8.8.8.8', 'tracker.example', ''])(
  '%j is not',
  address => {
    expect(isLocalAddress(address)).toBe(false);
  },
);
