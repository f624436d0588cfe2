/** Tables on both backends against sets of pieces. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJsMachine } from '../../../src/sim/machine.js';
import { NONE } from '../../../src/sim/piece/edges.js';
import { PieceTables } from '../../../src/sim/piece/tables.js';
import { createWasmMachines } from '../machines.js';

const backends = { js: createJsMachine, wasm: createWasmMachines() };

const swarm = fc.record({
  pieces: fc.integer({ min: 1, max: 300 }),
  luck: fc.nat(),
  from: fc.nat(300),
  gains: fc.array(fc.record({ peer: fc.nat(2), piece: fc.nat(299) }), { maxLength: 200 }),
  busy: fc.array(fc.nat(299), { maxLength: 20 }),
});

for (const [name, createMachine] of Object.entries(backends))
  describe.skipIf(createMachine === undefined)(name, () => {
    it('counts, wants and chooses as sets of pieces do', () => {
      fc.assert(
        fc.property(swarm, ({ pieces, luck, from, gains, busy }) => {
          const tables = new PieceTables(createMachine!, 3, pieces, 1);
          // what lies before the first peer's tables
          const below = () => Buffer.from(tables.memory.slice(tables.countsAt(0) - 2048, tables.countsAt(0)));
          const have = [new Set<number>(), new Set<number>(), new Set<number>()];
          // 1 and 2 are neighbours of 0: 1 from the start, 2 with all that it has by then
          for (const { peer, piece: any } of gains) {
            const piece = any % pieces;
            if (have[peer].has(piece)) continue;
            have[peer].add(piece);
            tables.gain(peer, piece);
            // 2 is not there yet
            const untouched = below();
            if (peer === 1) tables.heard(Int32Array.of(2, NONE, 0), 1, 3, piece);
            expect(below().equals(untouched)).toBe(true);
            expect([0, 1, 2].map(other => tables.holds(other, piece))).toEqual(
              have.map(pieces => pieces.has(piece)),
            );
          }
          tables.addNeighbour(0, 2);
          for (const piece of busy) tables.set(tables.busyAt(0), piece % pieces);
          const busyNow = new Set(busy.map(piece => piece % pieces));
          const copies = (piece: number) => Number(have[1].has(piece)) + Number(have[2].has(piece));
          for (let piece = 0; piece < pieces; piece++) {
            expect(tables.count(0, piece)).toBe(copies(piece));
            expect(tables.has(tables.haveAt(0), piece)).toBe(have[0].has(piece));
          }
          const wanted = [...have[1]].filter(piece => !have[0].has(piece));
          expect(tables.wanted(0, 1)).toBe(wanted.length);
          const free = wanted.filter(piece => !busyNow.has(piece)).sort((a, b) => a - b);
          const rarest = tables.rarest(0, 1, tables.countsAt(0), luck);
          if (free.length === 0) expect(rarest).toBe(-1);
          else {
            expect(free).toContain(rarest);
            expect(copies(rarest)).toBe(Math.min(...free.map(copies)));
          }
          const start = from % pieces;
          const first = free.find(piece => piece >= start) ?? free[0] ?? -1;
          expect(tables.firstFrom(0, 1, start)).toBe(first);
          tables.removeNeighbour(0, 2);
          for (let piece = 0; piece < pieces; piece++)
            expect(tables.count(0, piece)).toBe(Number(have[1].has(piece)));
          expect(tables.isComplete(0)).toBe(have[0].size === pieces);
        }),
      );
    });
  });
