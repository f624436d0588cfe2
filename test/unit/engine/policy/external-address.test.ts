import { describe, expect, it } from 'vitest';
import { ExternalAddress } from '../../../../src/engine/policy/external-address.js';
import { subnetOf } from '../../../../src/engine/policy/subnet.js';

const OURS = '5.6.7.8';
const voter = (i: number) => `20.0.${i}.1`;

describe('ExternalAddress', () => {
  it('is believed when four networks agree', () => {
    const address = new ExternalAddress();
    expect([1, 2, 3, 4, 5].map(i => address.vote(OURS, voter(i)))).toEqual([
      false,
      false,
      false,
      true,
      false,
    ]);
    expect(address.host).toBe(OURS);
  });

  it('counts one network once', () => {
    const address = new ExternalAddress();
    for (let i = 1; i < 100; i++) expect(address.vote(OURS, `20.0.0.${i}`)).toBe(false);
    for (let i = 1; i < 100; i++) expect(address.vote(OURS, `2001:db8::${i}`)).toBe(false);
  });

  it('needs more than half of those who spoke lately', () => {
    const address = new ExternalAddress();
    for (let i = 0; i < 8; i++) address.vote(OURS, voter(i));
    for (let i = 8; i < 16; i++) expect(address.vote('9.9.9.9', voter(i))).toBe(false);
    expect(address.vote('9.9.9.9', voter(16))).toBe(true);
  });

  it('forgets who has been silent for longest, not who spoke again', () => {
    const address = new ExternalAddress();
    for (let i = 0; i < 3; i++) address.vote(OURS, voter(i));
    for (let i = 3; i < 16; i++) address.vote(voter(i), voter(i));
    for (let i = 0; i < 3; i++) address.vote(OURS, voter(i));
    for (let i = 16; i < 21; i++) address.vote(OURS, voter(i));
    expect(address.host).toBeUndefined();
    expect(address.vote(OURS, voter(21))).toBe(true);
  });

  it('follows when we move', () => {
    const address = new ExternalAddress();
    for (let i = 0; i < 200; i++) address.vote(OURS, voter(i));
    for (let i = 0; i < 16; i++) address.vote('6.6.6.6', voter(i));
    expect(address.host).toBe('6.6.6.6');
  });

  it('knows nothing of local networks', () => {
    const address = new ExternalAddress();
    for (let i = 0; i < 50; i++) {
      address.vote('192.168.1.2', voter(i));
      address.vote(OURS, `10.0.${i}.1`);
      address.vote('fe80::1', voter(i));
    }
    expect(address.host).toBeUndefined();
  });
});

describe('subnetOf', () => {
  it.each([
    ['20.1.2.3', '20.1.2'],
    ['172.1.2.3', '172.1.2'],
    ['192.169.2.3', '192.169.2'],
    ['2001:db8:0:1::5', '20010db800000001'],
    ['2001:db8:0:1:ffff::', '20010db800000001'],
  ])('is the /24 or /64 of %s', (host, subnet) => {
    expect(subnetOf(host)).toBe(subnet);
  });

  it.each([
    '10.1.2.3',
    '127.0.0.1',
    '172.16.0.1',
    '192.168.0.1',
    '169.254.1.1',
    '100.64.0.1',
    '::1',
    'fd00::1',
    'fe80::1%eth0',
    'localhost',
  ])('is none of %s', host => {
    expect(subnetOf(host)).toBeUndefined();
  });
});
