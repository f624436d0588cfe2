import { describe, expect, it } from 'vitest';
import { isNodeIdFor, nodeIdFor } from '../../../../../src/engine/protocol/dht/node-id.js';

const random = Uint8Array.from({ length: 20 }, (_, i) => i * 7 + 1);

describe('node ids', () => {
  it('are the same for an IPv4 address written as one of IPv6', () => {
    expect(nodeIdFor('::ffff:124.31.75.21', random)).toEqual(nodeIdFor('124.31.75.21', random));
    expect(isNodeIdFor('::ffff:124.31.75.21', nodeIdFor('124.31.75.21', random))).toBe(true);
  });

  it('of one address differ in what is not bound', () => {
    const other = random.map((byte, i) => (i === 19 ? byte : ~byte));
    const [a, b] = [nodeIdFor('124.31.75.21', random), nodeIdFor('124.31.75.21', other)];
    expect(a.subarray(0, 2)).toEqual(b.subarray(0, 2));
    expect(a[2] ^ b[2]).toBe(0x07);
    expect(a.subarray(3, 19).every((byte, i) => byte === (~b[i + 3] & 0xff))).toBe(true);
  });

  it('are free in local networks', () => {
    const local = ['10.1.2.3', '127.0.0.1', '172.16.0.1', '172.31.0.1', '192.168.0.1', '169.254.1.1'];
    for (const host of [...local, '::1', 'fc00::1', 'fd12::1', 'fe80::1%eth0', '::ffff:10.0.0.1'])
      expect([host, isNodeIdFor(host, random)]).toEqual([host, true]);
    for (const host of [
      '11.1.2.3',
      '172.32.0.1',
      '172.15.0.1',
      '192.169.0.1',
      '169.253.1.1',
      '::2',
      'fec0::1',
      '2001::1',
    ])
      expect([host, isNodeIdFor(host, random)]).toEqual([host, false]);
  });

  it('belong to addresses, not to names', () => {
    expect(isNodeIdFor('localhost', random)).toBe(false);
    expect(() => nodeIdFor('localhost', random)).toThrow(RangeError);
  });
});
