import { describe, expect, it } from 'vitest';
import { MAX_SENDERS_PER_BLOCK, SmartBan } from '../../../../src/engine/policy/smart-ban.js';

describe('smart ban', () => {
  it('convicts the sender of the bad block alone', () => {
    const ban = new SmartBan();
    ['a', 'b', 'c'].forEach((digest, block) => {
      ban.suspect(7, block, 10 + block, block === 1 ? 'bad' : digest);
    });
    expect(ban.suspects(7)).toBe(true);
    expect(ban.settle(7, block => ['a', 'b', 'c'][block])).toEqual([11]);
    expect(ban.suspects(7)).toBe(false);
    expect(ban.size).toBe(0);
    expect(ban.settle(7, () => 'x')).toEqual([]);
  });

  it('names a liar once, and all liars of several failures', () => {
    const ban = new SmartBan();
    for (const block of [0, 1]) ban.suspect(1, block, 5, 'bad');
    ban.suspect(1, 0, 6, 'also bad');
    ban.suspect(1, 1, 7, 'good');
    expect(ban.settle(1, () => 'good').sort()).toEqual([5, 6]);
  });

  it('notices a peer that contradicts itself', () => {
    const ban = new SmartBan();
    expect(ban.suspect(1, 0, 5, 'x')).toBe(false);
    expect(ban.suspect(1, 0, 5, 'x')).toBe(false);
    expect(ban.suspect(1, 0, 6, 'y')).toBe(false);
    expect(ban.suspect(1, 0, 5, 'y')).toBe(true);
    expect(ban.settle(1, () => 'y')).toEqual([5]);
  });

  it('asks for digests of remembered blocks only', () => {
    const ban = new SmartBan();
    ban.suspect(1, 3, 5, 'x');
    const asked: number[] = [];
    ban.settle(1, block => {
      asked.push(block);
      return 'x';
    });
    expect(asked).toEqual([3]);
  });

  it('forgets the oldest pieces when it is full, and cuts one that is too large', () => {
    const ban = new SmartBan(10);
    for (let piece = 0; piece < 5; piece++)
      for (let block = 0; block < 4; block++) ban.suspect(piece, block, 1, 'x');
    expect(ban.size).toBeLessThanOrEqual(10);
    expect([0, 1, 2, 3, 4].map(piece => ban.suspects(piece))).toEqual([false, false, false, true, true]);
    for (let block = 0; block < 100; block++) ban.suspect(9, block, 1, 'bad');
    expect(ban.size).toBe(10);
    expect(ban.settle(9, () => 'good')).toEqual([1]);
    expect(ban.size).toBe(0);
  });

  it('remembers few senders of one block', () => {
    const ban = new SmartBan();
    for (let peer = 0; peer < 100; peer++) ban.suspect(1, 0, peer, 'bad');
    expect(ban.settle(1, () => 'good')).toHaveLength(MAX_SENDERS_PER_BLOCK);
  });
});
