import { beforeEach, expect, it } from 'vitest';
import { readDocument } from '../../../../src/daemon/config/document.js';
import { resolveLayers } from '../../../../src/daemon/config/layers.js';
import { LiveSettings, type Overrides } from '../../../../src/daemon/config/live-settings.js';

let saved: Overrides;
beforeEach(() => {
  saved = {};
});

const file = (text: string) =>
  resolveLayers({
    ...{ env: {}, flags: {}, folder: '/' },
    file: { name: 'daemon.toml', folder: '/', document: readDocument(text, 'daemon.toml') },
  });
/** A daemon that starts with this file, and with what an earlier run has saved. */
const start = (text: string) =>
  new LiveSettings({
    configuration: file(text),
    overrides: saved,
    save: overrides => {
      saved = JSON.parse(JSON.stringify(overrides)); // as the journal has it
    },
  });

it('what a client has set holds over the file, and after a restart', () => {
  const settings = start('up = 1000\n');
  settings.set({ up: 5, 'seed-ratio': 2, 'default-trackers': ['udp://a'] });
  expect([settings.get('up'), settings.configured('up'), settings.all.up]).toEqual([5, 1000, 5]);
  const again = start('up = 1000\n');
  expect([again.get('up'), again.get('seed-ratio'), again.get('default-trackers')]).toEqual([
    5,
    2,
    ['udp://a'],
  ]);
});

it('none is a value too: it survives a restart', () => {
  start('seed-ratio = 3\ndownload-queue = 4\n').set({ 'seed-ratio': undefined, 'download-queue': undefined });
  const again = start('seed-ratio = 3\ndownload-queue = 4\n');
  expect([again.get('seed-ratio'), again.get('download-queue')]).toEqual([undefined, undefined]);
  expect('seed-ratio' in again.all).toBe(true);
});

it('who edits the file there is heard again, elsewhere he is not', () => {
  start('up = 1000\ndown = 1000\n').set({ up: 5, down: 6 });
  const again = start('up = 2000\ndown = 1000\n');
  expect([again.get('up'), again.get('down')]).toEqual([2000, 6]);
});

it('what was set before an edit does not come back when the edit is undone', () => {
  start('up = 1000\n').set({ up: 5 });
  start('up = 2000\n');
  expect(start('up = 1000\n').get('up')).toBe(1000);
});

it('set to what the file says is not set at all', () => {
  const settings = start('up = 1000\n');
  settings.set({ up: 5 });
  settings.set({ up: 1000 });
  expect(saved).toEqual({});
  expect(start('up = 2000\n').get('up')).toBe(2000);
});

it('settings that there are no more are forgotten', () => {
  saved = { gone: { value: 1, over: null }, up: { value: 5, over: 0 } } as Overrides;
  expect(start('').get('up')).toBe(5);
  expect(Object.keys(saved)).toEqual(['up']);
});

it('programs that a client has named are forgotten when clients may name none any more', () => {
  start('rpc-scripts = true\n').set({ 'on-done': '/theirs', up: 5 });
  expect(start('rpc-scripts = true\n').get('on-done')).toBe('/theirs');
  expect(start('').get('on-done')).toBeUndefined();
  expect(start('rpc-scripts = true\n').get('on-done')).toBeUndefined();
  expect(Object.keys(saved)).toEqual(['up']);
});

it('a file that is read again is heard where it has changed', () => {
  const settings = start('up = 1000\ndown = 1000\n');
  settings.set({ up: 5, down: 6 });
  expect(settings.reload(file('up = 1000\ndown = 3000\n[labels.films]\ndir = "/films"\n'))).toEqual([]);
  expect([settings.get('up'), settings.get('down')]).toEqual([5, 3000]);
  expect(settings.labels.get('films')).toEqual({ dir: '/films' });
  expect(Object.keys(saved)).toEqual(['up']);
});

it('what needs a restart stays as it is and is told, each time until then', () => {
  const settings = start('rpc-port = 9091\nup = 1\n');
  const edited = file('rpc-port = 9000\nmemory = "64MiB"\nup = 2\n');
  expect(settings.reload(edited).sort()).toEqual(['memory', 'rpc-port']);
  expect([settings.get('rpc-port'), settings.get('memory'), settings.get('up')]).toEqual([
    9091,
    undefined,
    2,
  ]);
  expect(settings.reload(edited).sort()).toEqual(['memory', 'rpc-port']);
  expect(settings.reload(file('rpc-port = 9091\n'))).toEqual([]);
});

it('who watches is called once for all that changed of his, and never for what is as it was', () => {
  const settings = start('up = 1000\n');
  const calls: string[] = [];
  settings.watch(['up', 'down'], () => calls.push(`rates ${settings.get('up')} ${settings.get('down')}`));
  settings.watch(['port'], () => calls.push('port'));
  settings.set({ up: 5, down: 6 });
  settings.set({ up: 5, 'alt-up': 9 });
  settings.reload(file('up = 1000\n'));
  settings.reload(file('up = 7\nport = 1\n'));
  expect(calls).toEqual(['rates 5 6', 'rates 7 6', 'port']);
});

it('lists are compared by what is in them', () => {
  const settings = start('default-trackers = ["udp://a"]\n');
  let calls = 0;
  settings.watch(['default-trackers'], () => calls++);
  settings.set({ 'default-trackers': ['udp://a'] });
  expect([calls, saved]).toEqual([0, {}]);
});
