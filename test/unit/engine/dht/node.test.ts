import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { bytesEqual, utf8 } from '../../../../src/engine/bytes.js';
import { randomId } from '../../../../src/engine/dht/distance.js';
import { DhtNode } from '../../../../src/engine/dht/node.js';
import type {
  DhtLookupResult,
  DhtSamples,
  GetPeersResult,
  GetResult,
  PutResult,
} from '../../../../src/engine/dht/node-types.js';
import type { OutgoingPacket } from '../../../../src/engine/dht/outbox.js';
import { formatAddress, type PeerAddress } from '../../../../src/engine/ids.js';
import { createRng } from '../../../../src/engine/policy/rng.js';
import { decodeDhtMessage, encodeDhtMessage } from '../../../../src/engine/protocol/dht/krpc.js';
import type { DhtItem, DhtMessage, DhtQueryMessage } from '../../../../src/engine/protocol/dht/messages.js';
import { isNodeIdFor } from '../../../../src/engine/protocol/dht/node-id.js';
import {
  addNode,
  closestOf,
  crypto,
  grow,
  type Member,
  publicAddress,
  VirtualNetwork,
} from './virtual-network.js';

const MINUTE = 60_000;
const local = (i: number): PeerAddress => ({ host: '127.0.0.1', port: 7000 + i });

function enter(network: VirtualNetwork, members: readonly Member[], i: number, options = {}): Member {
  const member = addNode(network, publicAddress(i), options);
  member.node.addNodes([members[0].address], network.nowMs);
  network.flush(member.address);
  return member;
}

/** Starts something at a member and runs the network until it is done. */
function until<T>(
  network: VirtualNetwork,
  { address }: Member,
  start: (done: (result: T) => void) => void,
): T {
  let result: T | undefined;
  start(value => {
    result = value;
  });
  expect(result, 'nothing ends within the call that starts it').toBeUndefined();
  network.flush(address);
  network.run(5 * MINUTE, () => result !== undefined);
  expect(result).toBeDefined();
  return result!;
}

const find = (network: VirtualNetwork, member: Member, target: Uint8Array) =>
  until<DhtLookupResult>(network, member, onDone => member.node.findNode(target, { onDone }, network.nowMs));

describe('a network of DHT nodes', () => {
  it('finds the closest from everywhere', () => {
    const network = new VirtualNetwork(1);
    const members = grow(network, 150);
    for (let i = 0; i < 30; i++) {
      const target = randomId(network.rng);
      const asker = members[network.rng.below(members.length)];
      const { closest, hops } = find(network, asker, target);
      const others = members.filter(member => member !== asker);
      expect(closest.map(formatAddress)).toEqual(
        closestOf(others, target).map(({ address }) => formatAddress(address)),
      );
      expect(hops).toBeLessThanOrEqual(Math.log2(150) + 4);
    }
  });

  it('finds nearly all of them behind dead nodes, and with packets lost', () => {
    const network = new VirtualNetwork(2);
    const members = grow(network, 150);
    network.loss = 0.02;
    const living = members.filter(({ address }) => {
      if (network.rng.fraction() >= 0.3) return true;
      network.leave(address);
      return false;
    });
    let found = 0;
    for (let i = 0; i < 30; i++) {
      const target = randomId(network.rng);
      const asker = living[network.rng.below(living.length)];
      const told = find(network, asker, target).closest.map(formatAddress);
      const others = living.filter(member => member !== asker);
      found += closestOf(others, target).filter(({ address }) =>
        told.includes(formatAddress(address)),
      ).length;
    }
    expect(found).toBeGreaterThan(0.97 * 8 * 30);
  });

  it('works where everybody has the same address', () => {
    const network = new VirtualNetwork(3);
    const members = grow(network, 30, local);
    const { closest } = find(network, members[4], members[9].node.id);
    expect(closest).toHaveLength(8);
    expect(closest[0]).toMatchObject(members[9].address);
    expect(members.every(({ node }) => node.stats(network.nowMs).externalAddress === undefined)).toBe(true);
  });

  it('works over IPv6', () => {
    const network = new VirtualNetwork(4);
    const members = grow(network, 30, i => ({ host: `2001:db8:0:${i.toString(16)}::1`, port: 6881 }));
    const { closest } = find(network, members[4], members[9].node.id);
    expect(closest).toHaveLength(8);
    expect(closest[0]).toMatchObject(members[9].address);
  });

  it('brings peers together: who announces is told to who asks, once', () => {
    const network = new VirtualNetwork(5);
    const members = grow(network, 60);
    const infoHash = randomId(network.rng);
    const announced = until<GetPeersResult>(network, members[3], onDone =>
      members[3].node.getPeers(infoHash, { announce: { port: 51413 }, onDone }, network.nowMs),
    );
    expect(announced).toMatchObject({ peers: 0, announcedTo: 8 });
    const peers: PeerAddress[] = [];
    const asked = until<GetPeersResult>(network, members[40], onDone =>
      members[40].node.getPeers(
        infoHash,
        { scrape: true, onPeers: news => peers.push(...news), onDone },
        network.nowMs,
      ),
    );
    expect(peers).toEqual([{ host: members[3].address.host, port: 51413 }]);
    expect(asked).toMatchObject({ peers: 1, announcedTo: 0 });
    expect(asked.downloaders).toHaveLength(256);
  });

  it('tells nothing of what is cancelled while nodes are told to store it', () => {
    const network = new VirtualNetwork(5);
    const [, member] = grow(network, 20);
    const { node, address } = member;
    const onDone = vi.fn();
    const target = randomId(network.rng);
    const searches = [
      node.getPeers(target, { announce: { port: 1 }, onDone }, network.nowMs),
      node.put({ value: utf8('i1e') }, { onDone }, network.nowMs),
    ];
    network.flush(address);
    network.run(MINUTE, () => node.stats(network.nowMs).lookups === 0);
    expect(node.stats(network.nowMs).transactions).toBeGreaterThan(0);
    expect(onDone).not.toHaveBeenCalledTimes(2);
    onDone.mockClear();
    for (const search of searches) search.cancel();
    network.run(MINUTE);
    expect(onDone).not.toHaveBeenCalled();
  });

  it('keeps items: the newest that is signed, and immutable ones', () => {
    const network = new VirtualNetwork(6);
    const members = grow(network, 40);
    const put = (member: Member, item: DhtItem) =>
      until<PutResult>(network, member, onDone => member.node.put(item, { onDone }, network.nowMs));
    const get = (member: Member, target: Uint8Array) =>
      until<GetResult>(network, member, onDone => member.node.get(target, { onDone }, network.nowMs));
    const whole = utf8('995:' + 'x'.repeat(995));
    expect(put(members[1], { value: whole })).toMatchObject({ storedAt: 8 });
    expect(get(members[30], crypto.sha1(whole)).item).toEqual({ value: whole });

    const key = new Uint8Array(32).fill(7);
    const mutable = (seq: number, byte: number): DhtItem => ({
      value: utf8(`i${seq}e`),
      mutable: { key, seq, signature: new Uint8Array(64).fill(byte) },
    });
    expect(put(members[2], mutable(1, 0))).toMatchObject({ storedAt: 8 });
    expect(put(members[2], mutable(5, 0))).toMatchObject({ storedAt: 8 });
    expect(put(members[5], mutable(4, 0))).toMatchObject({ storedAt: 0, refused: 302 });
    expect(get(members[31], crypto.sha1(key)).item).toMatchObject(mutable(5, 0));
  });

  it('believes no item whose signature is wrong', () => {
    const network = new VirtualNetwork(6);
    const members = grow(network, 20);
    const doubter = enter(network, members, 100, { crypto: { ...crypto, verify: () => false } });
    network.run(MINUTE);
    const key = new Uint8Array(32).fill(7);
    const item = { value: utf8('i1e'), mutable: { key, seq: 1, signature: new Uint8Array(64) } };
    until(network, members[1], onDone => members[1].node.put(item, { onDone }, network.nowMs));
    const items: DhtItem[] = [];
    const { item: got } = until<GetResult>(network, doubter, onDone =>
      doubter.node.get(crypto.sha1(key), { onItem: news => items.push(news), onDone }, network.nowMs),
    );
    expect(got).toBeUndefined();
    expect(items).toEqual([]);
  });

  it('tells samples of what is looked for', () => {
    const network = new VirtualNetwork(7);
    const members = grow(network, 30);
    const infoHash = randomId(network.rng);
    until(network, members[3], onDone =>
      members[3].node.getPeers(infoHash, { announce: { port: 1 }, onDone }, network.nowMs),
    );
    const told: DhtSamples[] = [];
    until(network, members[20], onDone =>
      members[20].node.sample(infoHash, { onSamples: samples => told.push(samples), onDone }, network.nowMs),
    );
    const holders = told.filter(({ samples }) => samples.some(sample => bytesEqual(sample, infoHash)));
    expect(holders.length).toBeGreaterThan(5);
    expect(holders[0]).toMatchObject({ stored: 1, interval: expect.any(Number) });
  });

  it('tells nothing after a lookup was cancelled', () => {
    const network = new VirtualNetwork(8);
    const members = grow(network, 20);
    const wrong = () => expect.unreachable();
    const { node, address } = members[3];
    const cancelled = node.findNode(randomId(network.rng), { onDone: wrong }, network.nowMs);
    const begun = node.getPeers(
      randomId(network.rng),
      { announce: { port: 1 }, onPeers: wrong, onDone: wrong },
      network.nowMs,
    );
    cancelled.cancel();
    network.flush(address);
    network.run(100);
    begun.cancel();
    network.run(MINUTE);
    expect(node.stats(network.nowMs)).toMatchObject({ lookups: 0, transactions: 0 });
  });
});

describe('DhtNode', () => {
  it('takes an id that its address may have, once several networks told of the address', () => {
    const network = new VirtualNetwork(9);
    const members = grow(network, 30);
    const id = new Uint8Array(20).fill(1);
    const late = enter(network, members, 100, { id });
    expect(isNodeIdFor(late.address.host, id)).toBe(false);
    network.run(MINUTE);
    expect(isNodeIdFor(late.address.host, late.node.id)).toBe(true);
    const stats = late.node.stats(network.nowMs);
    expect(stats).toMatchObject({ externalAddress: late.address.host });
    expect(stats.goodNodes).toBeGreaterThan(15);
    const { closest } = find(network, members[7], late.node.id);
    expect(closest[0]).toMatchObject(late.address);
    expect(closest[0].id).toEqual(late.node.id);
  });

  it('keeps an id that fits, and any in a local network', () => {
    const network = new VirtualNetwork(9);
    const id = new Uint8Array(20).fill(1);
    const members = grow(network, 10, local);
    const late = addNode(network, local(50), { id });
    late.node.addNodes([members[0].address], network.nowMs);
    network.flush(late.address);
    network.run(MINUTE);
    expect(late.node.id).toEqual(id);
  });

  it('asks but does not answer when it is read-only, and nobody keeps it in mind', () => {
    const network = new VirtualNetwork(10);
    const members = grow(network, 30);
    const reader = enter(network, members, 100, { readOnly: true });
    network.run(MINUTE);
    expect(reader.node.stats(network.nowMs).goodNodes).toBeGreaterThan(15);
    expect(reader.node.stats(network.nowMs).queriesIn).toBe(0);
    const known = members.flatMap(({ node }) => node.contacts(network.nowMs)).map(formatAddress);
    expect(known).not.toContain(formatAddress(reader.address));
    const query = encodeDhtMessage({
      ...{ type: 'query', transaction: utf8('aa'), id: members[0].node.id },
      query: { method: 'ping' },
    });
    reader.node.handlePacket(query, members[0].address, network.nowMs);
    expect(reader.node.poll()).toBeUndefined();
  });

  it('finds the way into one family through nodes of the other', () => {
    const network = new VirtualNetwork(15);
    const six = (i: number) => ({ host: `2001:db8:0:${i.toString(16)}::1`, port: 6881 });
    const both = (i: number): { v4: Member; v6: Member } => {
      const v4 = addNode(network, publicAddress(i), { other: () => v6.node });
      const v6: Member = addNode(network, six(i), { other: () => v4.node });
      return { v4, v6 };
    };
    const old = Array.from({ length: 12 }, (_, i) => both(i));
    for (const { v4, v6 } of old.slice(1)) {
      v4.node.addNodes([old[0].v4.address], network.nowMs);
      v6.node.addNodes([old[0].v6.address], network.nowMs);
      network.flush(v4.address);
      network.flush(v6.address);
    }
    network.run(MINUTE);
    const { v4, v6 } = both(50);
    v4.node.addNodes([old[3].v4.address], network.nowMs);
    network.flush(v4.address);
    network.run(2 * MINUTE);
    expect(v6.node.stats(network.nowMs).goodNodes).toBeGreaterThanOrEqual(8);
  });

  it('goes on trying to get in, less and less often', () => {
    const network = new VirtualNetwork(11);
    const way = publicAddress(1);
    const { node, address } = addNode(network, publicAddress(2));
    node.addNodes([way], network.nowMs);
    network.flush(address);
    network.run(60 * MINUTE);
    expect(node.stats(network.nowMs).queriesOut).toBeGreaterThan(10);
    expect(node.stats(network.nowMs).queriesOut).toBeLessThan(30);
    addNode(network, way);
    network.run(6 * MINUTE);
    expect(node.stats(network.nowMs).goodNodes).toBe(1);
  });

  it('ends lookups with nothing when nobody is known', () => {
    const network = new VirtualNetwork(12);
    const lonely = addNode(network, publicAddress(1));
    expect(find(network, lonely, randomId(network.rng))).toMatchObject({ closest: [], hops: 0, queries: 0 });
  });

  it('replaces those that die, and has few dead ones after half an hour', () => {
    const network = new VirtualNetwork(13);
    const members = grow(network, 60);
    const gone = new Set(members.slice(30).map(({ address }) => address.host));
    for (const { address } of members.slice(30)) network.leave(address);
    network.run(45 * MINUTE);
    for (const { node } of members.slice(0, 30)) {
      expect(node.stats(network.nowMs).goodNodes).toBeGreaterThan(15);
      expect(node.contacts(network.nowMs).filter(({ host }) => gone.has(host))).toEqual([]);
    }
  });

  it('does without a node that has come to refuse whatever it is asked', () => {
    const network = new VirtualNetwork(9);
    const { node, address } = addNode(network, publicAddress(0));
    const out: OutgoingPacket[] = [];
    let refuses = false;
    network.join(publicAddress(1), {
      handlePacket(bytes, to) {
        const { transaction } = decodeDhtMessage(bytes) as DhtQueryMessage;
        const answer: DhtMessage = refuses
          ? { type: 'error', transaction, code: 201, text: 'no' }
          : { type: 'response', transaction, id: new Uint8Array(20).fill(7), answer: {} };
        out.push({ to, packet: encodeDhtMessage(answer) });
      },
      handleTimeout() {},
      nextTimeout: () => Number.POSITIVE_INFINITY,
      poll: () => out.shift(),
    });
    node.addNodes([publicAddress(1)], network.nowMs);
    network.flush(address);
    network.run(MINUTE);
    expect(node.stats(network.nowMs).nodes).toBe(1);
    refuses = true;
    network.run(60 * MINUTE);
    expect(node.stats(network.nowMs).nodes).toBe(0);
  });

  it('knows the same nodes after an hour without network', () => {
    const network = new VirtualNetwork(14);
    const members = grow(network, 30);
    const { node } = members[5];
    const before = node.stats(network.nowMs).nodes;
    network.loss = 1;
    network.run(60 * MINUTE);
    expect(node.stats(network.nowMs)).toMatchObject({ nodes: before, goodNodes: 0 });
    network.loss = 0;
    network.run(20 * MINUTE);
    expect(node.stats(network.nowMs).goodNodes).toBeGreaterThan(0.8 * before);
  });

  it('takes no answer that it did not ask for, and none from elsewhere', () => {
    const nowMs = 1000;
    const node = new DhtNode({ family: 4, rng: createRng(1), crypto }, nowMs);
    const way = publicAddress(1);
    node.addNodes([way], nowMs);
    node.handleTimeout(nowMs);
    const { packet, to } = node.poll()!;
    expect(to).toEqual(way);
    const { transaction } = decodeDhtMessage(packet)!;
    const answer = (from: PeerAddress, transaction: Uint8Array) =>
      node.handlePacket(
        encodeDhtMessage({ type: 'response', transaction, id: randomId(createRng(3)), answer: {} }),
        from,
        nowMs,
      );
    answer({ ...way, port: 1 }, transaction);
    answer(publicAddress(2), transaction);
    answer(
      way,
      transaction.map(byte => byte ^ 1),
    );
    expect(node.stats(nowMs)).toMatchObject({ nodes: 0, dropped: 3 });
    answer(way, transaction);
    answer(way, transaction);
    expect(node.stats(nowMs)).toMatchObject({ nodes: 1, answersIn: 1, dropped: 4 });
  });

  it('stays within its bounds under a flood of queries from anywhere', () => {
    const node = new DhtNode({ family: 4, rng: createRng(1), crypto }, 0);
    const rng = createRng(2);
    for (let i = 0; i < 20_000; i++) {
      const query = encodeDhtMessage({
        ...{ type: 'query', transaction: utf8('aa'), id: randomId(rng) },
        query: { method: 'find_node', target: randomId(rng) },
      });
      node.handlePacket(query, publicAddress(i), i);
      if (node.nextTimeout() <= i) node.handleTimeout(i);
    }
    const { nodes, transactions, queriesIn, queriesOut, dropped } = node.stats(20_000);
    expect({ nodes, queriesIn }).toEqual({ nodes: 0, queriesIn: 20_000 });
    expect(transactions).toBeLessThanOrEqual(8 * 6);
    // Nobody whose address was forged is asked much.
    expect(queriesOut).toBeLessThan(1000);
    expect(dropped).toBeGreaterThan(10_000);
    let waiting = 0;
    while (node.poll() !== undefined) waiting++;
    expect(waiting).toBeLessThanOrEqual(1024);
  });

  it('never throws, whatever comes in', () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    const address = fc.record({
      host: fc.constantFrom(
        '20.0.1.2',
        '20.0.2.3',
        '127.0.0.1',
        '::1',
        '2001:db8::1',
        '224.0.0.1',
        'nonsense',
      ),
      port: fc.integer({ min: 0, max: 65535 }),
    });
    const contact = fc.record({ id: bytes(20), host: fc.ipV4(), port: fc.integer({ min: 0, max: 65535 }) });
    const message: fc.Arbitrary<DhtMessage> = fc.oneof(
      fc.record({
        type: fc.constant('query' as const),
        transaction: bytes(4),
        id: bytes(20),
        query: fc.oneof(
          fc.constant({ method: 'ping' as const }),
          fc.record({ method: fc.constant('find_node' as const), target: bytes(20) }),
          fc.record({ method: fc.constant('get_peers' as const), infoHash: bytes(20) }),
          fc.record({ method: fc.constant('get' as const), target: bytes(20) }),
          fc.record({ method: fc.constant('sample_infohashes' as const), target: bytes(20) }),
        ),
      }),
      fc.record({
        type: fc.constant('response' as const),
        transaction: bytes(4),
        id: bytes(20),
        answer: fc.record(
          { nodes: fc.array(contact, { maxLength: 30 }), token: bytes(4) },
          { requiredKeys: [] },
        ),
      }),
      fc.record({
        type: fc.constant('error' as const),
        transaction: bytes(4),
        code: fc.nat(),
        text: fc.string({ maxLength: 20 }),
      }),
    );
    const step = fc.record({
      packet: fc.oneof(
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
        { weight: 4, arbitrary: message.map(encodeDhtMessage) },
      ),
      /** Answers what was asked last, from there. */
      honest: fc.boolean(),
      from: address,
      afterMs: fc.nat(20_000),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.constantFrom<4 | 6>(4, 6), (steps, family) => {
        const node = new DhtNode({ family, rng: createRng(1), crypto }, 0);
        let nowMs = 0;
        node.addNodes([publicAddress(1)], nowMs);
        node.getPeers(new Uint8Array(20), { announce: { port: 1 } }, nowMs);
        let asked = node.poll();
        for (const { packet, honest, from, afterMs } of steps) {
          nowMs += afterMs;
          const message = asked && honest ? decodeDhtMessage(packet) : undefined;
          if (asked && message?.type === 'response') {
            const { transaction } = decodeDhtMessage(asked.packet)!;
            node.handlePacket(encodeDhtMessage({ ...message, transaction }), asked.to, nowMs);
          } else node.handlePacket(packet, from, nowMs);
          node.handleTimeout(nowMs);
          for (let out = node.poll(); out !== undefined; out = node.poll()) asked = out;
          expect(node.nextTimeout()).not.toBeNaN();
        }
      }),
    );
  });
});
