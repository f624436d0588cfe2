import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockFolder } from '../../../../src/daemon/state/lock.js';

let dir: string;
let other: ChildProcess | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-lock-'));
});
afterEach(() => {
  other?.kill('SIGKILL');
  other = undefined;
  rmSync(dir, { recursive: true, force: true });
});

const path = () => join(dir, 'daemon.lock');
const held = () => JSON.parse(readFileSync(path(), 'utf8'));
const left = (holder: unknown) =>
  writeFileSync(path(), typeof holder === 'string' ? holder : JSON.stringify(holder));
const beganOf = (pid: number) => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
};

/** Some process that is not us. */
async function another(): Promise<number> {
  other = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', 'ignore', 'ignore'] });
  await once(other, 'spawn');
  return other.pid!;
}
async function end(): Promise<void> {
  const gone = once(other!, 'exit');
  other!.kill('SIGKILL');
  await gone;
}

it('is held while it is held, by us alone to see, and gone after', async () => {
  const unlock = await lockFolder(dir);
  expect(held()).toEqual({ pid: process.pid, began: beganOf(process.pid) });
  expect(statSync(path()).mode & 0o777).toBe(0o600);
  expect(readdirSync(dir)).toEqual(['daemon.lock']);
  await unlock();
  expect(readdirSync(dir)).toEqual([]);
});

it('a process that lives keeps it, and is named', async () => {
  const pid = await another();
  left({ pid, began: beganOf(pid) });
  await expect(lockFolder(dir)).rejects.toMatchObject({
    code: 'ERR_STATE_LOCKED',
    message: expect.stringContaining(`process ${pid} `),
  });
  expect(held().pid).toBe(pid);
});

it('one that was killed keeps nothing', async () => {
  const pid = await another();
  left({ pid, began: beganOf(pid) });
  await end();
  await lockFolder(dir);
  expect(held().pid).toBe(process.pid);
});

it('one that has got the number of the one that was killed keeps nothing', async () => {
  const pid = await another();
  left({ pid, began: `${Number(beganOf(pid)) - 1}` });
  await lockFolder(dir);
  expect(held().pid).toBe(process.pid);
});

it('where nobody tells when a process began, one that lives keeps it', async () => {
  const pid = await another();
  left({ pid, began: '' });
  await expect(lockFolder(dir)).rejects.toMatchObject({ code: 'ERR_STATE_LOCKED' });
});

it('our own number is of an earlier life: in a container all are process 1', async () => {
  for (const began of ['1', '']) {
    left({ pid: process.pid, began });
    await lockFolder(dir);
    expect(held().began).toBe(beganOf(process.pid));
  }
});

it.each(['', '{"pid":', 'null', '[]', '{"pid":"1"}', '{"pid":0,"began":""}', '{"pid":-1,"began":""}'])(
  'what a crash has left, %j, is nobody',
  async text => {
    left(text);
    await lockFolder(dir);
    expect(held().pid).toBe(process.pid);
  },
);

it('a folder that cannot be written to is told as such', async () => {
  await expect(lockFolder(join(dir, 'missing'))).rejects.toMatchObject({
    code: expect.stringMatching(/^ERR_STORAGE_/),
  });
});
