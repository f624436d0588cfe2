/** The ranges against a plain look at each of them. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type IpRange, IpRanges, ipNumber } from '../../../../src/engine/policy/ip-ranges.js';

const range = (from: string, to: string): IpRange => {
  const { family, value: first } = ipNumber(from)!;
  return { family, first, last: ipNumber(to)!.value };
};

it('has both ends of a range and what is between, of either family', () => {
  const ranges = new IpRanges([range('10.0.0.5', '10.0.0.7'), range('2001:db8::', '2001:db8::ff')]);
  const inside = ['10.0.0.5', '10.0.0.6', '10.0.0.7', '::ffff:10.0.0.6', '2001:db8::', '2001:db8::ff'];
  const outside = [
    '10.0.0.4',
    '10.0.0.8',
    '0.0.0.0',
    '255.255.255.255',
    '2001:db8::100',
    '::a00:6',
    'example',
    '',
  ];
  for (const host of inside) expect(ranges.has(host), host).toBe(true);
  for (const host of outside) expect(ranges.has(host), host).toBe(false);
});

it('those that overlap or touch are one', () => {
  const ranges = [
    range('1.0.0.0', '1.0.0.9'),
    range('1.0.0.10', '1.0.0.20'),
    range('1.0.0.5', '1.0.0.6'),
    range('1.0.0.30', '1.0.0.30'),
  ];
  expect(new IpRanges(ranges).size).toBe(2);
  expect(new IpRanges([range('0.0.0.0', '255.255.255.255')]).has('200.1.2.3')).toBe(true);
  expect(new IpRanges([]).has('1.2.3.4')).toBe(false);
});

it('any ranges', () => {
  const host = fc.nat(300);
  const family = fc.constantFrom(4 as const, 6 as const);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(family, host, host), { maxLength: 30 }),
      fc.array(fc.tuple(family, host)),
      (pairs, asked) => {
        const list = pairs.map(
          ([family, a, b]): IpRange => ({
            family,
            first: BigInt(Math.min(a, b)),
            last: BigInt(Math.max(a, b)),
          }),
        );
        const ranges = new IpRanges(list);
        for (const [family, value] of asked) {
          const text = family === 4 ? `0.0.${value >> 8}.${value & 255}` : `::${value.toString(16)}`;
          const expected = list.some(one => one.family === family && one.first <= value && value <= one.last);
          expect(ranges.has(text), text).toBe(expected);
        }
      },
    ),
  );
});
