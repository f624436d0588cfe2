import { expect, it } from 'vitest';
import { mayPassOn, scopeOf } from '../../../../src/engine/policy/host-scope.js';

it.each([
  ['192.0.2.1', 'world'],
  ['2001:db8::1', 'world'],
  ['10.1.2.3', 'network'],
  ['192.168.0.1', 'network'],
  ['fd00::1', 'network'],
  ['169.254.1.1', 'link'],
  ['fe80::1', 'link'],
  ['127.0.0.9', 'machine'],
  ['::1', 'machine'],
  ['224.0.0.1', 'nobody'],
  ['0.0.0.0', 'nobody'],
  ['::', 'nobody'],
  ['peer.example', 'nobody'],
])('%s is known to the %s', (host, scope) => expect(scopeOf(host)).toBe(scope));

it('an address is passed on to those for whom it means the same', () => {
  const scopes = ['world', 'network', 'link', 'machine', 'nobody'] as const;
  const allowed = scopes.flatMap(scope =>
    scopes.filter(peer => mayPassOn(scope, peer)).map(peer => `${scope} to ${peer}`),
  );
  expect(allowed).toEqual([
    ...scopes.map(peer => `world to ${peer}`),
    ...['network', 'link', 'machine', 'nobody'].map(peer => `network to ${peer}`),
    'machine to machine',
  ]);
});
