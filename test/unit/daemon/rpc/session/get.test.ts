import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { dayBits, daysOf } from '../../../../../src/daemon/rpc/session/fields.js';
import { DaemonStage } from '../../../../lib/daemon-stage.js';

let stage: DaemonStage;
beforeEach(async () => {
  stage = await DaemonStage.open();
});
afterEach(() => stage.close());

/** Any of them absent makes some client drop a whole section, or refuse to work. */
const KEYS =
  `version rpc-version rpc-version-minimum rpc-version-semver session-id config-dir download-dir incomplete-dir
  incomplete-dir-enabled peer-port peer-port-random-on-start port-forwarding-enabled utp-enabled dht-enabled pex-enabled
  lpd-enabled encryption peer-limit-global peer-limit-per-torrent speed-limit-down speed-limit-down-enabled speed-limit-up
  speed-limit-up-enabled alt-speed-up alt-speed-down alt-speed-enabled alt-speed-time-begin alt-speed-time-end
  alt-speed-time-day alt-speed-time-enabled seedRatioLimit seedRatioLimited idle-seeding-limit idle-seeding-limit-enabled
  download-queue-enabled download-queue-size seed-queue-enabled seed-queue-size queue-stalled-enabled queue-stalled-minutes
  rename-partial-files start-added-torrents trash-original-torrent-files script-torrent-added-enabled
  script-torrent-added-filename script-torrent-done-enabled script-torrent-done-filename
  script-torrent-done-seeding-enabled script-torrent-done-seeding-filename blocklist-enabled blocklist-size blocklist-url
  default-trackers cache-size-mb units`.split(/\s+/);

const session = async (args: object = {}) =>
  (await stage.ask('session-get', args)).arguments as unknown as Record<string, unknown>;

it('has all that clients need, as they spell it, and none of it undefined', async () => {
  const all = await session();
  expect(KEYS.filter(key => all[key] === undefined || all[key] === null)).toEqual([]);
});

it('says a version that clients can read', async () => {
  const { version, 'rpc-version': rpc, 'rpc-version-minimum': minimum, 'config-dir': dir } = await session();
  expect(version).toMatch(/^4\.0\.6 \(millrace \d+\.\d+\.\d+\)$/);
  expect([rpc, minimum, dir]).toEqual([17, 14, join(stage.dir, 'state')]);
});

it('tells what is asked for, in either spelling; what there is not is left out', async () => {
  expect(
    await session({ fields: ['peer-port', 'peer_limit_global', 'seed_ratio_limited', 'nothing', 5] }),
  ).toEqual({
    ...{ 'peer-port': 6881, 'peer-limit-global': 2000, seedRatioLimited: false },
  });
  expect(await session({ fields: [] })).toEqual({});
});

it('days are bits from Sunday on', () => {
  expect([dayBits([]), dayBits(['sun']), dayBits(['sat']), dayBits(['mon', 'fri'])]).toEqual([0, 1, 64, 34]);
  for (let bits = 0; bits < 128; bits++) expect(dayBits(daysOf(bits))).toBe(bits);
});

it('free space is told of folders that clients may name alone', async () => {
  const free = async (path?: unknown) => stage.ask('free-space', { path });
  const { result, arguments: told } = await free(join(stage.dir, 'dl'));
  expect([result, told]).toEqual([
    'success',
    { path: join(stage.dir, 'dl'), 'size-bytes': expect.any(Number), total_size: expect.any(Number) },
  ]);
  expect((await free('dl')).result).toBe('directory path is not absolute');
  expect((await free()).result).toBe('directory path is not absolute');
  for (const path of ['/', '/etc', join(stage.dir, 'dl', '..')])
    expect((await free(path)).result).toBe('this folder is not below download-dir or one of roots');
});

it('groups are remembered, each value until it is set again', async () => {
  const set = async (args: object) => (await stage.ask('group-set', args)).result;
  const get = async (args: object = {}) => (await stage.ask('group-get', args)).arguments.group as unknown;
  expect(await set({ name: ' ' })).toBe('no group name given');
  expect(await set({ 'speed-limit-up': 5 })).toBe('no group name given');
  expect(await set({ name: 'a', 'speed-limit-up': 5, 'speed-limit-up-enabled': true })).toBe('success');
  expect(stage.onDisk().get('group.a')).toMatchObject({ up: { on: true, value: 5000 } });
  await set({ name: 'a', 'speed-limit-down': 7, honorsSessionLimits: false });
  await set({ name: 'b' });
  stage = await stage.again('kill');
  expect(stage.session.groups.get('a')).toEqual({ up: 5000, down: 0, ownOnly: true });
  expect(await get({ group: 'a' })).toEqual([
    {
      ...{ name: 'a', honorsSessionLimits: false, 'speed-limit-up': 5, 'speed-limit-up-enabled': true },
      ...{ 'speed-limit-down': 7, 'speed-limit-down-enabled': false },
    },
  ]);
  expect(await get()).toHaveLength(2);
  expect(await get({ group: ['b', 'c'] })).toHaveLength(1);
  expect(await get({ group: [] })).toEqual([]);
});
