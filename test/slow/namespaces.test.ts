import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { missingProgram } from '../interop/clients/installed.js';
import { skipReason } from '../interop/clients/required.js';
import { it } from '../interop/stage-test.js';
import type { Program } from '../lib/program.js';
import type { Stage } from '../lib/stage.js';

const SCRIPT = fileURLToPath(new URL('../../bench/swarm/namespaces.mjs', import.meta.url));

/** Takes more than half a minute: time enough to be interrupted in. */
const SLOW = ['--leechers', '2', '--size', '8MiB', '--seed-up', '200KB/s', '--up', '200KB/s'];

/** Root needs nothing more, others a sudo that asks no questions. */
function asRoot(command: string, args: readonly string[]): [string, string[]] {
  return process.getuid?.() === 0 ? [command, [...args]] : ['sudo', ['-n', command, ...args]];
}

const asked = (command: string, args: readonly string[]) =>
  spawnSync(...asRoot(command, args), { encoding: 'utf8' });

function missing(): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux';
  const program = (name: string) => ({
    name,
    missing: () =>
      missingProgram(...asRoot(name, ['-V']), 'iproute2, and be root or let sudo ask no password'),
  });
  return skipReason([program('ip'), program('tc')]) ?? refusal();
}

/** What no installation helps against: a container may not make namespaces. */
function refusal(): string | undefined {
  const { status, stderr } = asked(process.execPath, [SCRIPT, '--probe']);
  if (status === 0) return undefined;
  expect(status, stderr).toBe(3);
  console.warn(`skipped: ${stderr.trim()}`);
  return stderr.trim();
}

/** What a run must leave as it was. */
const links = () => spawnSync('ip', ['-brief', 'link'], { encoding: 'utf8' }).stdout;
const namespacesOf = (run: string) => listed('/run/netns').filter(name => name.startsWith(run));

/** Process ids. */
const processesOf = (run: string) =>
  namespacesOf(run).flatMap(name => asked('ip', ['netns', 'pids', name]).stdout.trim().split(/\s+/));

/** A dead process stays on the list until its parent has looked. */
function isRunning(pid: string): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

function listed(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function start(stage: Stage, args: readonly string[]): Program {
  return stage.run(...asRoot(process.execPath, [SCRIPT, '--json', '--dir', stage.dir, ...args]));
}

interface Run {
  readonly name: string;
  readonly pids: readonly string[];
}

/** Resolves when bytes have arrived. */
async function middle(program: Program): Promise<Run> {
  const name = (await program.event('start')).run as string;
  await program.line(/"event":"progress","id":"peer1","done":[1-9]/);
  expect(namespacesOf(name)).toHaveLength(['hub', 'tracker', 'seed', 'peer1', 'peer2'].length);
  const pids = processesOf(name).filter(pid => pid !== '');
  expect(pids).toHaveLength(['tracker', 'seed', 'peer1', 'peer2'].length);
  return { name, pids };
}

function signal(run: Run, name: string): void {
  const pid = run.name.split('-')[2];
  expect(asked('kill', ['-s', name, pid]).status).toBe(0);
}

function expectNothingLeft(stage: Stage, { name, pids }: Run, linksBefore: string): void {
  expect(namespacesOf(name)).toEqual([]);
  expect(links()).toBe(linksBefore);
  expect(pids.filter(isRunning)).toEqual([]);
  expect(readdirSync(stage.dir)).toEqual([]);
}

describe.skipIf(missing() !== undefined)('a swarm over network namespaces', () => {
  it('shares a file, tells what millrace swarm tells, and leaves nothing', async ({ stage }) => {
    const before = links();
    const rates = ['--seed-up', '1MB/s', '--up', '4MB/s,2MB/s', '--down', '0'];
    const program = start(stage, ['--leechers', '2', '--size', '1MiB', '--piece-length', '16KiB', ...rates]);
    await program.exits(0);
    const { run } = await program.event('start');
    expect(await program.event('capacities')).toMatchObject({ seedUp: 1e6, up: [4e6, 2e6], down: null });
    const end = program.json.at(-1)!;
    expect(end).toMatchObject({
      event: 'swarm',
      peers: [
        { id: 'peer1', ok: true },
        { id: 'peer2', ok: true },
      ],
      // F / 1 MB/s is more than 2 F / (1 + 4 + 2 MB/s)
      bound: { clientServer: 2.097, peerToPeer: 1.049 },
    });
    const { last, wire, seed } = end as Record<'wire' | 'seed', Record<string, number>> & { last: number };
    // No link is faster than it is told to be, but for what its bucket holds at the start.
    expect(last).toBeGreaterThan(1.049 - 0.02);
    expect(seed.copies).toBeGreaterThanOrEqual(1);
    expect(wire.bytes).toBeGreaterThan(2 * 2 ** 20);
    expectNothingLeft(stage, { name: run as string, pids: [] }, before);
  });

  for (const [name, status] of [
    ['INT', 130],
    ['TERM', 143],
  ] as const) {
    it(`SIG${name} in the middle leaves nothing`, async ({ stage }) => {
      const before = links();
      const program = start(stage, SLOW);
      const run = await middle(program);
      signal(run, name);
      await program.exits(status);
      expectNothingLeft(stage, run, before);
    });
  }

  it('what a killed run leaves is removed by the next', async ({ stage }) => {
    const before = links();
    const program = start(stage, SLOW);
    const run = await middle(program);
    signal(run, 'KILL');
    await program.exited;
    expect(namespacesOf(run.name)).not.toEqual([]);
    await start(stage, ['--probe']).exits(0);
    expectNothingLeft(stage, run, before);
  });

  it('a peer that dies is told, the others go on', async ({ stage }) => {
    const before = links();
    const program = start(stage, [
      '--leechers',
      '2',
      '--size',
      '1MiB',
      '--seed-up',
      '200KB/s',
      '--up',
      '200KB/s',
    ]);
    const run = await middle(program);
    const [pid] = asked('ip', ['netns', 'pids', `${run.name}-peer1`]).stdout.split('\n');
    expect(asked('kill', ['-s', 'KILL', pid]).status).toBe(0);
    await program.exits(1);
    expect(program.json.at(-1)).toMatchObject({
      event: 'swarm',
      peers: [
        { id: 'peer1', seconds: null, ok: false },
        { id: 'peer2', ok: true },
      ],
      last: null,
    });
    expectNothingLeft(stage, run, before);
  });
});
