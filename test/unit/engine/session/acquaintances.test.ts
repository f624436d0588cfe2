import { describe, expect, it } from 'vitest';
import { MAX_REMEMBERED, PeerMemory } from '../../../../src/engine/policy/peer-memory.js';
import { Acquaintances, formerAddress, historyOf } from '../../../../src/engine/session/acquaintances.js';
import type { PeerLink } from '../../../../src/engine/session/link.js';

const HASH = 'a'.repeat(40);
const standing = { snubbed: true, connectedAtMs: 5, unchokedAtMs: 7 };

function link(host: string, { id = 1, port = 6881, down = 0, up = 0, incoming = false } = {}) {
  const address = { host, port };
  return {
    ...{ address, incoming, dialAddress: incoming ? undefined : address, name: host },
    ...{ peerId: new Uint8Array(20).fill(id), before: undefined },
    peer: { down: { total: down }, up: { total: up }, snubbed: true, sinceMs: 5, unchokedAtMs: 7 },
  } as unknown as PeerLink;
}

const scene = () => new Acquaintances(new PeerMemory(), HASH);

describe('a peer that comes back', () => {
  it('is known by its id, with what it has moved and how it stood', () => {
    const acquaintances = scene();
    const first = link('192.0.2.1', { down: 100, up: 20 });
    expect(acquaintances.meet(first)).toBeUndefined();
    acquaintances.part(first);
    const again = link('198.51.100.1', { down: 1 });
    again.before = acquaintances.meet(again);
    expect(again.before).toMatchObject({ downloaded: 100, uploaded: 20, standing });
    expect(formerAddress(again)).toEqual({ host: '192.0.2.1', port: 6881 });
    expect(historyOf(again)).toMatchObject({ downloaded: 101, dialAddress: { host: '198.51.100.1' } });
    expect(acquaintances.meet(link('192.0.2.1', { id: 2 }))).toBeUndefined();
  });

  it('has not moved when only the port that it calls from is another', () => {
    const acquaintances = scene();
    acquaintances.part(link('192.0.2.1'));
    const caller = link('192.0.2.1', { incoming: true, port: 50_000 });
    caller.before = acquaintances.meet(caller);
    expect(formerAddress(caller)).toBeUndefined();
    caller.dialAddress = { host: '192.0.2.1', port: 7000 };
    expect(formerAddress(caller)).toEqual({ host: '192.0.2.1', port: 6881 });
  });

  it('keeps the address where it can be dialled while it only calls', () => {
    const acquaintances = scene();
    acquaintances.part(link('192.0.2.1'));
    const caller = link('198.51.100.1', { incoming: true });
    caller.before = acquaintances.meet(caller);
    acquaintances.part(caller);
    expect(acquaintances.meet(caller)?.dialAddress).toEqual({ host: '192.0.2.1', port: 6881 });
  });
});

describe('a banned id', () => {
  const banned = expect.objectContaining({ code: 'ERR_PEER_BANNED' });

  it('is refused from everywhere', () => {
    const acquaintances = scene();
    acquaintances.ban(link('192.0.2.1', { down: 5 }), []);
    expect(() => acquaintances.meet(link('198.51.100.1'))).toThrow(banned);
    expect(acquaintances.meet(link('198.51.100.1', { id: 2 }))).toBeUndefined();
  });

  it('does not keep the peer away that it was copied from, whether it is here or was', () => {
    const acquaintances = scene();
    const [victim, thief] = [link('192.0.2.1', { down: 5 }), link('198.51.100.1', { down: 5 })];
    acquaintances.ban(thief, [victim, thief]);
    acquaintances.meet(victim);
    expect(() => acquaintances.meet(thief)).toThrow(banned);

    const later = scene();
    later.part(victim);
    later.ban(thief, [thief]);
    expect(later.meet(victim)).toMatchObject({ downloaded: 5 });
    expect(() => later.meet(thief)).toThrow(banned);
  });

  it('is not saved by what it sent from where it lied', () => {
    const acquaintances = scene();
    const liar = link('192.0.2.1', { down: 5 });
    acquaintances.part(liar);
    acquaintances.ban(liar, []);
    expect(() => acquaintances.meet(liar)).toThrow(banned);
  });
});

it('a bounded number of peers is remembered', () => {
  const memory = new PeerMemory();
  const history = { dialAddress: undefined, downloaded: 0, uploaded: 0, standing, goodHost: undefined };
  for (let n = 0; n <= MAX_REMEMBERED; n++) {
    memory.remember(HASH, `${n}`, history);
    memory.ban(HASH, `${n}`, undefined);
  }
  expect([memory.recall(HASH, '0'), memory.recall(HASH, '1')]).toEqual([undefined, history]);
  expect([memory.isBanned(HASH, '0', ''), memory.isBanned(HASH, '1', '')]).toEqual([false, true]);
});
