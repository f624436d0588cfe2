import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { DaemonStage } from '../../../../lib/daemon-stage.js';

let stage: DaemonStage;
afterEach(() => stage.close());
const open = async (text = '') => {
  stage = await DaemonStage.open(text);
};
const set = async (args: object) => (await stage.ask('session-set', args)).result;
const get = async (...fields: string[]) =>
  (await stage.ask('session-get', { fields })).arguments as unknown as Record<string, unknown>;
/** Everything that a client can see, and what is remembered. */
const whole = async () => {
  await stage.state.catalog.flush();
  return [await stage.ask('session-get'), stage.onDisk().get('settings') ?? {}, stage.onDisk().get('kept')];
};

it('what was confirmed is on disk, and holds after a kill', async () => {
  await open();
  expect(await set({ 'speed-limit-up': 50, 'speed-limit-up-enabled': true, 'peer-limit-global': 77 })).toBe(
    'success',
  );
  expect(stage.onDisk().get('settings')).toMatchObject({ up: { value: 50_000 }, 'max-peers': { value: 77 } });
  stage = await stage.again('kill');
  expect(await get('speed-limit-up', 'speed-limit-up-enabled', 'peer-limit-global')).toEqual({
    ...{ 'speed-limit-up': 50, 'speed-limit-up-enabled': true, 'peer-limit-global': 77 },
  });
  expect(stage.session.limits).toMatchObject({ up: 50_000 });
});

it('clients can have the router asked for the port', async () => {
  await open('port-mapping = false');
  expect(await get('port-forwarding-enabled')).toEqual({ 'port-forwarding-enabled': false });
  expect(await set({ 'port-forwarding-enabled': true })).toBe('success');
  expect(await get('port-forwarding-enabled')).toEqual({ 'port-forwarding-enabled': true });
  expect(stage.onDisk().get('settings')).toMatchObject({ 'port-mapping': { value: true } });
});

describe('all or nothing', () => {
  const good = {
    ...{ 'speed-limit-down': 7, seedRatioLimit: 9, 'alt-speed-enabled': true, 'download-queue-size': 3 },
    'peer-limit-global': 5,
  };
  it.each([
    ['a relative folder', { 'download-dir': 'dl' }, 'download directory path is not absolute'],
    [
      'a folder elsewhere',
      { 'download-dir': '/etc' },
      'this folder is not below download-dir or one of roots',
    ],
    [
      'a relative one for incomplete torrents',
      { 'incomplete-dir': 'x' },
      'incomplete torrents directory path is not absolute',
    ],
    [
      'a program',
      { 'script-torrent-done-filename': '/bin/sh', 'script-torrent-done-enabled': true },
      'clients may not name programs: rpc-scripts is off',
    ],
    ['a port that is taken', { 'peer-port': 7 }, 'port 7 is taken'],
  ])('%s: nothing is changed', async (_, bad, text) => {
    await open();
    stage.session.taken.add(7);
    const dir = join(stage.dir, 'dl', 'inc');
    const before = await whole();
    expect(await set({ ...good, 'incomplete-dir': dir, ...bad })).toBe(text);
    expect(await whole()).toEqual(before);
    expect([stage.session.limits, stage.keepers.speed.alternative]).toEqual([{ down: 0, up: 0 }, false]);
  });
});

it('local discovery is told and turned on and off, in both spellings', async () => {
  await open();
  expect(await get('lpd-enabled')).toEqual({ 'lpd-enabled': false });
  await set({ 'lpd-enabled': true });
  expect(stage.settings.get('lsd')).toBe(true);
  expect(await get('lpd-enabled')).toEqual({ 'lpd-enabled': true });
  await set({ lpd_enabled: false });
  expect(stage.settings.get('lsd')).toBe(false);
});

it('peer exchange is told and turned on and off, in both spellings', async () => {
  await open();
  expect(await get('pex-enabled')).toEqual({ 'pex-enabled': true });
  await set({ 'pex-enabled': false });
  expect(stage.settings.get('pex')).toBe(false);
  expect(await get('pex-enabled')).toEqual({ 'pex-enabled': false });
  await set({ pex_enabled: true });
  expect(stage.settings.get('pex')).toBe(true);
});

it('what is not known, not ours to change, or of a wrong type is passed over', async () => {
  await open();
  const before = await whole();
  expect(
    await set({
      ...{
        unknown: 1,
        'rpc-password': 'x',
        'rpc-host': '0.0.0.0',
        roots: ['/'],
        'state-dir': '/',
        version: 'x',
      },
      ...{ 'rpc-scripts': true, 'rpc-local-files': true, 'on-done': '/bin/sh', 'seed-action': 'remove-data' },
      ...{
        'speed-limit-up': '5',
        'peer-limit-global': null,
        'start-added-torrents': 'no',
        'download-dir': 5,
      },
    }),
  ).toBe('success');
  expect(await whole()).toEqual(before);
});

it('the DHT is turned off and on, which a restart keeps', async () => {
  await open();
  expect(await get('dht-enabled')).toEqual({ 'dht-enabled': true });
  await set({ 'dht-enabled': false });
  expect(await get('dht-enabled')).toEqual({ 'dht-enabled': false });
  expect(stage.settings.get('dht')).toBe(false);
  stage = await stage.again('kill');
  expect(await get('dht-enabled')).toEqual({ 'dht-enabled': false });
  await set({ 'dht-enabled': true });
  expect(stage.settings.get('dht')).toBe(true);
});

describe('programs', () => {
  const script = (file: unknown, enabled?: unknown) => ({
    'script-torrent-done-filename': file,
    ...(enabled !== undefined && { 'script-torrent-done-enabled': enabled }),
  });

  it('none is named by a client, however it is put', async () => {
    await open();
    for (const args of [
      script('/bin/sh'),
      script('/bin/sh', true),
      script('/bin/sh', false),
      script('', true),
    ])
      for (const spelled of [args, respelled(args)]) {
        await set(spelled);
        expect(stage.settings.get('on-done')).toBeUndefined();
      }
    await set({ 'script-torrent-done-enabled': true });
    expect(stage.settings.get('on-done')).toBeUndefined();
  });

  it('one that is configured is neither replaced nor switched off; a form that is sent back is no attempt', async () => {
    await open('on-done = "/ours"\n');
    expect(await set(script('/theirs', true))).toMatch(/rpc-scripts is off/);
    expect(await set(script('/ours', true))).toBe('success');
    expect(await set({ 'script-torrent-done-enabled': true })).toBe('success');
    await set({ 'script-torrent-done-enabled': false });
    expect(stage.settings.get('on-done')).toBe('/ours');
  });

  it('with rpc-scripts they may, and one that is off keeps its name', async () => {
    await open('rpc-scripts = true\n');
    await set(script('/theirs', true));
    expect(stage.settings.get('on-done')).toBe('/theirs');
    await set({ 'script-torrent-done-enabled': false });
    expect(stage.settings.get('on-done')).toBeUndefined();
    await set({ 'script-torrent-done-enabled': true });
    expect(stage.settings.get('on-done')).toBe('/theirs');
  });
});

const respelled = (args: object) =>
  Object.fromEntries(Object.entries(args).map(([key, value]) => [key.replaceAll('-', '_'), value]));

it("a folder of the configuration's, or below, may be named; what a client has set is none of those", async () => {
  await open();
  const dl = join(stage.dir, 'dl');
  const films = join(dl, 'films');
  mkdirSync(films);
  expect(await set({ 'download-dir': films })).toBe('success');
  expect(await set({ 'download-dir': join(dl, 'others') })).toBe('success');
  expect(await get('download-dir')).toEqual({ 'download-dir': join(dl, 'others') });
});

it('the folder for incomplete torrents keeps its name while it is off', async () => {
  await open();
  const dir = join(stage.dir, 'dl', 'inc');
  await set({ 'incomplete-dir': dir });
  expect(stage.settings.get('incomplete-dir')).toBeUndefined();
  await set({ 'incomplete-dir-enabled': true });
  expect(await get('incomplete-dir', 'incomplete-dir-enabled')).toEqual({
    ...{ 'incomplete-dir': dir, 'incomplete-dir-enabled': true },
  });
  await set({ 'incomplete-dir-enabled': false });
  expect(stage.settings.get('incomplete-dir')).toBeUndefined();
});

describe('the port', () => {
  it('is taken at once, and the next time', async () => {
    await open();
    await set({ 'peer-port': 7000 });
    expect([stage.session.address?.port, stage.settings.get('port')]).toEqual([7000, 7000]);
  });

  it('random now and at each start; fixed again where it is', async () => {
    await open();
    await set({ 'peer-port': 0 });
    expect([stage.session.address?.port, stage.settings.get('port')]).toEqual([40_000, 40_000]);
    await set({ 'peer-port-random-on-start': true });
    expect(await get('peer-port', 'peer-port-random-on-start')).toEqual({
      ...{ 'peer-port': 40_000, 'peer-port-random-on-start': true },
    });
    await set({ 'peer-port': 40_000, 'peer-port-random-on-start': true });
    expect(stage.settings.get('port')).toBe(0);
    await set({ 'peer-port': 40_000, 'peer-port-random-on-start': false });
    expect(stage.settings.get('port')).toBe(40_000);
    await set({ 'peer-port-random-on-start': true });
    await set({ 'peer-port-random-on-start': false });
    expect(stage.settings.get('port')).toBe(40_000);
  });
});

describe('limits that can be off', () => {
  it.each([
    ['speed-limit-down', 'speed-limit-down-enabled', 'down', 100, 250, 250_000, 0],
    ['speed-limit-up', 'speed-limit-up-enabled', 'up', 100, 250, 250_000, 0],
    ['seedRatioLimit', 'seedRatioLimited', 'seed-ratio', 2, 1.25, 1.25, undefined],
    ['idle-seeding-limit', 'idle-seeding-limit-enabled', 'seed-idle', 30, 5, 300_000, undefined],
    ['download-queue-size', 'download-queue-enabled', 'download-queue', 5, 8, 8, undefined],
    ['seed-queue-size', 'seed-queue-enabled', 'seed-queue', 10, 8, 8, undefined],
  ] as const)('%s', async (number, enabled, key, shown, sent, ours, off) => {
    await open();
    expect(await get(number, enabled)).toEqual({ [number]: shown, [enabled]: false });
    await set({ [number]: sent });
    expect([await get(number, enabled), stage.settings.get(key)]).toEqual([
      ...[{ [number]: sent, [enabled]: false }, off],
    ]);
    await set({ [enabled]: true });
    expect([await get(number, enabled), stage.settings.get(key)]).toEqual([
      ...[{ [number]: sent, [enabled]: true }, ours],
    ]);
    await set({ [enabled]: false });
    stage = await stage.again('kill');
    expect([await get(number, enabled), stage.settings.get(key)]).toEqual([
      ...[{ [number]: sent, [enabled]: false }, off],
    ]);
  });

  it('nothing is not unlimited, and what is too much is all there is', async () => {
    await open();
    await set({ 'speed-limit-up': 0, 'speed-limit-up-enabled': true, 'alt-speed-down': 0 });
    expect([stage.settings.get('up'), stage.settings.get('alt-down')]).toEqual([1, 1]);
    expect(await get('speed-limit-up')).toEqual({ 'speed-limit-up': 0 });
    await set({ 'speed-limit-up': -5 });
    expect(stage.settings.get('up')).toBe(1);
    await set({ 'speed-limit-up': 1.7e308, seedRatioLimit: 1e308, seedRatioLimited: true });
    expect(Number.isSafeInteger(stage.settings.get('up'))).toBe(true);
    await set({
      'download-queue-size': 0,
      'download-queue-enabled': true,
      'seed-queue-size': 1e12,
      'seed-queue-enabled': true,
    });
    expect([stage.settings.get('download-queue'), stage.settings.get('seed-queue')]).toEqual([1, 100_000]);
    stage = await stage.again('kill');
    expect(Number.isSafeInteger(stage.settings.get('up'))).toBe(true);
  });
});

describe('the other limits', () => {
  it('by hand', async () => {
    await open();
    await set({ 'alt-speed-up': 3, 'alt-speed-down': 4, 'alt-speed-enabled': true });
    expect(stage.session.limits).toEqual({ up: 3000, down: 4000 });
    stage = await stage.again('kill');
    expect([stage.session.limits, await get('alt-speed-enabled')]).toEqual([
      { up: 3000, down: 4000 },
      { 'alt-speed-enabled': true },
    ]);
  });

  it('days are bits from Sunday, times minutes', async () => {
    await open();
    await set({ 'alt-speed-time-day': 65, 'alt-speed-time-begin': 60, 'alt-speed-time-end': 9999 });
    expect(stage.settings.get('alt-days')).toEqual(['sun', 'sat']);
    expect(await get('alt-speed-time-day', 'alt-speed-time-begin', 'alt-speed-time-end')).toEqual({
      ...{ 'alt-speed-time-day': 65, 'alt-speed-time-begin': 60, 'alt-speed-time-end': 1439 },
    });
    await set({ 'alt-speed-time-day': 127 });
    expect(stage.settings.get('alt-days')).toHaveLength(7);
  });
});

it('a blocklist is a URL: no file of this machine is named or shown', async () => {
  await open('blocklist = "/etc/blocked"\n');
  expect(await get('blocklist-url')).toEqual({ 'blocklist-url': '' });
  for (const url of ['/etc/passwd', 'file:///etc/passwd', 'ftp://x', ''])
    expect([await set({ 'blocklist-url': url }), stage.settings.get('blocklist')]).toEqual([
      ...['success', '/etc/blocked'],
    ]);
  await set({ 'blocklist-url': 'https://list.example/x' });
  expect(await get('blocklist-url')).toEqual({ 'blocklist-url': 'https://list.example/x' });
});

it('default trackers are lines, and show as tiers', async () => {
  await open();
  await set({ 'default-trackers': 'udp://a:1\n\nhttp://b/announce\r\nno url' });
  expect(await get('default-trackers')).toEqual({ 'default-trackers': 'udp://a:1\n\nhttp://b/announce' });
});
