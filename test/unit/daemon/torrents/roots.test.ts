import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { isWithin, Roots } from '../../../../src/daemon/torrents/roots.js';

let dir: string;
let dl: string;
beforeEach(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-roots-')));
  dl = join(dir, 'dl');
  for (const folder of ['dl/films', 'dl2', 'other', 'private'])
    mkdirSync(join(dir, folder), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const allows = (path: string, ...folders: string[]) =>
  new Roots(() => (folders.length > 0 ? folders : [dl])).allow(path);

it.each(['', '/', '/films', '/films/new/deep', '/..films', '/...', '/new/'])('dl%s is in dl', async rest => {
  expect(await allows(dl + rest)).toBe(true);
});

it.each(['dl2', 'dl2/x', 'dlx', 'other', '', 'DL'])('%j beside dl is not', async name => {
  expect(await allows(join(dir, name))).toBe(false);
});

it('a way up is refused, even when it comes back, for with links it leads elsewhere', async () => {
  symlinkSync(join(dir, 'private'), join(dl, 'link'));
  for (const rest of ['/..', '/../dl2', '/films/../../other', '/link/../dl/films', '/films/../films'])
    expect(await allows(dl + rest)).toBe(false);
});

it.each(['', '.', 'films', './dl', '../dl', '~', 'file:///'])('%j is not absolute', async path => {
  expect(await allows(path)).toBe(false);
  expect(await allows(path, '/')).toBe(false);
});

it('a path with a NUL is refused: what is checked must be what is opened', async () => {
  expect(await allows(`${dl}/films\0/../../..`)).toBe(false);
});

it('links count for where they lead, at any depth, with what does not exist below them', async () => {
  symlinkSync(join(dir, 'other'), join(dl, 'out'));
  symlinkSync(join(dl, 'films'), join(dl, 'in'));
  symlinkSync('../../other', join(dl, 'films', 'relative'));
  symlinkSync(dl, join(dir, 'alias'));
  for (const path of ['out', 'out/new/deep', 'in/relative', 'films/relative/new'])
    expect(await allows(join(dl, path))).toBe(false);
  expect(await allows(join(dl, 'in', 'new'))).toBe(true);
  expect(await allows(join(dir, 'alias', 'films'))).toBe(true);
  expect(await allows(join(dl, 'films'), join(dir, 'alias'))).toBe(true);
});

it('a link that leads nowhere yet, or in a circle, is not followed in good faith', async () => {
  symlinkSync(join(dir, 'not-yet'), join(dl, 'dangling'));
  symlinkSync('loop', join(dl, 'loop'));
  for (const path of ['dangling', 'dangling/new', 'loop', 'loop/new'])
    expect(await allows(join(dl, path))).toBe(false);
});

it('a folder below a file cannot be', async () => {
  writeFileSync(join(dl, 'file'), '');
  symlinkSync(join(dir, 'other'), join(dl, 'out'));
  expect(await allows(join(dl, 'out', 'file', 'x'))).toBe(false);
});

it('folders are asked for each time, need not exist, and none allow nothing', async () => {
  let folders: string[] = [];
  const roots = new Roots(() => folders);
  expect(await roots.allow(dl)).toBe(false);
  folders = [join(dir, 'later')];
  expect(await roots.allow(join(dir, 'later', 'x'))).toBe(true);
  expect(await roots.allow(dl)).toBe(false);
  folders = ['/'];
  expect(await roots.allow(dl)).toBe(true);
});

it('within is by parts of a path, not by letters', () => {
  expect(isWithin('/srv/dl', '/srv/dl2')).toBe(false);
  expect(isWithin('/srv/dl', '/srv')).toBe(false);
  expect(isWithin('/srv/dl', '/srv/dl/..a')).toBe(true);
  expect(isWithin('/', '/srv')).toBe(true);
});
