import { describe, expect, it } from 'vitest';
import { MillraceError } from '../../../../src/engine/errors.js';
import { Bans } from '../../../../src/engine/session/bans.js';
import { HalfOpen } from '../../../../src/engine/session/half-open.js';
import type { PeerLink } from '../../../../src/engine/session/link.js';

const linkOf = (host: string, port = 1) =>
  ({ address: { host, port }, incoming: true, close() {} }) as unknown as PeerLink;

describe('bans', () => {
  it.each([
    ['2001:db8::1', '2001:db8::2', true],
    ['2001:db8::1', '2001:db8:0:1::1', false],
    ['192.0.2.1', '192.0.2.1', true],
    ['192.0.2.1', '192.0.2.2', false],
    ['fe80::1%eth0', 'fe80::2%eth0', false],
  ])('of %s keep %s out: %s', (banned, other, out) => {
    const bans = new Bans();
    bans.add({ host: banned, port: 1 });
    expect(bans.hasHost(other)).toBe(out);
    expect(bans.has(linkOf(other, 9))).toBe(out);
    expect(bans.hasAddress({ host: other, port: 9 })).toBe(out);
  });

  it.each(['127.0.0.1', '::1'])('of %s are of one of its peers', host => {
    const bans = new Bans();
    bans.add({ host, port: 1 });
    expect([bans.hasHost(host), bans.has(linkOf(host, 1)), bans.has(linkOf(host, 2))]).toEqual([
      false,
      true,
      false,
    ]);
    expect([1, 2].map(port => bans.hasAddress({ host, port }))).toEqual([true, false]);
  });
});

it('a flood from a /64 pushes itself out, whatever addresses it has there', () => {
  const halfOpen = new HalfOpen();
  const honest = linkOf('2001:db8:0:1::1');
  halfOpen.add(honest);
  const flood = Array.from({ length: 500 }, (_, i) => linkOf(`2001:db8::${(i + 1).toString(16)}`));
  for (const link of flood) halfOpen.add(link);
  const full = new MillraceError('ERR_PEER_LIMIT', 'full');
  for (let i = 0; i < 198; i++) expect(halfOpen.evict(full)).not.toBe(honest);
  halfOpen.close(full);
});
