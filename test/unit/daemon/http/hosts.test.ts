import { expect, it } from 'vitest';
import { isAllowedHost, isLoopback } from '../../../../src/daemon/http/hosts.js';

const NAMES = ['Box.example'];

it.each([
  '127.0.0.1',
  '127.0.0.1:9091',
  '192.168.1.5:9091',
  '[::1]:9091',
  '[2001:db8::1]',
  'localhost',
  'LOCALHOST:9091',
  'localhost.',
  'box.example',
  'BOX.example:80',
])('%s is one of ours', host => expect(isAllowedHost(host, NAMES)).toBe(true));

it.each([
  undefined,
  '',
  'evil.example',
  'evil.example:9091',
  'evil.example.',
  'localhost.evil.example',
  'xlocalhost',
  'sub.box.example',
  '127.0.0.1.evil.example',
  'a@127.0.0.1',
  '127.0.0.1:',
  '127.0.0.1:9091:1',
  '[::1',
  '::1',
  '127.0.0.1/x',
  ' 127.0.0.1',
  '0x7f.1',
  '[v1.a]',
])('%j is not', host => expect(isAllowedHost(host, NAMES)).toBe(false));

it.each([
  ['127.0.0.1', true],
  ['127.8.8.8', true],
  ['::1', true],
  ['localhost', true],
  ['::ffff:127.0.0.1', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.0.1', false],
  ['127.evil.example', false],
])('%s is loopback: %s', (address, yes) => expect(isLoopback(address)).toBe(yes));
