import { describe, expect, it } from 'vitest';
import { IpRanges, ipNetwork } from '../../../../src/engine/policy/ip-ranges.js';
import { MAX_PORTS_PER_HOST, PeerList } from '../../../../src/engine/policy/peer-list.js';
import { canonicalAddress, classifyHost } from '../../../../src/engine/policy/peer-list-address.js';
import { createRng } from '../../../../src/engine/policy/rng.js';

const list = () => new PeerList({ rng: createRng(1) });

describe('a zone', () => {
  it.each([
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['FE80:0::0:1%eth0', 'fe80::1%eth0'],
    ['febf::1%12', 'febf::1%12'],
    ['fe80::1', 'fe80::1'],
    ['2001:db8::1%eth0', undefined],
    ['::1%lo', undefined],
    ['10.0.0.1%eth0', undefined],
    ['fe80::1%', undefined],
    ['fe80::1%eth0%eth1', undefined],
    ['fe80::1%a b', undefined],
    ['fe80::1%an-interface-name-of-a-stranger', undefined],
  ])('%s is %s', (host, canonical) => {
    expect(canonicalAddress({ host, port: 1 })?.host).toBe(canonical);
  });

  it('makes a link-local address one that can be dialled', () => {
    const peers = list();
    const zoned = { host: 'fe80::1%eth0', port: 6881 };
    const other = { host: 'fe80::1%eth1', port: 6881 };
    expect(peers.add([zoned, other], 'lsd')).toBe(2);
    peers.forget(other);
    expect(peers.next(0)).toEqual(zoned);
    expect(peers.next(0)).toBeUndefined();
    expect(classifyHost(zoned.host)).toBe('ordinary');
  });

  it.each(['tracker', 'pex', 'dht', 'manual'] as const)('lacking, the address of %s is of no use', source => {
    expect(list().add([{ host: 'fe80::1', port: 6881 }], source)).toBe(0);
    expect(list().add([{ host: 'febf:1::1', port: 6881 }], source)).toBe(0);
  });

  it('is no way around a blocklist', () => {
    const blocked = new IpRanges([ipNetwork('fe80::', 10)!]);
    expect(blocked.has('fe80::1%eth0')).toBe(true);
  });
});

describe('a /64', () => {
  const inNet = (net: number, i: number) => ({
    host: `2001:db8:0:${net}::${(i + 1).toString(16)}`,
    port: 6881,
  });

  it('counts as one host, so that nobody fills the list from his own', () => {
    const peers = list();
    const many = Array.from({ length: 100 }, (_, i) => inNet(1, i));
    expect(peers.add(many, 'pex')).toBe(MAX_PORTS_PER_HOST);
    expect(peers.add([inNet(2, 0)], 'pex')).toBe(1);
    for (const address of many) peers.forget(address);
    expect(peers.add(many, 'pex')).toBe(MAX_PORTS_PER_HOST);
  });

  it('of a local network is a link with many machines', () => {
    const peers = list();
    const many = Array.from({ length: 50 }, (_, i) => ({ host: `fd00::${i + 1}`, port: 6881 }));
    expect(peers.add(many, 'lsd')).toBe(50);
  });
});

it('IPv4 in IPv6 dress is the IPv4 host, blocked with it', () => {
  const peers = list();
  expect(
    peers.add(
      [
        { host: '::ffff:192.0.2.1', port: 5 },
        { host: '::ffff:c000:201', port: 5 },
      ],
      'tracker',
    ),
  ).toBe(1);
  expect(peers.next(0)).toEqual({ host: '192.0.2.1', port: 5 });
  const blocked = new IpRanges([ipNetwork('192.0.2.0', 24)!]);
  expect([blocked.has('::ffff:192.0.2.9'), blocked.has('::ffff:192.0.3.9')]).toEqual([true, false]);
});
