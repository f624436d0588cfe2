import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QUIET_MS } from '../../../../src/engine/dht/bucket.js';
import { compareDistance, randomId, randomIdSharing } from '../../../../src/engine/dht/distance.js';
import { K, RoutingTable } from '../../../../src/engine/dht/routing-table.js';
import { createRng } from '../../../../src/engine/policy/rng.js';
import type { DhtContact } from '../../../../src/engine/protocol/dht/messages.js';

const ownId = new Uint8Array(20);
const NOW = 1_000_000;

function emptyTable(fits = (_id: Uint8Array, _host: string) => true): RoutingTable {
  return new RoutingTable({ ownId, fits }, NOW);
}

/** An id that shares exactly so many bits with ours. */
function idAt(bits: number, seed = 1): Uint8Array {
  return randomIdSharing(ownId, bits, createRng(seed));
}

/** In a /24 of its own. */
function contact(id: Uint8Array, i: number): DhtContact {
  return { id, host: `20.${i >> 8}.${i & 255}.7`, port: 6881 };
}

/** A bucket of ids that begin otherwise than ours, full. */
function filled(count = K, fits?: (id: Uint8Array, host: string) => boolean) {
  const table = emptyTable(fits);
  const near = contact(idAt(30), 200);
  const far = Array.from({ length: count }, (_, i) => contact(idAt(0, i + 1), i));
  for (const node of [near, ...far]) table.answered(node, NOW);
  return { table, near, far };
}

const hosts = (nodes: Iterable<DhtContact>) => [...nodes].map(({ host }) => host);

/** Ids that share any number of bits with ours: by chance alone they would all be far. */
const anyId = fc
  .tuple(fc.integer({ min: 0, max: 159 }), fc.nat())
  .map(([bits, seed]) => randomIdSharing(ownId, bits % 24, createRng(seed)));

describe('RoutingTable', () => {
  it('finds the closest as looking at all nodes does', () => {
    fc.assert(
      fc.property(
        fc.array(anyId, { maxLength: 200 }),
        anyId,
        fc.integer({ min: 1, max: 20 }),
        (ids, target, count) => {
          const table = emptyTable();
          ids.forEach((id, i) => {
            table.answered(contact(id, i), NOW);
          });
          const all = table.buckets.flatMap(({ nodes }) => nodes);
          all.sort((a, b) => compareDistance(target, a.id, b.id));
          expect(hosts(table.closest(target, count))).toEqual(hosts(all.slice(0, count)));
        },
      ),
    );
  });

  it('keeps its bounds, whatever comes', () => {
    const step = fc.record({
      id: anyId,
      host: fc
        .tuple(fc.integer({ min: 20, max: 21 }), fc.nat(3), fc.nat(3))
        .map(([a, b, c]) => `${a}.0.${b}.${c}`),
      port: fc.integer({ min: 1, max: 3 }),
      fails: fc.boolean(),
      afterMs: fc.nat(QUIET_MS),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), steps => {
        const table = emptyTable();
        let nowMs = NOW;
        for (const { afterMs, fails, ...node } of steps) {
          nowMs += afterMs;
          if (fails) table.failed(node, true);
          else table.answered(node, nowMs);
        }
        const all = table.buckets.flatMap(({ nodes, spares }) => [...nodes, ...spares]);
        for (const { nodes, spares } of table.buckets) {
          expect(nodes.length).toBeLessThanOrEqual(K);
          expect(spares.length).toBeLessThanOrEqual(8);
          expect(most([...nodes, ...spares].map(({ place }) => place.subnet))).toBeLessThanOrEqual(2);
        }
        expect(most(all.map(({ place }) => place.subnet))).toBeLessThanOrEqual(10);
        expect(new Set(hosts(all)).size).toBe(all.length);
        table.buckets.forEach((bucket, bits) => {
          const last = bits === table.buckets.length - 1;
          for (const { id } of bucket.nodes) {
            const shared = sharedWithZero(id);
            expect(last ? shared >= bits : shared === bits).toBe(true);
          }
        });
      }),
    );
  });

  it('has ten nodes of a network, wherever they say to be', () => {
    const table = emptyTable();
    for (let i = 0; i < 400; i++) table.answered(contact(idAt(i % 24, i), i), NOW);
    for (let i = 0; i < 20; i++)
      table.answered({ id: idAt(i, 1000 + i), host: `99.0.0.${i + 1}`, port: 6881 }, NOW);
    const all = table.buckets.flatMap(({ nodes, spares }) => hosts([...nodes, ...spares]));
    expect(all.filter(host => host.startsWith('99.'))).toHaveLength(10);
  });

  it('splits only the bucket around our own id', () => {
    const { table } = filled(50);
    expect(table.buckets.map(({ nodes }) => nodes.length)).toEqual([8, 1]);
    for (let i = 0; i < 50; i++) table.answered(contact(idAt(i % 5, 100 + i), 100 + i), NOW);
    expect(table.buckets.length).toBeGreaterThan(3);
    expect(table.buckets.slice(0, -2).every(({ nodes }) => nodes.length === 8)).toBe(true);
  });

  it('keeps nodes that answer, and newcomers as spares', () => {
    const { table, far } = filled(9);
    expect(hosts(table.buckets[0].nodes)).toEqual(hosts(far.slice(0, 8)));
    expect(hosts(table.buckets[0].spares)).toEqual(hosts(far.slice(8)));
    expect(table.wants(contact(idAt(0, 99), 99), NOW)).toBe(false);
  });

  it('has eight spares, those seen last', () => {
    const { table, far } = filled(40);
    expect(hosts(table.buckets[0].spares)).toEqual(hosts(far.slice(32)));
    table.answered(far[20], NOW);
    expect(hosts(table.buckets[0].spares)).toEqual(hosts([...far.slice(33), far[20]]));
  });

  it('puts a spare in the place of a node that failed twice in a row', () => {
    const { table, far } = filled(9);
    table.failed(far[3], true);
    table.answered(far[3], NOW);
    table.failed(far[3], true);
    expect(hosts(table.buckets[0].nodes)).toContain(far[3].host);
    table.failed(far[3], true);
    expect(hosts(table.buckets[0].nodes)).not.toContain(far[3].host);
    expect(hosts(table.buckets[0].nodes)).toContain(far[8].host);
  });

  it('names the one to ask when a newcomer finds a questionable node', () => {
    const { table, far } = filled(8);
    const laterMs = NOW + QUIET_MS;
    for (const node of far.slice(1)) table.answered(node, laterMs);
    const newcomer = contact(idAt(0, 99), 99);
    expect(table.wants(newcomer, laterMs)).toBe(true);
    expect(table.answered(newcomer, laterMs)?.host).toBe(far[0].host);
    expect(hosts(table.buckets[0].nodes)).toContain(far[0].host);
  });

  it('takes a query for a sign of life of those who have answered', () => {
    const { table, far } = filled(8);
    const laterMs = NOW + QUIET_MS;
    expect(table.good(laterMs)).toEqual([]);
    expect(table.asked(far[0].id, far[0], laterMs)).toBe(true);
    expect(table.asked(far[1].id, { ...far[1], port: 1 }, laterMs)).toBe(false);
    expect(hosts(table.good(laterMs))).toEqual([far[0].host]);
  });

  it('tells of nodes that fail only when there are no others', () => {
    const { table, far, near } = filled(2);
    table.failed(far[0], true);
    expect(hosts(table.closest(far[0].id, 8))).toEqual([far[1].host, near.host]);
    table.failed(far[1], true);
    table.failed(near, true);
    expect(table.usable).toBe(false);
    expect(table.closest(far[0].id, 8)).toHaveLength(3);
  });

  it('forgets nobody while nobody answers at all', () => {
    const { table, far } = filled(8);
    for (let i = 0; i < 5; i++) for (const node of far) table.failed(node, false);
    expect(table.buckets[0].nodes).toHaveLength(8);
    table.failed(far[0], true);
    expect(table.buckets[0].nodes).toHaveLength(7);
  });

  it('has one node an address, and lets it stay while it is good', () => {
    const { table, far } = filled(4);
    const second = { ...far[0], id: idAt(1), port: 7000 };
    table.answered(second, NOW);
    expect(table.size).toBe(5);
    table.answered(second, NOW + QUIET_MS);
    expect(table.closest(second.id, 1)[0].port).toBe(7000);
    expect(table.size).toBe(5);
  });

  it('drops a node whose id has changed, and does not take the other id at once', () => {
    const { table, far } = filled(4);
    table.answered({ ...far[0], id: idAt(3) }, NOW);
    expect(hosts(table.closest(ownId, 8))).not.toContain(far[0].host);
    table.answered({ ...far[0], id: idAt(3) }, NOW);
    expect(hosts(table.closest(ownId, 8))).toContain(far[0].host);
  });

  it('believes nobody who has the id of a good node at another address', () => {
    const { table, far } = filled(4);
    table.answered({ ...far[0], host: '99.9.9.9' }, NOW);
    expect(hosts(table.closest(far[0].id, 1))).toEqual([far[0].host]);
    table.answered({ ...far[0], host: '99.9.9.9' }, NOW + QUIET_MS);
    expect(hosts(table.closest(far[0].id, 1))).toEqual(['99.9.9.9']);
  });

  it('has no such limits in local networks', () => {
    const table = emptyTable();
    for (let i = 0; i < 8; i++) {
      table.answered({ id: idAt(0, i + 1), host: '127.0.0.1', port: 1000 + i }, NOW);
      table.answered({ id: idAt(1, i + 1), host: `fd00::${i + 1}`, port: 1000 }, NOW);
    }
    expect(table.size).toBe(16);
  });

  it('prefers ids that their addresses may have', () => {
    const unfit = '20.0.2.7';
    const { table, far } = filled(8, (_, host) => host !== unfit);
    const newcomer = contact(idAt(0, 99), 99);
    expect(table.wants(newcomer, NOW)).toBe(true);
    table.answered(newcomer, NOW);
    expect(hosts(table.buckets[0].nodes)).not.toContain(unfit);
    expect(hosts(table.buckets[0].spares)).toEqual([unfit]);
    expect(table.wants(contact(idAt(0, 98), 98), NOW)).toBe(false);
    expect(far).toHaveLength(8);
  });

  it('takes nobody with our own id or with an address that cannot be a node', () => {
    const table = emptyTable();
    table.answered(contact(ownId, 1), NOW);
    table.answered({ id: idAt(1), host: '224.0.0.1', port: 6881 }, NOW);
    table.answered({ id: idAt(2), host: '::', port: 6881 }, NOW);
    expect(table.size).toBe(0);
  });

  it('takes over what another table knows', () => {
    const { table } = filled(20);
    const other = new RoutingTable({ ownId: randomId(createRng(5)), fits: () => true }, NOW);
    other.adopt(table);
    expect(other.size).toBeGreaterThanOrEqual(9);
  });
});

function most(keys: readonly (string | undefined)[]): number {
  const counts = new Map<string, number>();
  for (const key of keys) if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  return Math.max(0, ...counts.values());
}

function sharedWithZero(id: Uint8Array): number {
  const first = id.findIndex(byte => byte !== 0);
  return 8 * first + Math.clz32(id[first]) - 24;
}
