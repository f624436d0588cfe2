import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseBlocklistLine } from '../../../../src/daemon/rules/blocklist-line.js';
import { IpRanges } from '../../../../src/engine/policy/ip-ranges.js';

it.each([
  ['10.0.0.0/8', ['10.0.0.0', '10.255.255.255'], ['9.255.255.255', '11.0.0.0']],
  ['10.1.2.3/8', ['10.0.0.0'], ['11.0.0.0']],
  ['10.1.2.3', ['10.1.2.3'], ['10.1.2.4']],
  ['10.1.2.3/32', ['10.1.2.3'], ['10.1.2.2']],
  ['0.0.0.0/0', ['1.2.3.4'], ['::1']],
  ['2001:db8::/32', ['2001:db8:ffff::1'], ['2001:db9::']],
  ['2001:db8::1', ['2001:db8::1'], ['2001:db8::2']],
  ['10.0.0.1-10.0.0.3', ['10.0.0.1', '10.0.0.3'], ['10.0.0.4']],
  ['10.0.0.1 - 10.0.0.3', ['10.0.0.2'], ['10.0.0.0']],
  ['2001:db8::1-2001:db8::3', ['2001:db8::2'], ['2001:db8::4']],
  ['Some: evil (1999-2003) org:10.0.0.1-10.0.0.3', ['10.0.0.2'], ['10.0.0.4']],
  [
    '010.000.000.008 - 010.000.000.009 , 000 , name, of it',
    ['10.0.0.8', '10.0.0.9'],
    ['8.0.0.8', '10.0.0.7'],
  ],
  ['1.2.3.4-1.2.3.5,127', ['1.2.3.4'], ['1.2.3.6']],
  ['\uFEFF10.1.2.3\r', ['10.1.2.3'], []],
])('%j', (line, inside, outside) => {
  const ranges = new IpRanges([parseBlocklistLine(line)!]);
  for (const host of inside) expect(ranges.has(host), host).toBe(true);
  for (const host of outside) expect(ranges.has(host), host).toBe(false);
});

it.each([
  '',
  '   ',
  '# 10.0.0.0/8',
  '// x',
  '10.0.0.1 - 10.0.0.2 , 200 , allowed',
  '10.0.0.1 - 10.0.0.2 , 128 , allowed',
])('%j blocks nothing', line => expect(parseBlocklistLine(line)).toBeNull());

it.each([
  'x',
  '10.0.0',
  '10.0.0.0/33',
  '::/129',
  '10.0.0.2-10.0.0.1',
  '10.0.0.1-::2',
  'name:10.0.0.1',
  '256.1.1.1',
  '1.2.3.4-',
  '-1.2.3.4',
])('%j is no line of a blocklist', line => expect(parseBlocklistLine(line)).toBeUndefined());

it('any text is a range, nothing, or no line', () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[\d.:a-f/, -]{0,60}$/));
  fc.assert(
    fc.property(text, line => {
      const range = parseBlocklistLine(line);
      if (range) expect(range.first <= range.last).toBe(true);
    }),
  );
});
