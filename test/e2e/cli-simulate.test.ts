import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CliProcess } from './cli-process.js';

let dir: string;
let running: CliProcess | undefined;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-simulate-e2e-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));
afterEach(async () => {
  running?.kill('SIGKILL');
  await running?.ended;
});

describe('simulate', () => {
  it('writes the same bytes in another process and with other kernels', async () => {
    const reports: Buffer[] = [];
    for (const kernels of ['wasm', 'js', 'wasm']) {
      const out = join(dir, `${reports.length}.json`);
      running = new CliProcess([
        'simulate',
        '--peers',
        '50',
        '--size',
        '8MiB',
        '--kernels',
        kernels,
        '--out',
        out,
      ]);
      expect(await running.ended).toBe(0);
      expect(running.events.map(({ event }) => event)).toEqual(['simulate', 'report']);
      reports.push(readFileSync(out));
    }
    expect(reports[1].equals(reports[0])).toBe(true);
    expect(reports[2].equals(reports[0])).toBe(true);
  });

  it('exits with 1 when a peer is not complete, with 2 when it makes no sense', async () => {
    running = new CliProcess(['simulate', '--peers', '2', '--size', '2MiB', '--limit', '1s']);
    expect(await running.ended).toBe(1);
    expect(running.events.at(-1)).toMatchObject({ event: 'error', code: 'EINCOMPLETE' });
    running = new CliProcess(['simulate', '--peers', '2', '--up', '0']);
    expect(await running.ended).toBe(2);
    expect(running.events).toEqual([
      { event: 'error', code: 'ERR_OPTION', message: expect.stringContaining('up is 0') },
    ]);
  });

  it('ends at once by Ctrl-C in the middle of a run: by the signal, which is 130 to a shell', async () => {
    // The second run is long; the first tells that it is about to begin.
    running = new CliProcess(['simulate', '--size', '64MiB', '--sweep', '1,20000']);
    await running.event('simulate');
    const interruptedMs = performance.now();
    running.kill('SIGINT');
    expect(await running.ended).toBe('SIGINT');
    expect(performance.now() - interruptedMs).toBeLessThan(5000);
  });
});
