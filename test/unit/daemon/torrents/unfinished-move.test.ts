import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { createRecord } from '../../../../src/daemon/torrents/record.js';
import { afterUnfinishedMove } from '../../../../src/daemon/torrents/unfinished-move.js';

async function folders() {
  const dir = await mkdtemp(join(tmpdir(), 'millrace-test-'));
  onTestFinished(() => rm(dir, { recursive: true }));
  const [from, aside, to] = ['from', 'aside', 'to'].map(name => join(dir, name));
  for (const folder of [from, aside, to]) await mkdir(folder);
  return { from, aside, to };
}

const record = (dir: string, rest: object = {}) =>
  createRecord({ infoHash: 'a'.repeat(40), name: 'film', length: 1, dir, ...rest });

it('files that have arrived are where they were to go, and the record follows', async () => {
  const { from, aside, to } = await folders();
  await writeFile(join(to, 'film'), 'x');
  const moved = { dir: to, incompleteDir: undefined, movingTo: undefined };
  expect(await afterUnfinishedMove(record(from, { movingTo: to }))).toEqual(moved);
  expect(await afterUnfinishedMove(record(from, { incompleteDir: aside, movingTo: to }))).toEqual(moved);
});

it('files that are still here, or nowhere, stay to be moved', async () => {
  const { from, aside, to } = await folders();
  expect(await afterUnfinishedMove(record(from, { movingTo: to }))).toBeUndefined();
  await writeFile(join(aside, 'film'), 'x');
  await writeFile(join(to, 'film'), 'x'); // of some other
  expect(await afterUnfinishedMove(record(to, { incompleteDir: aside, movingTo: to }))).toBeUndefined();
  expect(await afterUnfinishedMove(record(from))).toBeUndefined();
});
