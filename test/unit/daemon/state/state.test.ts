import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Journal } from '../../../../src/daemon/state/journal.js';
import { Kept } from '../../../../src/daemon/state/kept.js';
import { State } from '../../../../src/daemon/state/state.js';
import { NO_TOTALS, Totals } from '../../../../src/daemon/state/totals.js';
import type { LogSink } from '../../../../src/index.js';

let dir: string;
let errors: string[];
let nowMs: number;
beforeEach(() => {
  dir = join(mkdtempSync(join(tmpdir(), 'millrace-state-')), 'deep', 'state');
  errors = [];
  nowMs = 0;
});
afterEach(() => rmSync(join(dir, '..', '..'), { recursive: true, force: true }));

const open = () =>
  State.open({
    dir,
    log: { error: (_: object, message: string) => errors.push(message) } as unknown as LogSink,
    nowMs: () => nowMs,
  });
const journal = () => join(dir, 'daemon.journal');
const lock = () => join(dir, 'daemon.lock');

it('makes its folders, holds them while it is open, and gives them back', async () => {
  const state = await open();
  expect([existsSync(lock()), existsSync(join(dir, 'torrents')), state.catalog.size]).toEqual([
    true,
    true,
    0,
  ]);
  await state.close();
  expect(existsSync(lock())).toBe(false);
});

it('gives the lock back when the rest cannot be opened, and when the end cannot be saved', async () => {
  await (await open()).close();
  rmSync(join(dir, 'torrents'), { recursive: true });
  writeFileSync(join(dir, 'torrents'), '');
  await expect(open()).rejects.toThrow();
  expect(existsSync(lock())).toBe(false);
  rmSync(join(dir, 'torrents'));
  const state = await open();
  vi.spyOn(state.journal, 'close').mockRejectedValue(new Error('no space'));
  await expect(state.close()).rejects.toThrow('no space');
  expect(existsSync(lock())).toBe(false);
});

it('tells of lines that are damaged and of torrents that cannot be read, and goes on with the others', async () => {
  const before = await open();
  before.journal.set('torrent.x', { name: 'no info-hash' });
  before.saveOverrides({ up: { value: 5, over: 0 } });
  await before.close();
  appendFileSync(journal(), '00000000 ["torrent.y",{}]\n');
  const state = await open();
  expect(errors).toEqual([
    expect.stringContaining('damaged lines'),
    expect.stringContaining('torrent that cannot be read'),
  ]);
  expect(state.overrides).toEqual({ up: { value: 5, over: 0 } });
  await state.close();
});

it('what clients have set is durable with a beat, as are the seconds of all runs', async () => {
  const first = await open();
  expect(first.overrides).toEqual({});
  first.saveOverrides({ up: { value: 5, over: 0 } });
  nowMs = 90_500;
  await first.beat();
  const bytes = readFileSync(journal());
  await first.close();
  writeFileSync(journal(), bytes); // as a kill after the beat leaves it
  nowMs = 0;
  const second = await open();
  expect([second.overrides, second.clock.seconds]).toEqual([{ up: { value: 5, over: 0 } }, 90.5]);
  nowMs = 9_500;
  await second.beat();
  expect(second.journal.get('totals')).toEqual({ ...NO_TOTALS, sessions: 2, seconds: 100 });
  await second.close();
});

it('totals that are no numbers are none, and those that are count', () => {
  const read = (value: unknown) =>
    new Totals({ get: () => value } as unknown as Journal, {} as never).earlier;
  for (const value of [undefined, null, 'x', [], { uploaded: -1, downloaded: '5', seconds: Number.NaN }])
    expect(read(value)).toEqual(NO_TOTALS);
  expect(read({ uploaded: 7, seconds: 1.5, other: 3 })).toEqual({ ...NO_TOTALS, uploaded: 7, seconds: 1.5 });
});

it('small values are of the type that is asked for, and written when they change', async () => {
  const kept = async () => new Kept(await Journal.open(journal()), 'kept');
  const first = await kept();
  expect([first.get('a', 7), first.getText('a'), first.flag('a')]).toEqual([7, undefined, false]);
  first.set('a', 1);
  first.setText('b', 'text');
  first.setFlag('c', true);
  await first.journal.close();
  const second = await kept();
  expect([second.get('a', 7), second.getText('b'), second.flag('c')]).toEqual([1, 'text', true]);
  expect([second.get('b', 7), second.getText('a'), second.flag('b')]).toEqual([7, undefined, false]);
  const set = vi.spyOn(second.journal, 'set');
  second.set('a', 1);
  expect(set).not.toHaveBeenCalled();
  second.set('a', 2);
  expect(set).toHaveBeenCalledTimes(1);
  await second.journal.close();
});
