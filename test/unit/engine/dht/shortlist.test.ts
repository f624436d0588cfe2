import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareDistance, randomIdSharing } from '../../../../src/engine/dht/distance.js';
import { type Candidate, Shortlist, type ShortlistOptions } from '../../../../src/engine/dht/shortlist.js';
import { createRng } from '../../../../src/engine/policy/rng.js';
import type { DhtContact } from '../../../../src/engine/protocol/dht/messages.js';

const target = new Uint8Array(20);
const ownId = new Uint8Array(20).fill(0xff);

const idAt = (bits: number, seed = 1) => randomIdSharing(target, bits, createRng(seed));

function contact(bits: number, host: string, seed = 1): DhtContact {
  return { id: idAt(bits, seed), host, port: 6881 };
}

/** With some nodes of our own table; the first of them tells of others. */
function seeded(count = 4, options: Partial<ShortlistOptions> = {}) {
  const list = new Shortlist({ target, ownId, density: 5, fits: () => true, ...options });
  list.seed(Array.from({ length: count }, (_, i) => contact(0, `30.0.${i}.1`, i + 1)));
  return { list, tellers: [...list.candidates] };
}

const hosts = (list: Shortlist) => list.candidates.map(({ host }) => host);
const at = (list: Shortlist, host: string) => list.candidates.find(candidate => candidate.host === host)!;

describe('Shortlist', () => {
  it('is in order, and bounded, whatever it is told', () => {
    const told = fc.array(
      fc.record({
        bits: fc.nat(60),
        seed: fc.nat(),
        host: fc
          .tuple(fc.integer({ min: 20, max: 29 }), fc.nat(20), fc.nat(3))
          .map(([a, b, c]) => `${a}.0.${b}.${c}`),
      }),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(fc.array(told, { maxLength: 30 }), answers => {
        const { list, tellers } = seeded();
        answers.forEach((answer, i) => {
          list.told(
            answer.map(({ bits, seed, host }) => contact(bits, host, seed)),
            tellers[i % tellers.length],
          );
        });
        const { candidates } = list;
        expect(candidates.length).toBeLessThanOrEqual(128);
        for (let i = 1; i < candidates.length; i++)
          expect(compareDistance(target, candidates[i - 1].id, candidates[i].id)).toBeLessThanOrEqual(0);
        const subnets = candidates.map(({ place }) => place.subnet);
        expect(
          Math.max(...subnets.map(one => subnets.filter(other => other === one).length)),
        ).toBeLessThanOrEqual(2);
      }),
    );
  });

  it('takes sixteen nodes of one answer', () => {
    const { list, tellers } = seeded(1);
    list.told(
      Array.from({ length: 1000 }, (_, i) => contact(10, `20.${i >> 8}.${i & 255}.1`, i + 1)),
      tellers[0],
    );
    expect(list.candidates).toHaveLength(17);
  });

  it('lets the farthest go when it is full', () => {
    const { list, tellers } = seeded(1);
    for (let round = 0; round < 20; round++)
      list.told(
        Array.from({ length: 16 }, (_, i) => contact(1 + round, `20.${round}.${i}.1`, round * 16 + i)),
        tellers[0],
      );
    expect(list.candidates).toHaveLength(128);
    expect(hosts(list).filter(host => host.startsWith('20.19.'))).toHaveLength(16);
    expect(hosts(list).filter(host => host.startsWith('20.1.'))).toHaveLength(0);
  });

  it('never has ourselves, nor what cannot be a node', () => {
    const { list, tellers } = seeded(1);
    list.told(
      [{ ...contact(9, '20.0.0.1'), id: ownId }, contact(8, '224.0.0.1'), contact(8, '0.0.0.0')],
      tellers[0],
    );
    expect(list.candidates).toEqual(tellers);
  });

  it('is not sent into our local network by somebody out there', () => {
    const { list, tellers } = seeded(1);
    list.told([contact(8, '192.168.0.1'), contact(9, '127.0.0.1')], tellers[0]);
    expect(list.candidates).toEqual(tellers);
    list.seed([contact(1, '192.168.0.7')]);
    list.told([contact(8, '192.168.0.1')], at(list, '192.168.0.7'));
    expect(hosts(list)).toContain('192.168.0.1');
  });

  it('gives a wrong id told of an honest node no power over the right one', () => {
    const { list, tellers } = seeded();
    const [liar, honest] = tellers;
    list.told([contact(40, '20.0.0.1', 1)], liar);
    list.told([contact(7, '20.0.0.1', 2)], honest);
    expect(hosts(list).filter(host => host === '20.0.0.1')).toHaveLength(2);
    list.told([contact(41, '20.0.0.1', 3)], liar);
    expect(hosts(list).filter(host => host === '20.0.0.1')).toHaveLength(2);
    list.drop(list.candidates[0]);
    list.told([contact(30, '20.0.0.1', 4)], honest);
    expect(hosts(list).filter(host => host === '20.0.0.1')).toHaveLength(2);
  });

  it('does not believe a teller whose nodes do not answer, unless others tell the same', () => {
    const { list, tellers } = seeded();
    const [liar, honest, another] = tellers;
    list.told(
      Array.from({ length: 8 }, (_, i) => contact(12, `20.0.${i}.1`, i + 1)),
      liar,
    );
    const told = Array.from({ length: 8 }, (_, i) => at(list, `20.0.${i}.1`));
    for (const candidate of told.slice(0, 4)) {
      candidate.ask();
      expect(told[7].trusted).toBe(true);
      candidate.failed('late');
    }
    expect(told[7].trusted).toBe(false);
    list.told([contact(12, '20.0.7.1', 8)], liar);
    expect(told[7].trusted).toBe(false);
    list.told([contact(12, '20.0.7.1', 8)], honest);
    expect(told[7].trusted).toBe(true);
    list.told([contact(13, '20.9.9.1')], another);
    expect(at(list, '20.9.9.1').trusted).toBe(true);
    // One of them was only slow.
    told[0].answered();
    expect(told[6].trusted).toBe(true);
  });

  it('counts tellers of one network as one', () => {
    const { list } = seeded();
    list.seed([contact(1, '40.0.0.1', 50), contact(1, '40.0.0.2', 51)]);
    list.told([contact(12, '20.0.0.1')], at(list, '40.0.0.1'));
    list.told([contact(12, '20.0.0.1')], at(list, '40.0.0.2'));
    expect(at(list, '20.0.0.1').tellers).toHaveLength(1);
  });

  it('finds ids suspicious that are much nearer than nodes are, unless their addresses may have them', () => {
    const fits = (_: Uint8Array, host: string) => host !== '20.0.1.1';
    const { list, tellers } = seeded(1, { density: 5, fits });
    list.told([contact(40, '20.0.0.1'), contact(41, '20.0.1.1'), contact(10, '20.0.2.1')], tellers[0]);
    expect(list.candidates.filter(({ trusted }) => !trusted).map(({ host }) => host)).toEqual(['20.0.1.1']);
  });

  it('counts the answers that led to a node', () => {
    const { list, tellers } = seeded();
    list.told([contact(12, '20.0.0.1')], tellers[0]);
    list.told([contact(13, '20.0.1.1')], at(list, '20.0.0.1'));
    list.told([contact(13, '20.0.1.1')], tellers[1]);
    const hops = (host: string): Candidate['hops'] => at(list, host).hops;
    expect([tellers[0].hops, hops('20.0.0.1'), hops('20.0.1.1')]).toEqual([1, 2, 3]);
  });
});
