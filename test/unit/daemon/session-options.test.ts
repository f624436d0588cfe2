import { expect, it } from 'vitest';
import { resolveLayers } from '../../../src/daemon/config/layers.js';
import type { Settings } from '../../../src/daemon/config/settings.js';
import { isOneAddress, parseProxy, sessionOptions } from '../../../src/daemon/session-options.js';

const options = (flags: Partial<Record<keyof Settings, string>>) => {
  const { settings, mistakes } = resolveLayers({ env: {}, flags, folder: '/' });
  expect(mistakes).toEqual([]);
  return sessionOptions(settings);
};

it('says what the engine is to know, and leaves out what it knows better', () => {
  expect(
    options({ 'download-dir': '/dl', port: '7000', 'max-peers-per-torrent': '9', profile: 'classic' }),
  ).toMatchObject({
    ...{ dir: '/dl', listen: { host: '*', port: 7000 }, profile: 'classic', maxPeersPerTorrent: 9 },
  });
  for (const key of ['memoryBytes', 'workers', 'bind', 'proxy']) expect(options({})).not.toHaveProperty(key);
  expect(options({ memory: '64MiB', workers: '0' })).toMatchObject({ memoryBytes: 64 * 2 ** 20, workers: 0 });
});

it('one address of this machine is also where connections start from; a name or all of them are not', () => {
  expect(options({ host: '10.8.0.2' })).toMatchObject({ bind: '10.8.0.2', listen: { host: '10.8.0.2' } });
  expect(isOneAddress('fd00::2')).toBe(true);
  for (const host of ['*', '0.0.0.0', '::', 'tun0.example']) expect(isOneAddress(host)).toBe(false);
});

it('a proxy is read with who may use it', () => {
  expect(parseProxy('socks5://proxy.example:1080')).toEqual({ host: 'proxy.example', port: 1080 });
  expect(parseProxy('socks5://us%40er:p%3Aw@[2001:db8::1]:9')).toEqual({
    ...{ host: '2001:db8::1', port: 9, user: 'us@er', password: 'p:w' },
  });
});

it.each([
  ...['', 'proxy:1080', 'http://proxy:1080', 'socks4://proxy:1080', 'socks5://proxy', 'socks5://:1080'],
  ...['socks5://user:p%zz@proxy:1080', 'socks5://proxy:99999'],
])('%j is none, and its password is not told', text => {
  try {
    parseProxy(text);
    expect.fail('it was taken');
  } catch (error) {
    expect(error).toMatchObject({ code: 'ERR_OPTION' });
    expect(JSON.stringify({ ...(error as object), text: String(error) })).not.toContain('p%zz');
  }
});
