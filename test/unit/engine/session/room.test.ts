import { expect, it } from 'vitest';
import type { PeerAddress } from '../../../../src/engine/ids.js';
import type { PeerLink } from '../../../../src/engine/session/link.js';
import { Room } from '../../../../src/engine/session/room.js';

const NOW = 1e6;
/** The last number of an address is its priority; of 0 nobody knows it. */
const priorityOf = ({ host }: PeerAddress) => Number(host.split('.')[3]) || undefined;

interface Facts {
  readonly ageMs?: number;
  readonly rate?: number;
  readonly owes?: number;
  readonly asks?: number;
  readonly sources?: readonly string[];
}

function link(
  priority: number,
  { ageMs = 1e5, rate = 0, owes = 0, asks = 0, sources = ['pex'] }: Facts = {},
) {
  const peer = {
    ...{ down: { rate: () => rate }, up: { rate: () => 0 } },
    ...{ outstanding: { size: owes }, uploads: { length: asks } },
  };
  const address = { host: `192.0.2.${priority}`, port: 1 };
  return { address, openedAtMs: NOW - ageMs, peer, sources } as unknown as PeerLink;
}

it('who moves nothing and has the lowest priority gives way to a higher one', () => {
  const room = new Room(priorityOf);
  const links = [link(5), link(3), link(4)];
  expect(room.whoGivesWay(links, link(6), NOW)).toBe(links[1]);
});

it('nobody gives way to a lower priority, to an equal one, or to one that nobody knows', () => {
  const room = new Room(priorityOf);
  for (const newcomer of [2, 3, 0]) expect(room.whoGivesWay([link(3)], link(newcomer), NOW)).toBeUndefined();
});

it.each<[string, Facts]>([
  ['is young', { ageMs: 59_999 }],
  ['gives or takes', { rate: 1 }],
  ['owes us blocks', { owes: 1 }],
  ['waits for blocks', { asks: 1 }],
  ['was given by hand', { sources: ['tracker', 'manual'] }],
])('who %s stays', (_, facts) => {
  const room = new Room(priorityOf);
  expect(room.whoGivesWay([link(1, facts)], link(9), NOW)).toBeUndefined();
  expect(room.whoGivesWay([link(1, facts), link(2)], link(9), NOW)?.address.host).toBe('192.0.2.2');
});

it('who is not in the internet as we are stays', () => {
  expect(new Room(priorityOf).whoGivesWay([link(0)], link(9), NOW)).toBeUndefined();
});

it('many newcomers turn a torrent over slowly', () => {
  const room = new Room(priorityOf);
  const links = Array.from({ length: 100 }, (_, n) => link(n + 1));
  let gone = 0;
  for (let nowMs = NOW; nowMs < NOW + 60_000; nowMs += 100)
    if (room.whoGivesWay(links, link(200), nowMs) !== undefined) gone++;
  expect(gone).toBe(6);
});
