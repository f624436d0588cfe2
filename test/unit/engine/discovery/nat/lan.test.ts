import type { NetworkInterfaceInfo } from 'node:os';
import { expect, it } from 'vitest';
import { defaultRoutes, findLan } from '../../../../../src/engine/discovery/nat/lan.js';

const HEAD =
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT                                                       ';

it('takes default routes from the table of Linux, the preferred one first', () => {
  const table = [
    HEAD,
    'wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0',
    'eth0\t00000000\tFE00000A\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    'eth0\t0000000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0',
    'tun0\t00000000\t010110AC\t0003\t0\t0\t50\t00000080\t0\t0\t0', // half of the internet, of a VPN
    'ppp0\t00000000\t00000000\t0001\t0\t0\t1\t00000000\t0\t0\t0', // no gateway: a line of its own
    'down\t00000000\t0101A8C0\t0002\t0\t0\t1\t00000000\t0\t0\t0',
    '',
  ].join('\n');
  expect(defaultRoutes(table)).toEqual([
    { device: 'eth0', gateway: '10.0.0.254', metric: 100 },
    { device: 'wlan0', gateway: '192.168.1.1', metric: 600 },
  ]);
});

it.each(['', HEAD, 'no table at all\nnot\teven\tclose'])('finds none in %j', table => {
  expect(defaultRoutes(table)).toEqual([]);
});

const info = (cidr: string): NetworkInterfaceInfo => {
  const [address] = cidr.split('/');
  return { address, cidr, family: 'IPv4', netmask: '255.255.255.0', mac: '', internal: false };
};

it.each([
  [['192.168.1.5/24'], undefined, '192.168.1.5'],
  [['10.0.0.5/24', '192.168.1.5/24'], undefined, '192.168.1.5'], // where the router is
  [['10.0.0.5/32'], undefined, '10.0.0.5'], // a router beyond the network, as some providers have
  [['10.0.0.5/24', '192.168.1.5/24'], '192.168.1.5', '192.168.1.5'],
  [['10.0.0.5/24', '192.168.1.5/24'], '10.0.0.5', '10.0.0.5'],
  [['192.168.1.5/24'], '192.168.7.7', undefined],
])('of the addresses %j, bound to %s, it is %s that is mapped for', (addresses, bind, ours) => {
  const route = { device: 'eth0', gateway: '192.168.1.1', metric: 100 };
  const lan = findLan(bind, { eth0: addresses.map(info), docker0: [info('172.17.0.1/16')] }, [route]);
  expect(lan).toEqual(ours && { localAddress: ours, gateway: '192.168.1.1' });
});
