// Making a torrent file, as a whole process: what somebody sees who types the command.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { size, spread, times } from '../lib/format.mjs';
import { alternate, roundName } from '../lib/pairs.mjs';
import { figureOf } from '../lib/part.mjs';
import { missingProgram } from './client.mjs';

const MILLRACE = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));
const PIECE_LENGTH = 256 * 1024;
const THREADS = 2;

/** @type {readonly { name: string, missing: () => string | undefined, command: (payload: string, out: string) => string[] }[]} */
const MAKERS = [
  {
    name: 'millrace create',
    missing: () => undefined,
    command: (payload, out) => [
      process.execPath,
      ...[MILLRACE, 'create', payload, '--out', out],
      ...['--piece-length', String(PIECE_LENGTH), '--workers', String(THREADS)],
    ],
  },
  {
    name: 'mktorrent',
    // without arguments it complains, but it is there
    missing: () => missingProgram('sh', ['-c', 'command -v mktorrent'], 'mktorrent'),
    command: (payload, out) => [
      'mktorrent',
      ...['-t', String(THREADS), '-l', String(Math.log2(PIECE_LENGTH)), '-o', out, payload],
    ],
  },
  {
    name: 'transmission-create',
    missing: () => missingProgram('transmission-create', ['--version'], 'transmission-cli'),
    command: (payload, out) => ['transmission-create', '-s', String(PIECE_LENGTH / 1024), '-o', out, payload],
  },
];

/**
 * @param {import('../lib/part.mjs').Context} context
 * @param {{ payload: string, bytes: number }} options
 */
export async function compareCreate({ samples, workspace, signal, progress }, { payload, bytes }) {
  const absent = MAKERS.flatMap(maker => {
    const reason = maker.missing();
    return reason === undefined ? [] : [{ name: maker.name, reason }];
  });
  const present = MAKERS.filter(({ name }) => !absent.some(other => other.name === name));
  const out = workspace.path('created.torrent');
  const variants = Object.fromEntries(
    present.map(({ name, command }) => [
      name,
      async () => {
        await rm(out, { force: true });
        return timed(command(payload, out));
      },
    ]),
  );
  const rounds = await alternate(variants, {
    samples,
    signal,
    onRun: (name, round) => progress(`${name}, ${roundName(round, samples)}`),
  });
  const [own] = MAKERS;
  const results = present.map(({ name }) => ({
    name,
    seconds: rounds.summary(name, seconds => seconds),
    rate: rounds.summary(name, seconds => bytes / seconds),
    ratio: rounds.ratio(name, own.name, seconds => seconds),
  }));
  return {
    tables: [
      {
        title: `Making the torrent of ${size(bytes)}, whole process, ${THREADS} threads where it can`,
        columns: ['program', 'seconds', 'MB/s', 'millrace is faster by'],
        rows: [
          ...results.map(({ name, seconds, rate, ratio }) => [
            name,
            spread(seconds),
            spread(rate, 1e6),
            name === own.name ? '' : times(ratio.median),
          ]),
          ...absent.map(({ name, reason }) => [name, 'absent', reason, '']),
        ],
      },
    ],
    figures: results.flatMap(({ name, rate, ratio }) => [
      figureOf(`peers.create.${name}.rate`, rate, 'B/s', 'higher'),
      ...(name === own.name ? [] : [figureOf(`peers.create.millrace/${name}`, ratio, 'x', 'higher')]),
    ]),
    data: { rounds: rounds.rounds },
  };
}

async function timed([command, ...args]) {
  const startMs = performance.now();
  const child = spawn(command, args, { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}`);
  return (performance.now() - startMs) / 1000;
}
