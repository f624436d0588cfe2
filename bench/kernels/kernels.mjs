// Part `kernels`: every kernel on every backend.
import { barChart } from '../lib/charts.mjs';
import { duration, figure, spread, times } from '../lib/format.mjs';
import { figureOf } from '../lib/part.mjs';
import { inUnits } from '../lib/stats.mjs';
import { hashCases } from './hash-cases.mjs';
import { measureCase } from './measure.mjs';
import { tableCases } from './table-cases.mjs';

/** CPUID leaf 7, EBX bit 29: SHA extensions (OPENSSL_ia32cap(3), second word). */
const MASK = ':~0x20000000';

/** Ratios move by a tenth between runs; with --quick on a busy machine by more. */
const TOLERANCE = 0.3;

const TITLES = {
  sha1x4: 'SHA-1',
  sha256x4: 'SHA-256',
  sha1: 'SHA-1, one message',
  sha256: 'SHA-256, one message',
};

/** @param {import('../lib/part.mjs').Context} context @returns {Promise<import('../lib/part.mjs').PartResult>} */
export async function run({ quick, samples, processes, machine, signal, progress }) {
  const options = { samples, timeMs: quick ? 10 : 50 };
  const measureAll = async cases => {
    const results = [];
    for (const kase of cases) {
      signal.throwIfAborted();
      progress(`${kase.kernel} on ${kase.on}`);
      results.push(await measureCase(kase, options));
    }
    return results;
  };
  const hashes = await measureAll(hashCases());
  const tables = await measureAll(tableCases());
  const masked =
    machine.shaExtensions && process.arch === 'x64'
      ? await measureMasked(processes, options, progress)
      : undefined;

  return {
    title: 'Kernels',
    method: [
      `The hot loops by themselves on one thread (tinybench, ${samples} rounds of ${options.timeMs} ms for each backend in turn; a round counts with its median). \`wasm\` is AssemblyScript with SIMD, \`js\` the same in TypeScript, \`native\` is \`node:crypto\`.`,
      ...(masked
        ? [
            'Masked: the same in a process whose OpenSSL was told by `OPENSSL_ia32cap` that the CPU has no SHA extensions, as many have none.',
          ]
        : []),
    ],
    tables: [
      hashTable(`Hashing${machine.shaExtensions ? ', the CPU has SHA extensions' : ''}`, hashes),
      ...(masked ? [hashTable('Hashing, SHA extensions masked', masked)] : []),
      callTable(tables),
    ],
    charts: [
      ...['sha1x4', 'sha256x4'].map(kernel => hashChart(kernel, hashes, masked)),
      speedUpChart(tables),
    ],
    figures: [
      ...hashFigures(hashes, machine.shaExtensions ? 'native' : 'portable'),
      ...(masked ? hashFigures(masked, 'portable') : []),
      ...[...hashes, ...tables].map(({ kernel, on, ratios }) =>
        figureOf(`kernels.${kernel}.${on}.wasm/js`, ratios.js, 'x', 'higher', TOLERANCE),
      ),
    ],
    data: { hashes, masked, tables },
  };
}

async function measureMasked(processes, options, progress) {
  progress('hashes with the SHA extensions masked');
  const child = processes.node(new URL('masked.mjs', import.meta.url), { env: { OPENSSL_ia32cap: MASK } });
  try {
    return await child.ask('measure', options);
  } finally {
    await child.stop();
  }
}

function hashTable(title, results) {
  return {
    title: `${title} (MB/s)`,
    columns: ['kernel', 'on', 'wasm', 'js', 'native', 'wasm : js', 'wasm : native'],
    left: [1],
    rows: results.map(({ kernel, on, rates, ratios }) => [
      kernel,
      on,
      ...['wasm', 'js', 'native'].map(name => spread(rates[name], 1e6)),
      times(ratios.js.median),
      times(ratios.native.median),
    ]),
  };
}

function callTable(results) {
  const cost = (unit, rate) => (unit === 'B' ? `${figure(rate / 1e9)} GB/s` : duration(1 / rate));
  return {
    title: 'Tables of pieces and peers (time of one call, or throughput)',
    columns: ['kernel', 'on', 'wasm', 'js', 'wasm : js'],
    left: [1],
    rows: results.map(({ kernel, on, unit, rates, ratios }) => [
      kernel,
      on,
      cost(unit, rates.wasm.median),
      cost(unit, rates.js.median),
      spread(ratios.js),
    ]),
  };
}

function hashFigures(results, against) {
  return results.map(({ kernel, on, ratios }) =>
    figureOf(`kernels.${kernel}.${on}.wasm/${against}`, ratios.native, 'x', 'higher', TOLERANCE),
  );
}

function hashChart(kernel, hashes, masked) {
  const rows = hashes.filter(result => result.kernel === kernel);
  const maskedRows = masked?.filter(result => result.kernel === kernel);
  const title = `${TITLES[kernel]}, four messages a call, one thread`;
  return {
    name: `kernels-${kernel}`,
    title,
    svg: barChart({
      title,
      subtitle: 'Median, whiskers from minimum to maximum',
      unit: 'MB/s',
      groups: rows.map(({ on }) => on),
      series: [
        ...['wasm', 'js', 'native'].map(name => ({
          name,
          values: rows.map(({ rates }) => inUnits(rates[name], 1e6)),
        })),
        ...(maskedRows
          ? [
              {
                name: 'native, SHA extensions masked',
                values: maskedRows.map(({ rates }) => inUnits(rates.native, 1e6)),
              },
            ]
          : []),
      ],
    }),
  };
}

function speedUpChart(results) {
  const rows = results.filter(({ kernel }) => /availability.*Remove|pickRarest|rankTop/.test(kernel));
  const title = 'Availability, picking, ranking: wasm against js';
  return {
    name: 'kernels-tables',
    title,
    svg: barChart({
      title,
      subtitle: 'How many times faster; median, whiskers from minimum to maximum',
      unit: 'times as fast as js',
      groups: rows.map(
        ({ kernel, on }) => `${kernel.replace('availabilityAdd, Remove', 'availability')}: ${on}`,
      ),
      series: [{ name: 'wasm', values: rows.map(({ ratios }) => ratios.js) }],
    }),
  };
}
