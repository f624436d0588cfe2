import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../../../../src/daemon/config/document.js';
import { type Layers, resolveLayers, variableOf } from '../../../../src/daemon/config/layers.js';
import { SETTING_KEYS, SETTINGS } from '../../../../src/daemon/config/settings.js';

const HERE = '/srv';

function resolve(layers: Partial<Layers> & { toml?: string } = {}) {
  const { toml = '', ...rest } = layers;
  const file = {
    name: 'millrace.toml',
    folder: '/etc/millrace',
    document: readDocument(toml, 'millrace.toml'),
  };
  return resolveLayers({ file, env: {}, flags: {}, folder: HERE, ...rest });
}

describe('who has the last word', () => {
  const toml = 'rpc-port = 1';
  const env = { MILLRACE_RPC_PORT: '2' };
  it.each([
    ['default', {}, 9091],
    ['file', { toml }, 1],
    ['environment', { toml, env }, 2],
    ['flag', { toml, env, flags: { 'rpc-port': '3' } }, 3],
  ])('%s', (origin, layers, port) => {
    const { settings, origins, mistakes } = resolve(layers);
    expect(mistakes).toEqual([]);
    expect([settings['rpc-port'], origins['rpc-port']]).toEqual([port, origin]);
  });

  it('what is wrong leaves the word of the layer below', () => {
    const { settings, origins } = resolve({ toml, env: { MILLRACE_RPC_PORT: 'x' } });
    expect([settings['rpc-port'], origins['rpc-port']]).toEqual([1, 'file']);
  });
});

it('every mistake is told, with its place', () => {
  const toml = [
    'rpc-port = 9091',
    '',
    'up = "fast"',
    'dwon = 3',
    'watch-dir = 7',
    '[labels.a]',
    'colour = "red"',
  ];
  const { mistakes } = resolve({
    toml: toml.join('\n'),
    env: { MILLRACE_PORT: '70000', MILLRACE_PROT: '1', MILLRACE_LOG: 'debug', HOME: '/root' },
    flags: { 'seed-ratio': 'two' },
  });
  expect(mistakes.map(({ where, key }) => `${where} ${key}`)).toEqual([
    'millrace.toml:3 up',
    'millrace.toml:4 dwon',
    'millrace.toml:5 watch-dir',
    'millrace.toml:7 labels.a.colour',
    'MILLRACE_PORT port',
    'MILLRACE_PROT prot',
    '--seed-ratio seed-ratio',
  ]);
  expect(mistakes[1].message).toBe('unknown, did you mean down?');
  expect(mistakes[4].message).toContain('0 to 65535');
});

it('a relative path begins where it is written: beside the file, or where the daemon was started', () => {
  const { settings } = resolve({
    toml: 'download-dir = "data"\nroots = ["a", "/b", "~/c"]',
    env: { MILLRACE_WATCH_DIR: 'watch' },
    flags: { 'state-dir': 'state' },
  });
  expect(settings).toMatchObject({
    'download-dir': '/etc/millrace/data',
    roots: ['/etc/millrace/a', '/b', join(homedir(), 'c')],
    'watch-dir': '/srv/watch',
    'state-dir': '/srv/state',
  });
});

it.each([
  ['up', '10MB/s', 10_000_000],
  ['up', 1000, 1000],
  ['memory', '256MiB', 2 ** 28],
  ['seed-time', '2h', 7_200_000],
  ['alt-begin', '23:30', 1410],
  ['alt-days', ['sat', 'sun'], ['sat', 'sun']],
  ['umask', '002', 2],
  ['start-added', false, false],
  ['seed-ratio', 1.5, 1.5],
] as const)('%s = %j in a file', (key, written, value) => {
  const { settings, mistakes } = resolve({ toml: `${key} = ${JSON.stringify(written)}` });
  expect(mistakes).toEqual([]);
  expect(settings[key]).toEqual(value);
});

it.each([
  ['start-added', 'off', false],
  ['rpc-hosts', 'a.example, b.example', ['a.example', 'b.example']],
  ['alt-days', 'mon,tue', ['mon', 'tue']],
  ['queue-stalled', '5m', 300_000],
  ['umask', '077', 63],
] as const)('%s=%s in the environment', (key, written, value) => {
  const { settings, mistakes } = resolve({ env: { [variableOf(key)]: written } });
  expect(mistakes).toEqual([]);
  expect(settings[key]).toEqual(value);
});

it.each([
  ['alt-begin', '24:00'],
  ['umask', '8'],
  ['up', -1],
  ['seed-ratio', -1],
  ['rpc-port', 1.5],
  ['start-added', 'yes'],
  ['roots', '/a'],
  ['seed-time', '90'],
  ['profile', 'client-server'],
  ['download-dir', ''],
])('%s = %j in a file is refused', (key, written) => {
  const { mistakes } = resolve({ toml: `${key} = ${JSON.stringify(written)}` });
  expect(mistakes.map(mistake => mistake.key)).toEqual([key]);
});

it('a default is a value of its kind, and names are plain', () => {
  for (const key of SETTING_KEYS) {
    const { kind, fallback } = SETTINGS[key] as {
      kind: { show?(value: unknown): string };
      fallback: unknown;
    };
    expect(key).toMatch(/^[a-z]+(-[a-z]+)*$/);
    if (fallback !== undefined) expect(kind.show?.(fallback), key).toBeTypeOf('string');
  }
});
