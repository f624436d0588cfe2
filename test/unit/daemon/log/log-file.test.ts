import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogFile } from '../../../../src/daemon/log/log-file.js';

const notice = (lines: number, reason: string) => `lost ${lines}: ${reason}\n`;
/** A file system in which every write fails with ENOSPC. */
const FULL = '/dev/full';

let dir: string;
let path: string;
let log: LogFile | undefined;
beforeEach(() => {
  dir = fs.mkdtempSync(join(tmpdir(), 'millrace-log-'));
  path = join(dir, 'log');
});
afterEach(async () => {
  await log?.close();
  log = undefined;
  fs.rmSync(dir, { recursive: true, force: true });
});

const read = (name = 'log') => fs.readFileSync(join(dir, name), 'utf8');

it('appends lines in their order', async () => {
  fs.writeFileSync(path, 'before\n');
  log = new LogFile(path, notice);
  for (let i = 0; i < 1000; i++) log.write(`line ${i}\n`);
  await log.close();
  expect(read()).toBe(`before\n${Array.from({ length: 1000 }, (_, i) => `line ${i}\n`).join('')}`);
  log.write('after the end\n');
  expect(read()).not.toContain('after');
});

it.skipIf(process.platform === 'win32')(
  'is readable by its user and his group, less what the umask takes',
  () => {
    const modeUnder = (mask: number, name: string) => {
      const before = process.umask(mask);
      try {
        void new LogFile(join(dir, name), notice).close();
      } finally {
        process.umask(before);
      }
      return fs.statSync(join(dir, name)).mode & 0o777;
    };
    expect(modeUnder(0o002, 'a')).toBe(0o640);
    expect(modeUnder(0o077, 'b')).toBe(0o600);
  },
);

it('that cannot be opened to begin with is told at once', () => {
  expect(() => new LogFile(join(dir, 'none', 'log'), notice)).toThrow(/ENOENT/);
});

it('reopened after a rotation, goes on in a new file and loses no line', async () => {
  log = new LogFile(path, notice);
  log.write('one\n');
  fs.renameSync(path, `${path}.1`);
  log.write('two\n');
  const reopened = log.reopen();
  log.write('three\n');
  await reopened;
  log.write('four\n');
  await log.close();
  expect((read('log.1') + read()).split('\n')).toEqual(['one', 'two', 'three', 'four', '']);
  expect(read('log.1')).toMatch(/^one\n/);
  expect(read()).toMatch(/four\n$/);
});

it('goes on with the old file when it cannot be reopened', async () => {
  log = new LogFile(path, notice);
  fs.renameSync(path, join(dir, 'moved'));
  fs.mkdirSync(path);
  await expect(log.reopen()).rejects.toMatchObject({ code: 'EISDIR' });
  log.write('still here\n');
  await log.close();
  expect(read('moved')).toBe('still here\n');
});

it.runIf(process.platform === 'linux')('holds one file, however often it is reopened', async () => {
  log = new LogFile(path, notice);
  const holds = () =>
    fs.readdirSync('/proc/self/fd').filter(fd => {
      try {
        return fs.readlinkSync(`/proc/self/fd/${fd}`).startsWith(path);
      } catch {
        return false; // of the listing itself
      }
    }).length;
  await Promise.all(Array.from({ length: 20 }, () => log!.reopen()));
  expect(holds()).toBe(1);
  const last = log.reopen();
  await Promise.all([log.close(), last]);
  expect(holds()).toBe(0);
});

describe.runIf(fs.existsSync(FULL))('a disk that is full', () => {
  it('costs lines and nothing else; the next that is written says how many', async () => {
    fs.symlinkSync(FULL, path);
    log = new LogFile(path, notice);
    for (let i = 0; i < 3; i++) log.write(`line ${i}\n`);
    await log.reopen(); // what was under way has failed
    log.write('one more\n');
    await log.reopen();
    fs.rmSync(path);
    await log.reopen();
    log.write('there is room again\n');
    log.write('and more\n');
    await log.close();
    expect(read()).toBe('lost 4: ENOSPC\nthere is room again\nand more\n');
  });

  it('does not keep the process from ending', async () => {
    fs.symlinkSync(FULL, path);
    log = new LogFile(path, notice);
    log.write('one\n');
    log.write('two\n');
    log.flushSync();
    await log.close();
  });
});

it('a disk that is slow costs the lines that do not fit into a megabyte', async () => {
  log = new LogFile(path, notice);
  // in one round of the loop nothing is written
  for (let i = 0; i < 3000; i++) log.write(`${'x'.repeat(1023)}\n`);
  await log.close();
  const lines = read().trimEnd().split('\n');
  // one is under way, the others wait
  expect(lines.filter(line => line.startsWith('x'))).toHaveLength(1025);
  expect(lines.filter(line => !line.startsWith('x'))).toEqual(['lost 1975: the disk is too slow']);
});

it('writes what waits when the process is about to end', () => {
  log = new LogFile(path, notice);
  log.write('under way\n');
  for (let i = 0; i < 10; i++) log.write(`line ${i}\n`);
  log.flushSync();
  expect(read()).toContain(Array.from({ length: 10 }, (_, i) => `line ${i}\n`).join(''));
});
