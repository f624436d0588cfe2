// Time of one pick as the pieces of a torrent grow.
import { bitfieldBytes } from '../../dist/engine/kernels/types.js';
import { Picker } from '../../dist/engine/policy/picker.js';
import { createRng } from '../../dist/engine/policy/rng.js';
import { createArena } from '../../dist/workers/arena.js';
import { lineChart } from '../lib/charts.mjs';
import { duration, group, spread } from '../lib/format.mjs';
import { measure } from '../lib/measure.mjs';
import { figureOf } from '../lib/part.mjs';
import { fitPower, inUnits } from '../lib/stats.mjs';

const PIECES = [1000, 10_000, 100_000, 1_000_000];
const NEIGHBOURS = 50;
const PIECE_BYTES = 256 * 1024;
const BLOCKS = 16;
const BACKENDS = ['wasm', 'js'];

/** An exponent is compared as 10^exponent, so that a tolerance is a share of a ratio. */
const TOLERANCE = 0.35;

/** @param {import('../lib/part.mjs').Context} context */
export async function scalePicks({ quick, samples, signal, progress }) {
  const results = [];
  for (const pieces of PIECES) {
    signal.throwIfAborted();
    progress(`picks of ${group(pieces)} pieces`);
    const variants = Object.fromEntries(BACKENDS.map(kernels => [kernels, picking(kernels, pieces)]));
    const rounds = await measure(variants, { samples, timeMs: quick ? 20 : 100 });
    results.push({
      pieces,
      seconds: Object.fromEntries(BACKENDS.map(name => [name, rounds.summary(name, seconds => seconds)])),
      ratio: rounds.ratio('js', 'wasm', seconds => seconds),
    });
  }
  const fits = Object.fromEntries(
    BACKENDS.map(name => [
      name,
      fitPower(results.map(({ pieces, seconds }) => [pieces, seconds[name].median])),
    ]),
  );
  return {
    method: `Picks: the piece picker asked by one of ${NEIGHBOURS} neighbours, each with half of the pieces, for the ${BLOCKS} blocks of one new piece, the rarest.`,
    tables: [
      {
        title: 'Time of one pick',
        columns: ['pieces', 'wasm', 'js', 'wasm : js'],
        rows: results.map(({ pieces, seconds, ratio }) => [
          group(pieces),
          duration(seconds.wasm.median),
          duration(seconds.js.median),
          spread(ratio),
        ]),
        notes: [
          `growth exponents: wasm ${fits.wasm.exponent.toFixed(2)}, js ${fits.js.exponent.toFixed(2)}; 1 is in proportion`,
        ],
      },
    ],
    charts: [
      {
        name: 'scale-picks',
        title: 'Time of one pick as pieces grow',
        svg: lineChart({
          title: 'Time of one pick as pieces grow',
          subtitle: 'Median, whiskers from minimum to maximum',
          xTitle: 'pieces',
          yTitle: 'µs of one pick',
          log: true,
          series: BACKENDS.map(name => ({
            name,
            fit: { factor: fits[name].factor * 1e6, exponent: fits[name].exponent },
            points: results.map(({ pieces, seconds }) => [pieces, seconds[name].median * 1e6]),
            spread: results.map(({ seconds }) => inUnits(seconds[name], 1e-6)),
          })),
        }),
      },
    ],
    figures: [
      ...BACKENDS.map(name => ({
        id: `scale.picks.${name}.growth per decade`,
        value: 10 ** fits[name].exponent,
        unit: 'x',
        better: 'lower',
        tolerance: TOLERANCE,
      })),
      ...results.map(({ pieces, ratio }) => figureOf(`scale.picks.${pieces}.wasm/js`, ratio, 'x', 'higher')),
    ],
    data: { results, fits },
  };
}

/** A pick that is taken back, so that the next one finds the same. */
function picking(backend, pieces) {
  const arena = createArena({ threads: 0, budgetBytes: 16 * 1024, kernels: backend });
  const { kernels, heap, bytes } = arena;
  const rng = createRng(1);
  const picker = new Picker({
    kernels,
    heap,
    rng,
    pieceCount: pieces,
    pieceLength: PIECE_BYTES,
    length: pieces * PIECE_BYTES,
    randomFirstPieces: 0,
  });
  const length = bitfieldBytes(pieces);
  const fields = Array.from({ length: NEIGHBOURS }, () => {
    const at = heap.allocate(length);
    for (let i = 0; i < length; i++) bytes[at + i] = rng.u32();
    if (pieces % 8 !== 0) bytes[at + length - 1] &= 0xff << (8 - (pieces % 8));
    picker.addPeer(at);
    return at;
  });
  let turn = 0;
  return () => {
    turn++;
    const peer = { key: 1, bitsAt: fields[turn % NEIGHBOURS], slow: false, parole: false, wholePieces: true };
    const [block] = picker.pick(peer, BLOCKS, 1, turn);
    picker.abort(block.piece);
  };
}
