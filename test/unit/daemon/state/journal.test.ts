import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Journal } from '../../../../src/daemon/state/journal.js';

/** Bytes of a write that find room. */
const disk = vi.hoisted(() => ({ room: Number.POSITIVE_INFINITY }));
vi.mock('../../../../src/engine/storage/raw-fs.js', async original => {
  const real = await original<typeof import('../../../../src/engine/storage/raw-fs.js')>();
  return {
    ...real,
    async writeFully(fd: number, from: Uint8Array, position: number) {
      await real.writeFully(fd, from.subarray(0, Math.min(from.length, disk.room)), position);
      if (from.length > disk.room) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
    },
  };
});

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-journal-'));
  path = join(dir, 'state', 'daemon.journal');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const contents = (journal: Journal) => Object.fromEntries(journal.entries());

async function reopened(): Promise<Record<string, unknown>> {
  const journal = await Journal.open(path);
  await journal.close();
  return contents(journal);
}

async function filled(changes: readonly (readonly [string, unknown])[]): Promise<void> {
  const journal = await Journal.open(path);
  for (const [key, value] of changes) {
    journal.set(key, value);
    await journal.flush();
  }
  await journal.close();
}

it('has what was set when it is opened again, and belongs to its user alone', async () => {
  await filled([
    ['a', { name: 'ä\n"' }],
    ['b', [1, null]],
    ['a', { name: 'other' }],
    ['c', 0],
    ['b', undefined],
  ]);
  expect(await reopened()).toEqual({ a: { name: 'other' }, c: 0 });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, 'state')).mode & 0o777).toBe(0o700);
});

it('an end that was cut off anywhere leaves all changes before it', async () => {
  const changes = [
    ['a', 1],
    ['b', 'ü'],
    ['a', 2],
    ['b', undefined],
    ['c', { x: [] }],
  ] as const;
  await filled(changes);
  const bytes = readFileSync(path);
  const whole = bytes.toString().split('\n').slice(0, -1);
  for (let end = 0; end <= bytes.length; end++) {
    writeFileSync(path, bytes.subarray(0, end));
    const kept = bytes.subarray(0, end).toString().split('\n').length - 1;
    const expected: Record<string, unknown> = {};
    for (const [key, value] of changes.slice(0, kept)) {
      if (value === undefined) delete expected[key];
      else expected[key] = value;
    }
    expect(await reopened()).toEqual(expected);
    // and goes on after it
    await filled([['d', end]]);
    expect(await reopened()).toEqual({ ...expected, d: end });
  }
  expect(whole.length).toBe(changes.length);
});

it('a damaged line costs its own change, and the file is kept aside', async () => {
  await filled([
    ['a', 1],
    ['b', 1],
    ['a', 2],
  ]);
  const bytes = readFileSync(path);
  bytes[bytes.length - 3] ^= 1; // the 2
  writeFileSync(path, bytes);
  const journal = await Journal.open(path);
  expect([contents(journal), journal.damaged]).toEqual([{ a: 1, b: 1 }, 1]);
  await journal.close();
  expect(readFileSync(`${path}.damaged`)).toEqual(bytes);
  const again = await Journal.open(path);
  expect([contents(again), again.damaged]).toEqual([{ a: 1, b: 1 }, 0]);
  await again.close();
});

it('is written anew when it has grown to twice of what is in it', async () => {
  const journal = await Journal.open(path);
  const value = 'x'.repeat(10_000);
  for (let i = 0; i < 1000; i++) {
    journal.set(`key ${i % 20}`, value + i);
    if (i % 10 === 0) await journal.flush();
  }
  await journal.close();
  expect(statSync(path).size).toBeLessThan(1.2 * 1024 * 1024);
  expect(await reopened()).toEqual(
    Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`key ${i}`, value + (980 + i)])),
  );
  expect(readdirSync(join(dir, 'state'))).toEqual(['daemon.journal']);
});

it('what is left of a rewrite that was interrupted is not in the way', async () => {
  await filled([['a', 1]]);
  writeFileSync(`${path}.new`, 'half');
  const journal = await Journal.open(path);
  for (let i = 0; i < 200; i++) {
    journal.set('b', 'x'.repeat(10_000));
    await journal.flush();
  }
  await journal.close();
  expect(readdirSync(join(dir, 'state'))).toEqual(['daemon.journal']);
});

it('changes that wait are one write, the last one of each key', async () => {
  const journal = await Journal.open(path);
  for (let i = 0; i < 100; i++) journal.set('a', i);
  await Promise.all([journal.flush(), journal.flush()]);
  journal.set('b', 1);
  await journal.close();
  expect(readFileSync(path, 'utf8').match(/\["a",/g)).toHaveLength(1);
  expect(await reopened()).toEqual({ a: 99, b: 1 });
});

it('a full disk is told, and the changes are made when there is room again', async () => {
  const journal = await Journal.open(path);
  journal.set('a', 1);
  await journal.flush();
  journal.set('a', 2);
  journal.set('b', 1);
  disk.room = 7;
  await expect(journal.flush()).rejects.toMatchObject({ code: 'ERR_STORAGE_FULL' });
  journal.set('b', 2);
  await expect(journal.flush()).rejects.toMatchObject({ code: 'ERR_STORAGE_FULL' });
  // killed here, it has what was durable
  expect(await reopened()).toEqual({ a: 1 });
  disk.room = Number.POSITIVE_INFINITY;
  await journal.close();
  expect(await reopened()).toEqual({ a: 2, b: 2 });
});

it('any changes and flushes, as a map does', async () => {
  const change = fc.record({
    key: fc.constantFrom('a', 'b', '__proto__', ''),
    value: fc.option(fc.jsonValue(), { nil: undefined }),
    flush: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 30 }), async changes => {
      rmSync(path, { force: true });
      const journal = await Journal.open(path);
      const model = new Map<string, unknown>();
      for (const { key, value, flush } of changes) {
        journal.set(key, value);
        if (value === undefined) model.delete(key);
        else model.set(key, JSON.parse(JSON.stringify(value)));
        if (flush) await journal.flush();
      }
      await journal.close();
      const again = await Journal.open(path);
      await again.close();
      expect(new Map(again.entries())).toEqual(model);
    }),
    { numRuns: 60 },
  );
});
