import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatPercent,
  formatPieceLength,
  formatRanges,
  formatRate,
  formatSeconds,
  round3,
  safeText,
  toRanges,
} from '../../../src/cli/format.js';

describe('numbers', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 kB'],
    [104_857_600, '104.9 MB'],
    [999_960, '1.0 MB'],
    [2.5e12, '2.5 TB'],
    [0.4, '0 B'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0.5, '0.50 s'],
    [9.999, '10.0 s'],
    [59.99, '1 m 00 s'],
    [185, '3 m 05 s'],
    [7620, '2 h 07 m'],
    [356_400, '4 d 03 h'],
    [Number.POSITIVE_INFINITY, 'unknown'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  it('says the rest', () => {
    expect(formatRate(12_300_000)).toBe('12.3 MB/s');
    expect(formatPieceLength(262_144)).toBe('256 KiB');
    expect(formatPieceLength(4 << 20)).toBe('4 MiB');
    expect(formatPieceLength(100_001)).toBe('100001 B');
    expect(formatPercent(999, 1000)).toBe('99 %');
    expect(formatPercent(0, 0)).toBe('100 %');
    expect(formatCount(1, 'piece')).toBe('1 piece');
    expect(formatCount(1234, 'piece')).toBe('1,234 pieces');
    expect(round3(1.23456)).toBe(1.235);
    expect(round3(Number.NaN)).toBeNull();
  });
});

describe('safeText', () => {
  it('writes what could steer a terminal as escapes', () => {
    expect(safeText('a\u001b[2Jb\u0000\r\n\u009b')).toBe('a\\u{1b}[2Jb\\u{0}\\u{d}\\u{a}\\u{9b}');
    expect(safeText('gpj.\u202eexe')).toBe('gpj.\\u{202e}exe');
  });

  it('leaves letters of any script', () => {
    expect(safeText('Grüße 世界 🎉')).toBe('Grüße 世界 🎉');
  });

  it('lets no control character through', () => {
    const all = String.fromCodePoint(...Array.from({ length: 0x3000 }, (_, code) => code));
    expect(safeText(all)).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  });
});

describe('ranges', () => {
  it('joins neighbours', () => {
    expect(toRanges([0, 1, 2, 5, 7, 8])).toEqual([
      [0, 2],
      [5, 5],
      [7, 8],
    ]);
    expect(toRanges([])).toEqual([]);
    expect(
      formatRanges([
        [0, 2],
        [5, 5],
      ]),
    ).toBe('0-2, 5');
  });
});
