import type { NetworkInterfaceInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import {
  interfacesFor,
  isNear,
  type SystemInterfaces,
} from '../../../../src/engine/discovery/local-interfaces.js';

function info(cidr: string, internal = false, scopeid = 0): NetworkInterfaceInfo {
  const [address] = cidr.split('/');
  const common = { address, cidr, internal, netmask: '', mac: '' };
  return address.includes(':') ? { ...common, family: 'IPv6', scopeid } : { ...common, family: 'IPv4' };
}

const LOOPBACK = { lo: [info('127.0.0.1/8', true), info('::1/128', true)] };
const MACHINE: SystemInterfaces = {
  ...LOOPBACK,
  eth0: [info('192.168.1.5/24'), info('10.1.0.5/16'), info('2001:db8::5/64'), info('fe80::5/64', false, 2)],
  wlan0: [info('192.168.7.5/24'), info('fe80::7/64', false, 3)],
  tun0: [info('10.8.0.2/32')],
};

const names = (at: string, system = MACHINE) => interfacesFor(at, system).map(({ name }) => name);

describe('interfaces that we are reached by', () => {
  it('are all of the family but loopback for a wildcard', () => {
    expect(names('0.0.0.0')).toEqual(['eth0', 'wlan0', 'tun0']);
    expect(names('::')).toEqual(['eth0', 'wlan0']);
  });

  it('are loopback when there is no other', () => {
    expect(names('0.0.0.0', LOOPBACK)).toEqual(['lo']);
    expect(names('::', LOOPBACK)).toEqual(['lo']);
    expect(names('::', { ...LOOPBACK, eth0: [info('192.168.1.5/24')] })).toEqual(['lo']);
    expect(names('::', {})).toEqual([]);
  });

  it('are the one that has the address', () => {
    expect(names('10.1.0.5')).toEqual(['eth0']);
    expect(names('2001:DB8:0::5')).toEqual(['eth0']);
    expect(names('fe80::7')).toEqual(['wlan0']);
    expect(names('127.0.0.1')).toEqual(['lo']);
    expect(names('127.0.0.2')).toEqual(['lo']);
    expect(names('::1')).toEqual(['lo']);
  });

  it('are none when nobody has the address, though it be of a network of ours', () => {
    expect(names('192.168.1.6')).toEqual([]);
    expect(names('2001:db8::6')).toEqual([]);
  });
});

describe('a sender', () => {
  const near = (host: string) => isNear(host, interfacesFor(host.includes(':') ? '::' : '0.0.0.0', MACHINE));

  it.each(['192.168.1.77', '10.1.255.1', '192.168.7.1', '2001:db8::1', 'fe80::1%eth0', 'fe80::1%wlan0'])(
    'is near: %s',
    host => expect(near(host)).toBe(true),
  );

  it.each([
    '192.168.2.1',
    '10.2.0.1',
    '8.8.8.8',
    '127.0.0.1',
    '::1',
    '2001:db8:0:1::1',
    'fe80::1',
    'fe80::1%tun0',
    'fe80::1%lo',
    'nonsense',
    '',
  ])('is far: %s', host => expect(near(host)).toBe(false));
});
