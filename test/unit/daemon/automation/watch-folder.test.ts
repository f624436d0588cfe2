import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import {
  type WatchEvent,
  WatchFolder,
  type WatchOptions,
} from '../../../../src/daemon/automation/watch-folder.js';

const SETTLE_MS = 30;
let dir: string;
let folder: WatchFolder | undefined;
let events: WatchEvent[];
let added: [string, string][];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-watch-'));
  events = [];
  added = [];
});
afterEach(async () => {
  await folder?.close();
  rmSync(dir, { recursive: true, force: true });
});

function start(options: Partial<WatchOptions> = {}): void {
  folder = new WatchFolder({
    ...{ dir, pollMs: 60_000, settleMs: SETTLE_MS },
    add: async (name, bytes) => void added.push([name, Buffer.from(bytes).toString()]),
    tell: event => events.push(event),
    ...options,
  });
}

const told = (count: number) => vi.waitFor(() => expect(events.length).toBeGreaterThanOrEqual(count), 10_000);

it('adds what is there, and what appears, and renames it', async () => {
  writeFileSync(join(dir, 'a.torrent'), 'A');
  writeFileSync(join(dir, 'notes.txt'), 'N');
  start();
  await told(1);
  writeFileSync(join(dir, 'b.MAGNET'), 'B');
  await told(2);
  expect(added).toEqual([
    ['a.torrent', 'A'],
    ['b.MAGNET', 'B'],
  ]);
  expect(readdirSync(dir).sort()).toEqual(['a.torrent.added', 'b.MAGNET.added', 'notes.txt']);
});

it('finds by looking what nobody tells of', async () => {
  start({ pollMs: 20 });
  const other = join(dir, '..', `${Date.now()}-other.torrent`);
  writeFileSync(other, 'A');
  renameSync(other, join(dir, 'a.torrent'));
  await told(1);
  expect(added).toEqual([['a.torrent', 'A']]);
});

it('waits for a file that is still being written', async () => {
  let nowMs = 0;
  let looks = 0;
  const looked = (more: number, from = looks) =>
    vi.waitFor(() => expect(looks).toBeGreaterThanOrEqual(from + more), 10_000);
  const clock = () => {
    looks++;
    return nowMs;
  };
  start({ settleMs: 10, nowMs: clock });
  const path = join(dir, 'a.torrent');
  writeFileSync(path, 'x');
  await looked(3);
  nowMs = 5; // a look that has seen the file before the next line does not take it by that
  appendFileSync(path, 'y');
  await looked(3);
  nowMs = 10;
  await looked(3);
  expect(added).toEqual([]);
  nowMs = 15;
  await told(1);
  expect(added).toEqual([['a.torrent', 'xy']]);
});

it('puts aside what is no torrent, and goes on', async () => {
  writeFileSync(join(dir, 'a.torrent'), 'bad');
  writeFileSync(join(dir, 'b.torrent'), 'good');
  start({
    add: async (name, bytes) => {
      if (String(bytes) === 'bad') throw new Error('no torrent');
      added.push([name, String(bytes)]);
    },
  });
  await told(2);
  expect(events.map(({ kind }) => kind)).toEqual(['failed', 'added']);
  expect(readdirSync(dir).sort()).toEqual(['a.torrent.failed', 'b.torrent.added']);
});

it('leaves what the end has kept from being added', async () => {
  writeFileSync(join(dir, 'a.magnet'), 'link');
  let end: (error: Error) => void = () => {};
  const waits = new Promise<void>(resolve => {
    start({
      add: () => {
        resolve();
        return new Promise((_, reject) => {
          end = reject;
        });
      },
    });
  });
  await waits;
  const closed = folder!.close();
  end(new Error('the daemon ends'));
  await closed;
  expect([readdirSync(dir), events]).toEqual([['a.magnet'], []]);
});

it('follows no links and takes no folders, whatever they are called', async () => {
  mkdirSync(join(dir, 'a.torrent'));
  symlinkSync('/etc/passwd', join(dir, 'b.torrent'));
  writeFileSync(join(dir, 'c.torrent'), 'C');
  start();
  await told(1);
  expect(added.map(([name]) => name)).toEqual(['c.torrent']);
});

it('a folder that is not there is told of once, and watched when it comes', async () => {
  const later = join(dir, 'later');
  start({ dir: later, pollMs: 10 });
  await told(1);
  expect(events).toMatchObject([{ kind: 'unreadable', error: { code: 'ENOENT' } }]);
  mkdirSync(later);
  writeFileSync(join(later, 'a.torrent'), 'A');
  await told(2);
  expect(events.map(({ kind }) => kind)).toEqual(['unreadable', 'added']);
});
