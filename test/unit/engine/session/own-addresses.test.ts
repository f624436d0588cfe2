import { expect, it } from 'vitest';
import { peerPriority } from '../../../../src/engine/policy/peer-priority.js';
import { OwnAddresses } from '../../../../src/engine/session/own-addresses.js';

const peer = { host: '198.51.100.7', port: 6881 };
const voters = Array.from({ length: 8 }, (_, n) => `203.${n}.113.1`);

function told(host: string): OwnAddresses {
  const own = new OwnAddresses();
  for (const voter of voters) own.vote(host, voter);
  return own;
}

it('nobody has a priority before peers agree on who we are', () => {
  const own = new OwnAddresses();
  expect(own.priorityOf(peer)).toBeUndefined();
  own.vote('192.0.2.1', voters[0]);
  expect(own.priorityOf(peer)).toBeUndefined();
});

it('then those in the internet have, by family', () => {
  const own = told('192.0.2.1');
  expect(own.priorityOf(peer)).toBe(peerPriority({ host: '192.0.2.1', port: 0 }, peer));
  expect(own.priorityOf(peer)).toBe(own.priorityOf({ ...peer, port: 1 })); // ports only count where hosts are the same
  for (const host of ['127.0.0.1', '10.0.0.1', '2001:db8::1'])
    expect(own.priorityOf({ host, port: 1 })).toBeUndefined();
});

it('follows when our address changes', () => {
  const own = told('192.0.2.1');
  const before = own.priorityOf(peer);
  for (const voter of voters) own.vote('::ffff:192.0.9.9', voter);
  expect(own.priorityOf(peer)).toBe(peerPriority({ host: '192.0.9.9', port: 0 }, peer));
  expect(own.priorityOf(peer)).not.toBe(before);
});

it.each(['127.0.0.1', '10.0.0.1', 'fe80::1', 'no address'])('%s is nobody in the internet', host => {
  expect(told(host).priorityOf(peer)).toBeUndefined();
});
