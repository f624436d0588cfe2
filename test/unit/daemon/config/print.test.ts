import { expect, it } from 'vitest';
import { readDocument } from '../../../../src/daemon/config/document.js';
import { resolveLayers } from '../../../../src/daemon/config/layers.js';
import {
  describeConfiguration,
  printConfiguration,
  printMistakes,
} from '../../../../src/daemon/config/print.js';
import { SETTING_KEYS } from '../../../../src/daemon/config/settings.js';

const resolve = (toml: string, env = {}) =>
  resolveLayers({
    file: { name: 'm.toml', folder: '/etc', document: readDocument(toml, 'm.toml') },
    env,
    flags: {},
    folder: '/srv',
  });

const TOML = `up = "1.5MB/s"
roots = ["/a"]
umask = "002"
alt-begin = "22:15"
seed-ratio = 2.5
start-added = false
rpc-password = "secret"
queue-stalled = "90s"
webhook = "https://me:secret@hooks.example/x"

[labels."two words"]
dir = "/b"
seed-ratio = 3
`;

it('what is printed gives the same configuration again', () => {
  const { settings, labels } = resolve(TOML, { MILLRACE_PORT: '6000' });
  const again = resolve(printConfiguration(resolve(TOML, { MILLRACE_PORT: '6000' })));
  expect(again.mistakes).toEqual([]);
  expect(again.labels).toEqual(labels);
  const { webhook } = settings;
  expect({ ...again.settings, 'rpc-password': 'secret', webhook }).toEqual(settings);
});

it('has every key, tells where a value is from, and no secret', () => {
  const text = printConfiguration(resolve(TOML, { MILLRACE_PORT: '6000' }));
  for (const key of SETTING_KEYS) expect(text).toMatch(new RegExp(`^(# )?${key} =`, 'm'));
  expect(text).toContain('(environment)\nport = 6000');
  expect(text).toContain('# webhook = "https://me:...@hooks.example/x"');
  expect(text).not.toContain('secret');
});

it('is told to programs without secrets too', () => {
  const facts = describeConfiguration(resolve(TOML));
  expect(facts).toMatchObject({
    settings: { up: 1_500_000, 'rpc-password': '...', proxy: null },
    labels: { 'two words': { dir: '/b', 'seed-ratio': 3 } },
    origins: { up: 'file' },
  });
  expect(JSON.stringify(facts)).not.toContain('secret');
});

it('a mistake is one line that begins with its place', () => {
  const { mistakes } = resolve('prot = 1', { MILLRACE_PORT: 'x' });
  expect(printMistakes(mistakes)).toEqual([
    'm.toml:1: prot: unknown, did you mean port?',
    "MILLRACE_PORT: port: 'x' is not a whole number from 0 to 65535",
  ]);
});
