import { describe, expect, it } from 'vitest';
import { MAX_GROUPS, pieceMap } from '../../../../src/daemon/page/piece-map.js';

const bytes = (base64: string) => [...Buffer.from(base64, 'base64')];

describe('pieceMap', () => {
  it('has a byte for each piece of a small torrent, the highest bit first', () => {
    const map = pieceMap({ count: 10, have: Uint8Array.of(0b10000001, 0b01000000), availability: [] });
    expect(map.haveCount).toBe(3);
    expect(bytes(map.have)).toEqual([255, 0, 0, 0, 0, 0, 0, 255, 0, 255]);
  });

  it('knows copies of what is missing, and caps them', () => {
    const availability = [9, 0, 1, 60_000];
    const map = pieceMap({ count: 4, have: Uint8Array.of(0b10000000), availability });
    expect(bytes(map.copies).slice(1)).toEqual([0, 1, 255]);
  });

  it('groups pieces, with the rarest that is missing', () => {
    const map = pieceMap({ count: 6, have: Uint8Array.of(0b11001000), availability: [0, 0, 4, 3, 9, 7] }, 3);
    expect(bytes(map.have)).toEqual([255, 0, 128]);
    expect(bytes(map.copies)).toEqual([255, 3, 7]);
  });

  it('never calls a group empty or full that is not', () => {
    const count = MAX_GROUPS * 1000;
    const have = new Uint8Array(count / 8);
    have[0] = 0x80;
    have.fill(255, count / 16);
    have[have.length - 1] = 0xfe;
    const shown = bytes(pieceMap({ count, have, availability: [] }).have);
    expect(shown).toHaveLength(MAX_GROUPS);
    expect([shown[0], shown[1], shown.at(-2), shown.at(-1)]).toEqual([1, 0, 255, 254]);
  });

  it('counts every piece once when groups are uneven', () => {
    const count = 1500;
    const have = new Uint8Array(Math.ceil(count / 8)).fill(255);
    expect(pieceMap({ count, have, availability: [] }).haveCount).toBe(count);
  });

  it('is empty while there are no pieces', () => {
    const map = pieceMap({ count: 0, have: new Uint8Array(0), availability: [] });
    expect(map).toEqual({ count: 0, haveCount: 0, have: '', copies: '' });
  });
});
