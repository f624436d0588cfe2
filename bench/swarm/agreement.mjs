// Real swarms of this machine against the simulator and the bound: the table of docs/swarm-science.md.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runReal, runVirtual } from './agree.mjs';

const MB = 1e6;
const KiB = 1024;
const SIXTEEN = {
  leechers: 16,
  fileBytes: 64 * KiB * KiB,
  pieceLength: 256 * KiB,
  seedUp: 2 * MB,
  down: 20 * MB,
};

/** @type {import('./agree.mjs').Case[]} */
const CASES = [
  { ...SIXTEEN, name: '16 peers of 2 MB/s', up: [2 * MB], profile: 'classic' },
  { ...SIXTEEN, name: '16 peers of 2 MB/s', up: [2 * MB], profile: 'cluster' },
  { ...SIXTEEN, name: '16 peers of 1 to 4 MB/s', up: [1 * MB, 2 * MB, 3 * MB, 4 * MB], profile: 'classic' },
];
const RUNS = Number(process.argv[2] ?? 1);

const rows = [];
for (const one of CASES)
  for (let i = 0; i < RUNS; i++) {
    const dir = await mkdtemp(join(tmpdir(), 'millrace-agreement-'));
    try {
      const real = await runReal(one, dir);
      const virtual = runVirtual(one, i + 1);
      const of = seconds => `${seconds.toFixed(1)} s (${(seconds / real.bound).toFixed(3)})`;
      const apart = key => `${((real[key] / virtual[key] - 1) * 100).toFixed(1)} %`;
      rows.push([
        ...[one.name, one.profile, `${real.bound.toFixed(1)} s`],
        ...[of(real.median), of(virtual.median), apart('median')],
        ...[of(real.last), of(virtual.last), apart('last')],
        ...[real.copies.toFixed(2), virtual.copies.toFixed(2)],
      ]);
      console.error(rows.at(-1).join('  '));
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  }
const HEAD = ['swarm', 'profile', 'bound', 'median', 'simulated', 'apart', 'last', 'simulated', 'apart'];
const head = [...HEAD, 'copies of the seed', 'simulated'];
console.log(`| ${head.join(' | ')} |\n|${' --- |'.repeat(head.length)}`);
for (const row of rows) console.log(`| ${row.join(' | ')} |`);
