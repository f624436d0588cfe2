import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BlocklistError, readBlocklist } from '../../../../src/daemon/automation/blocklist-file.js';
import { Slices } from '../../../../src/daemon/slices.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-blocklist-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function file(content: string | Uint8Array): string {
  const path = join(dir, 'list');
  writeFileSync(path, content);
  return path;
}

const LIST = [
  '\u00ef\u00bb\u00bf10.0.0.0/8',
  '# a remark',
  'Some name:1.2.3.4-1.2.3.9',
  'not a line',
  '',
  '002.000.000.000 - 002.000.000.255 , 100 , caf\u00e9',
  '2001:db8::/32',
].join('\r\n');

describe.each([
  ['plain', (text: string) => Buffer.from(text, 'latin1')],
  ['gzip', (text: string) => gzipSync(Buffer.from(text, 'latin1'))],
])('a list that is %s', (_kind, pack) => {
  it('gives its ranges, and the lines that are none', async () => {
    const { ranges, ...facts } = await readBlocklist(file(pack(LIST)));
    expect(facts).toEqual({ lines: 7, badLines: 1, bad: [{ line: 4, text: 'not a line' }] });
    expect(ranges.size).toBe(4);
    for (const host of ['10.9.9.9', '1.2.3.4', '2.0.0.255', '2001:db8::1'])
      expect(ranges.has(host)).toBe(true);
    for (const host of ['11.0.0.0', '1.2.3.10', '2.0.1.0', '2001:db9::'])
      expect(ranges.has(host)).toBe(false);
  });

  it('is read over the bounds of chunks', async () => {
    const lines = Array.from(
      { length: 20_000 },
      (_, i) => `name ${i}:${i >> 8}.${i & 255}.7.1-${i >> 8}.${i & 255}.7.9`,
    );
    const { ranges, ...facts } = await readBlocklist(file(pack(lines.reverse().join('\n'))));
    expect(facts).toEqual({ lines: 20_000, badLines: 0, bad: [] });
    expect(ranges.size).toBe(20_000);
    expect(ranges.has('78.31.7.9')).toBe(true);
    expect(ranges.has('78.31.7.10')).toBe(false);
  });

  it('passes over a line without end', async () => {
    const long = 'x'.repeat(100_000);
    const { ranges, lines, bad } = await readBlocklist(file(pack(`1.1.1.1\n${long}\n2.2.2.2\n${long}`)));
    expect([ranges.size, lines]).toEqual([2, 4]);
    expect(bad).toEqual([2, 4].map(line => ({ line, text: 'x'.repeat(80) })));
  });

  it('rests between slices', async () => {
    const rest = vi.fn(async () => {});
    let nowMs = 0;
    const text = Array.from({ length: 10_000 }, (_, i) => `1.${i >> 8}.${i & 255}.0/25`).join('\n');
    // each look at the clock finds a slice used up
    await readBlocklist(file(pack(text)), new Slices(() => (nowMs += 10), rest));
    const chunks = text.length / (16 * 1024);
    const sorting = (10_000 * 14) / 4096;
    expect(rest.mock.calls.length).toBeGreaterThanOrEqual(Math.floor(chunks + sorting));
  });
});

it('may be empty, but not something else', async () => {
  expect((await readBlocklist(file(''))).ranges.size).toBe(0);
  expect((await readBlocklist(file('# nothing yet\n'))).ranges.size).toBe(0);
  await expect(readBlocklist(file('\n<html>\nnot found\n'))).rejects.toThrow(
    new BlocklistError('has no line that is one of a blocklist, such as line 2'),
  );
  await expect(readBlocklist(file(`1.1.1.1\n${'bad\n'.repeat(20_001)}`))).rejects.toThrow('20000 bad lines');
});

it('shows a few bad lines of many', async () => {
  const { bad, badLines } = await readBlocklist(file(`1.1.1.1\n${'bad\n'.repeat(1000)}`));
  expect(badLines).toBe(1000);
  expect(bad.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6]);
});

describe('a bomb', () => {
  it('costs no memory', async () => {
    const member = gzipSync(Buffer.alloc(16 * 1024 * 1024, 'x'));
    const path = file(Buffer.concat(Array.from({ length: 9 }, () => member)));
    const before = process.memoryUsage.rss();
    let most = before;
    const rest = async () => void (most = Math.max(most, process.memoryUsage.rss()));
    let nowMs = 0;
    const slices = new Slices(() => (nowMs += 10), rest);
    await expect(readBlocklist(path, slices)).rejects.toThrow('bytes of text');
    expect(most - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('of lines ends early', async () => {
    const path = file(gzipSync(Buffer.alloc(5_000_001, '\n')));
    await expect(readBlocklist(path)).rejects.toThrow('5000000 lines');
  });
});

it.each([
  ['cut off', (bytes: Buffer) => bytes.subarray(0, -10)],
  [
    'damaged',
    (bytes: Buffer) => Buffer.concat([bytes.subarray(0, 12), Buffer.alloc(30, 0xff), bytes.subarray(42)]),
  ],
])('one that is %s is told', async (_how, harm) => {
  const packed = gzipSync(Array.from({ length: 1000 }, (_, i) => `1.1.${i >> 8}.${i & 255}`).join('\n'));
  await expect(readBlocklist(file(harm(packed)))).rejects.toThrow(BlocklistError);
});

it('that is too large, missing, a folder or a pipe is told, without its folder', async () => {
  const path = file('1.1.1.1');
  truncateSync(path, 64 * 1024 * 1024 + 1);
  await expect(readBlocklist(path)).rejects.toThrow('has more than 67108864 bytes');
  const missing = await readBlocklist(join(dir, 'none')).catch(error => error);
  expect(missing).toMatchObject({ code: 'ERR_STORAGE_MISSING' });
  expect(missing.message).not.toContain(dir);
  mkdirSync(join(dir, 'folder'));
  await expect(readBlocklist(join(dir, 'folder'))).rejects.toThrow('is not a file');
  if (process.platform === 'win32') return;
  execFileSync('mkfifo', [join(dir, 'pipe')]);
  await expect(readBlocklist(join(dir, 'pipe'))).rejects.toThrow('is not a file');
});
