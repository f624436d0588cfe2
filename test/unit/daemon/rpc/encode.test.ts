import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeAnswer } from '../../../../src/daemon/rpc/encode.js';
import { Slices } from '../../../../src/daemon/slices.js';

const rows = (count: number) => Array.from({ length: count }, (_, id) => ({ id, name: `"torrent" ${id}` }));

describe('the JSON of an answer', () => {
  it('is what JSON.stringify makes of it', async () => {
    const long = fc.integer({ min: 240, max: 1100 }).map(rows);
    const value = fc.oneof(fc.jsonValue(), fc.dictionary(fc.string(), fc.oneof(fc.jsonValue(), long)), long);
    await fc.assert(
      fc.asyncProperty(value, async answer => {
        expect(await encodeAnswer(answer)).toBe(JSON.stringify(answer));
      }),
    );
  });

  it.each([
    [{ a: undefined, b: [undefined], c: { d: undefined } }],
    [[undefined, { result: { torrents: rows(600) } }, { id: null }]],
    [{ result: 'success', arguments: { torrents: [...rows(300), undefined], removed: [] } }],
  ])('also of what JSON has no word for, and in a batch', async answer => {
    expect(await encodeAnswer(answer)).toBe(JSON.stringify(answer));
  });

  it('is made in slices when it has a long list', async () => {
    let nowMs = 0;
    let rests = 0;
    const slices = new Slices(
      () => (nowMs += 4),
      async () => void rests++,
    );
    const answer = { result: 'success', arguments: { torrents: rows(10_000) } };
    expect(await encodeAnswer(answer, slices)).toBe(JSON.stringify(answer));
    // 40 parts, and the clock says 12 ms after each third
    expect(rests).toBeGreaterThan(9);
  });
});
