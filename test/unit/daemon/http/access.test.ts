import { expect, it } from 'vitest';
import { resolveLayers } from '../../../../src/daemon/config/layers.js';
import { LiveSettings } from '../../../../src/daemon/config/live-settings.js';
import type { Settings } from '../../../../src/daemon/config/settings.js';
import { checkExposure, createDoor } from '../../../../src/daemon/http/access.js';
import { LoginLimit } from '../../../../src/daemon/http/login-limit.js';

const exposure = (host: string, password?: string) => () =>
  checkExposure({ 'rpc-host': host, 'rpc-password': password });

it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost', '::ffff:127.0.0.1'])(
  '%s is this machine alone: no password is needed',
  host => expect(exposure(host)).not.toThrow(),
);

it.each([
  '0.0.0.0',
  '::',
  '',
  '192.168.1.2',
  'box.example',
  '127.evil.example',
  '128.0.0.1',
  '::ffff:10.0.0.1',
])('others reach %j: it is refused without a password', host => {
  for (const password of [undefined, ''])
    expect(exposure(host, password)).toThrow(expect.objectContaining({ code: 'ERR_OPTION' }));
  expect(exposure(host, 'secret')).not.toThrow();
});

const configured = (flags: Partial<Record<keyof Settings, string>>) =>
  resolveLayers({ env: {}, flags, folder: '/' });
const basic = (user: string, password: string) =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

it('the door is as the settings have it now', async () => {
  const settings = new LiveSettings({ configuration: configured({}), overrides: {}, save: () => {} });
  const door = createDoor(settings, new LoginLimit(), () => 0);
  const enter = async (headers: object = {}) =>
    (await door().check({ verb: 'POST', headers: { host: 'localhost', ...headers }, address: '10.0.0.9' }))
      ?.status ?? 'in';
  expect([await enter(), await enter({ host: 'box.example' })]).toEqual(['in', 421]);
  settings.reload(configured({ 'rpc-hosts': 'box.example', 'rpc-origins': 'https://other.example' }));
  expect(await enter({ host: 'box.example' })).toBe('in');
  expect(await enter({ origin: 'https://other.example' })).toBe('in');
  settings.reload(configured({ 'rpc-password': 'secret', 'rpc-user': 'me' }));
  expect([await enter(), await enter({ origin: 'https://other.example' })]).toEqual([401, 401]);
  expect(await enter({ authorization: basic('me', 'secret') })).toBe('in');
  expect(await enter({ authorization: basic('millrace', 'secret') })).toBe(401);
  settings.reload(configured({ 'rpc-password': 'new', 'rpc-user': 'me' }));
  expect(await enter({ authorization: basic('me', 'secret') })).toBe(401);
});
