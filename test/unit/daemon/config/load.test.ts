import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadConfiguration, usualFile } from '../../../../src/daemon/config/load.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-load-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const write = (name: string, text: string | Buffer) => {
  const path = join(dir, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, text);
  return path;
};
const load = (file?: string, env: Record<string, string> = {}, flags = {}) =>
  loadConfiguration({ file, env: { XDG_CONFIG_HOME: dir, ...env }, flags, folder: dir });

it('without a file all is as it is by default, and nothing is wrong', async () => {
  const { settings, mistakes } = await load();
  expect([settings['rpc-port'], mistakes]).toEqual([9091, []]);
});

it('the flag names the file before the environment does, and that before the usual one', async () => {
  write('millrace/daemon.toml', 'rpc-port = 1\n');
  const [a, b] = [write('a.toml', 'rpc-port = 2\n'), write('b.toml', 'rpc-port = 3\n')];
  const port = async (...args: Parameters<typeof load>) => (await load(...args)).settings['rpc-port'];
  expect(await port()).toBe(1);
  expect(await port(undefined, { MILLRACE_CONFIG: '' })).toBe(1);
  expect(await port(undefined, { MILLRACE_CONFIG: a })).toBe(2);
  expect(await port('b.toml', { MILLRACE_CONFIG: a })).toBe(3);
  expect(await port(b, { MILLRACE_RPC_PORT: '4' })).toBe(4);
  expect(await port(b, { MILLRACE_RPC_PORT: '4' }, { 'rpc-port': '5' })).toBe(5);
});

it('paths in a file begin at the file, those of flags where one stands', async () => {
  const file = write('etc/daemon.toml', 'download-dir = "dl"\n');
  const { settings } = await load(file, {}, { 'state-dir': 'state' });
  expect([settings['download-dir'], settings['state-dir']]).toEqual([
    join(dir, 'etc', 'dl'),
    join(dir, 'state'),
  ]);
});

it('a file that is named must be there, and be readable', async () => {
  for (const [name, message] of [
    ['none.toml', /cannot be read: ENOENT/],
    ['.', /cannot be read: EISDIR/],
  ] as const) {
    const { mistakes } = await load(name);
    expect(mistakes).toEqual([{ where: join(dir, name), key: '', message: expect.stringMatching(message) }]);
  }
});

it('a slip in the syntax is told with its line, and nothing of the file holds', async () => {
  const file = write('a.toml', 'rpc-port = 2\nup = = 3\n');
  const { settings, mistakes } = await load(file, { MILLRACE_UP: '1KB/s' });
  expect(mistakes.map(({ where }) => where)).toEqual([`${file}:2`]);
  expect([settings['rpc-port'], settings.up]).toEqual([9091, 1000]);
});

it('what is wrong in file, environment and flags is told at once', async () => {
  const file = write('a.toml', 'rpc-port = 99999\nunknown = 1\n');
  const { mistakes } = await load(file, { MILLRACE_UP: 'fast' }, { 'alt-begin': '25:00' });
  expect(mistakes.map(({ key }) => key)).toEqual(['rpc-port', 'unknown', 'up', 'alt-begin']);
});

it('what is no configuration by its size is not read on', async () => {
  const { mistakes } = await load(write('big.toml', Buffer.alloc(1024 * 1024 + 1, '#')));
  expect(mistakes).toHaveLength(1);
  expect((await load(write('full.toml', Buffer.alloc(1024 * 1024, '#')))).mistakes).toEqual([]);
});

it('the usual place is below the home folder, or where XDG says', () => {
  expect(usualFile({})).toBe(join(homedir(), '.config', 'millrace', 'daemon.toml'));
  expect(usualFile({ XDG_CONFIG_HOME: '' })).toBe(join(homedir(), '.config', 'millrace', 'daemon.toml'));
  expect(usualFile({ XDG_CONFIG_HOME: '/x' })).toBe('/x/millrace/daemon.toml');
});
