import { expect, it } from 'vitest';
import { hostBytes, writeIp4 } from '../../../src/tracker/host-bytes.js';

it.each(['0.0.0.0', '127.0.0.1', '255.255.255.255', '1.20.199.3'])('writeIp4 reads %s', text => {
  const into = new Uint8Array(4);
  expect(writeIp4(text, into)).toBe(true);
  expect([...into].join('.')).toBe(text);
});

it.each([
  '',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '1.2.3.',
  '.1.2.3',
  '1..2.3',
  '1.2.3.4 ',
  '::1',
  '1.2.3.0004',
  'a.b.c.d',
])('writeIp4 refuses %j', text => {
  expect(writeIp4(text, new Uint8Array(4))).toBe(false);
});

it('hostBytes drops zones and unwraps mapped IPv4', () => {
  expect(hostBytes('::ffff:1.2.3.4')).toEqual(Uint8Array.of(1, 2, 3, 4));
  expect(hostBytes('1.2.3.4')).toEqual(Uint8Array.of(1, 2, 3, 4));
  expect(hostBytes('fe80::1%eth0')?.[15]).toBe(1);
  expect(hostBytes('::fffe:0:1')).toHaveLength(16);
  expect(hostBytes('')).toBeUndefined();
});
