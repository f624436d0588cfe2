import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CliProcess } from './cli-process.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'millrace-test-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** One part, one sample: that it runs and says something, not how fast. */
it('measures, reports, and leaves nothing behind', async () => {
  const out = join(dir, 'report');
  const bench = new CliProcess(['bench', 'wire', '--quick', '--samples', '1', '--out', out, '--dir', dir]);
  expect(await bench.ended, bench.stderr).toBe(0);

  const { figures } = (bench.events[0].parts as { wire: { figures: { id: string; value: number }[] } }).wire;
  expect(bench.events).toHaveLength(1);
  for (const { id, value } of figures) expect(value, id).toBeGreaterThan(0);
  expect((await readdir(dir)).sort()).toEqual(['report']);
  const markdown = (await readdir(out)).find(name => name.endsWith('.md'));
  expect(await readFile(join(out, markdown!), 'utf8')).toContain('## Wire');
});

it('names a part that it does not know as wrong usage', async () => {
  const bench = new CliProcess(['bench', 'everything']);
  expect(await bench.ended).toBe(2);
  expect(bench.events[0]).toMatchObject({ event: 'error', code: 'ERR_OPTION' });
});
