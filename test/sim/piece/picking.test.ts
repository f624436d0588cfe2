import { expect, it } from 'vitest';
import { createRng } from '../../../src/engine/policy/rng.js';
import { BLOCK_BYTES } from '../../../src/engine/protocol/peer/messages.js';
import { createJsMachine } from '../../../src/sim/machine.js';
import { NONE } from '../../../src/sim/piece/edges.js';
import { DOWNLOAD, Downloads } from '../../../src/sim/piece/flow.js';
import { PiecePicking } from '../../../src/sim/piece/picking.js';
import { PieceTables } from '../../../src/sim/piece/tables.js';
import { drawPopulation } from '../../../src/sim/population.js';
import { resolveScenario, type Scenario } from '../../../src/sim/scenario.js';

const BLOCKS = 4;
const PIECES = 6;

/** A seed, 0, and three downloaders, of which 1 knows all others. */
function swarm(options: Partial<Scenario> = {}) {
  const scenario = resolveScenario({
    fileBytes: (PIECES - 1) * BLOCKS * BLOCK_BYTES + BLOCK_BYTES,
    pieceLength: BLOCKS * BLOCK_BYTES,
    groups: [{ name: 'peers', peers: 3, up: 1000, down: 1000 }],
    seedUp: 1000,
    superSeeding: false,
    ...options,
  });
  const plans = drawPopulation(scenario);
  const tables = new PieceTables(createJsMachine, plans.length, scenario.pieces, 1);
  for (let piece = 0; piece < PIECES; piece++) tables.gain(0, piece);
  const gain = (peer: number, ...pieces: number[]) => {
    for (const piece of pieces) tables.gain(peer, piece);
  };
  const meet = () => {
    for (const other of [0, 2, 3]) tables.addNeighbour(1, other);
  };
  const downloads = new Downloads();
  const picking = new PiecePicking(scenario, plans, tables, downloads, createRng(1));
  return {
    ...{ tables, gain, meet, picking },
    /** The piece that is chosen. */
    choosePiece: (to: number, from: number) => downloads.pieceOf(picking.choose(to, from)),
    /** One more neighbour brings it. */
    bring: (download: number) => downloads.whole[2 * DOWNLOAD.width * download + DOWNLOAD.flows]++,
    /** So much of it came. */
    come: (download: number, bytes: number) => {
      downloads.real[DOWNLOAD.width * download + DOWNLOAD.remainingBytes] -= bytes;
    },
    pieceOf: (download: number) => downloads.pieceOf(download),
  };
}

it('a new piece: the first ones at random, then the rarest of those that the neighbour has', () => {
  const { gain, meet, choosePiece } = swarm();
  gain(1, 0, 1, 2, 3);
  gain(2, 4, 5);
  gain(3, 4);
  meet();
  expect(choosePiece(1, 2)).toBe(5);
  expect(choosePiece(1, 2)).toBe(4);
});

it('sequential: by number', () => {
  const { meet, choosePiece } = swarm({ picker: 'sequential' });
  meet();
  expect([0, 1, 2].map(() => choosePiece(1, 0))).toEqual([0, 1, 2]);
});

it('the last piece is shorter', () => {
  const { picking } = swarm();
  expect([picking.pieceBytes(0), picking.pieceBytes(PIECES - 1)]).toEqual([
    BLOCKS * BLOCK_BYTES,
    BLOCK_BYTES,
  ]);
});

it('a seed that spreads its first copy sends every piece once before any twice', () => {
  const { choosePiece } = swarm({ superSeeding: true });
  const sent = [1, 2, 3, 1, 2, 3].map(to => choosePiece(to, 0));
  expect(new Set(sent).size).toBe(PIECES);
});

it('a piece that was interrupted comes first, and one of which nothing came is forgotten', () => {
  const { meet, tables, picking, bring, come, pieceOf } = swarm({ picker: 'sequential' });
  meet();
  const begun = picking.choose(1, 0);
  come(begun, 1);
  picking.interrupted(begun);
  expect(picking.choose(1, 0)).toBe(begun);
  bring(begun);
  const untouched = picking.choose(1, 0);
  expect(pieceOf(untouched)).toBe(1);
  picking.interrupted(untouched);
  expect(picking.open.of(1)).toEqual([begun]);
  expect(tables.has(tables.busyAt(1), 1)).toBe(false);
});

it('with nothing new, helps with a piece under way while there is a block for each that brings it', () => {
  const { gain, meet, picking, bring } = swarm();
  gain(1, 0, 1, 2, 3, 5);
  gain(2, 4);
  gain(3, 3);
  meet();
  const download = picking.choose(1, 0);
  bring(download);
  expect(picking.choose(1, 3)).toBe(NONE);
  for (let flows = 1; flows < BLOCKS; flows++) {
    expect(picking.choose(1, 2)).toBe(download);
    bring(download);
  }
  expect(picking.choose(1, 2)).toBe(NONE);
});
