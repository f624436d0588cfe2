import { describe, expect, it } from 'vitest';
import { loadBench } from './load.js';

const { duration, figure, group, size, spread, times } = await loadBench('lib/format.mjs');
const { renderMarkdown, renderText } = await loadBench('lib/table.mjs');
const { slug } = await loadBench('lib/machine.mjs');

describe('figures', () => {
  it('shows three digits that count', () => {
    expect([0, 0.00123, 0.9876, 1.234, 12.34, 123.4, 1234, 123_456].map(figure)).toEqual([
      '0',
      '0.00123',
      '0.988',
      '1.23',
      '12.3',
      '123',
      '1,230',
      '123,000',
    ]);
    expect(figure(Number.NaN)).toBe('–');
    expect(figure(-2.5)).toBe('-2.50');
  });

  it('shows spreads, ratios, times and sizes', () => {
    expect(spread({ median: 2e6, min: 1e6, max: 4.5e6 }, 1e6)).toBe('2.00 (1.00 to 4.50)');
    expect(times(1.2345)).toBe('1.23 ×');
    expect([2e-9, 3.5e-6, 0.012, 42].map(duration)).toEqual(['2.00 ns', '3.50 µs', '12.0 ms', '42.0 s']);
    expect([512, 16_384, 2 ** 20, 1.5 * 2 ** 20, 8 * 2 ** 30].map(size)).toEqual([
      '512 B',
      '16 KiB',
      '1 MiB',
      '1.50 MiB',
      '8 GiB',
    ]);
    expect(group(1_000_000)).toBe('1,000,000');
  });
});

const table = {
  title: 'Speed',
  columns: ['what', 'how', 'MB/s'],
  left: [1],
  rows: [
    ['a', 'long|way', '5'],
    ['bcd', 'µ', '1,000'],
  ],
  notes: ['a note'],
};

describe('tables', () => {
  it('pads columns: text to the left, figures to the right', () => {
    expect(renderText(table).split('\n')).toEqual([
      'Speed',
      '',
      'what  how        MB/s',
      '────  ────────  ─────',
      'a     long|way      5',
      'bcd   µ         1,000',
      '  a note',
    ]);
  });

  it('escapes what would break a Markdown table', () => {
    expect(renderMarkdown(table).split('\n')).toEqual([
      '### Speed',
      '',
      '| what | how | MB/s |',
      '| :-- | :-- | --: |',
      '| a | long\\|way | 5 |',
      '| bcd | µ | 1,000 |',
      '',
      '- a note',
    ]);
  });
});

describe('label of a machine', () => {
  it('is fit for a file name', () => {
    expect(slug('linux x64 Intel(R) Xeon(R) CPU E5-2690 v4 @ 2.60GHz 8 cores')).toBe(
      'linux-x64-intel-xeon-e5-2690-v4-8-cores',
    );
  });
});
