import { describe, expect, it } from 'vitest';
import { latin1, utf8 } from '../../../../src/engine/bytes.js';
import {
  type BDict,
  type BencodeOptions,
  decode,
  decodeDict,
  decodePrefix,
  encode,
} from '../../../../src/engine/protocol/bencode.js';

const syntax = (offset: number) => expect.objectContaining({ code: 'ERR_BENCODE_SYNTAX', facts: { offset } });
const limit = (value: number, max: number) =>
  expect.objectContaining({ code: 'ERR_BENCODE_LIMIT', facts: { value, limit: max } });
const read = (text: string, options?: BencodeOptions) => decode(Buffer.from(text, 'latin1'), options);

describe('decode', () => {
  it('reads numbers up to 2^53 as number and beyond as bigint', () => {
    expect(read('i9007199254740991e')).toBe(9007199254740991);
    expect(read('i9007199254740992e')).toBe(9007199254740992n);
    expect(read('i-9007199254740992e')).toBe(-9007199254740992n);
    expect(read('i-0e', { tolerant: true })).toBe(0);
  });

  it('gives plain views into the input', () => {
    const bytes = Buffer.from('l3:abce');
    const [text] = decode(bytes) as Uint8Array[];
    expect(text.constructor).toBe(Uint8Array);
    bytes[3] = 0x7a;
    expect(latin1(text)).toBe('zbc');
  });

  it('reads nested lists in order', () => {
    expect(read('lllei1eeli2elei3eei4ee')).toEqual([[[], 1], [2, [], 3], 4]);
  });

  it('keeps keys that objects would lose, in the order of their bytes', () => {
    const dict = decodeDict(Buffer.from('d2:10i1e1:2i2e9:__proto__i3e2:\xe9\xffi4e2:\xff\x00i5ee', 'latin1'));
    expect([...dict]).toEqual([
      ['10', 1],
      ['2', 2],
      ['__proto__', 3],
      ['\xe9\xff', 4],
      ['\xff\x00', 5],
    ]);
    expect(dict.get('\xff\x00')).toBe(5);
    expect(dict.get('__proto__')).toBe(3);
    expect(dict.has('constructor')).toBe(false);
    expect(dict.has('1')).toBe(false);
  });

  it('finds keys in large dictionaries', () => {
    const dict = decodeDict(encode(new Map(Array.from({ length: 500 }, (_, i) => [`key${i}`, i]))));
    expect(Array.from({ length: 500 }, (_, i) => dict.int(`key${i}`))).toEqual(
      Array.from({ length: 500 }, (_, i) => i),
    );
    expect(dict.get('key500')).toBeUndefined();
    expect([...dict.keys()]).toHaveLength(500);
  });

  it('reads members by kind, undefined if they are of another', () => {
    const dict = decodeDict(utf8('d1:ad1:bi1ee1:ii7e1:lli1ee1:s2:\u00e9e'));
    expect(dict.dict('a')?.int('b')).toBe(1);
    expect(dict.int('i')).toBe(7);
    expect(dict.list('l')).toEqual([1]);
    expect(dict.text('s')).toBe('\u00e9');
    expect([dict.int('s'), dict.text('i'), dict.list('a'), dict.dict('l'), dict.bytes('none')]).toEqual(
      Array(5).fill(undefined),
    );
    expect(decodeDict(utf8('d1:ai99999999999999999999ee')).int('a')).toBeUndefined();
  });

  it('gives the raw bytes of a value', () => {
    const bytes = utf8('d4:infod1:ai01ee1:xi5e1:y3:abce');
    const dict = decodeDict(bytes, { tolerant: true });
    expect(latin1(dict.raw('info')!)).toBe('d1:ai01ee');
    expect(latin1(dict.raw('x')!)).toBe('i5e');
    expect(latin1(dict.raw('y')!)).toBe('3:abc');
    expect(dict.raw('z')).toBeUndefined();
  });

  it('reads a value with bytes behind it', () => {
    const { value, end } = decodePrefix(utf8('d8:msg_typei1eeREST'));
    expect((value as BDict).int('msg_type')).toBe(1);
    expect(end).toBe('d8:msg_typei1ee'.length);
  });

  it('says where the syntax breaks', () => {
    expect(() => read('')).toThrow(syntax(0));
    expect(() => read('li1e')).toThrow(syntax(4));
    expect(() => read('d1:bi1e1:ai2ee')).toThrow(syntax(7));
    expect(() => read('d1:ai1e1:ai2ee')).toThrow(syntax(7));
    expect(() => read('d1:ae')).toThrow(syntax(4));
    expect(() => read('i1x')).toThrow(syntax(2));
    expect(() => read('99999999999:a')).toThrow(syntax(0));
    expect(() => read('i1ei2e')).toThrow(syntax(3));
    expect(() => decodeDict(utf8('le'))).toThrow(syntax(0));
  });

  it('if tolerant, lets pass what only looks wrong, but no duplicate key', () => {
    for (const text of ['d1:bi1e1:ai2ee', 'i007e', 'i-0e', '03:abc', 'i1e trailing']) {
      expect(() => read(text)).toThrow(expect.objectContaining({ code: 'ERR_BENCODE_SYNTAX' }));
      expect(() => read(text, { tolerant: true })).not.toThrow();
    }
    expect(() => read('d1:bi1e1:ai2e1:bi3ee', { tolerant: true })).toThrow(
      expect.objectContaining({ code: 'ERR_BENCODE_SYNTAX' }),
    );
  });

  it('stops at its limits', () => {
    const nested = (depth: number) => utf8('l'.repeat(depth) + 'e'.repeat(depth));
    expect(() => decode(nested(100))).not.toThrow();
    expect(() => decode(nested(101))).toThrow(limit(101, 100));
    expect(() => decode(nested(9), { maxDepth: 8 })).toThrow(limit(9, 8));
    expect(() => read('li1ei2ee', { maxTokens: 3 })).not.toThrow();
    expect(() => read('li1ei2ee', { maxTokens: 2 })).toThrow(limit(3, 2));
    expect(() => read('5:hello', { maxBytes: 6 })).toThrow(limit(7, 6));
    expect(() => read(`i${'9'.repeat(21)}e`)).toThrow(limit(21, 20));
    expect(() => decode(new Uint8Array(10_000_001))).toThrow(limit(10_000_001, 10_000_000));
  });

  it.each([
    ['a million lists', 'l'.repeat(1_000_000)],
    ['a million dictionaries', 'd1:a'.repeat(1_000_000)],
    ['a million digits', `i${'1'.repeat(1_000_000)}e`],
    ['a million zeros before a length', `${'0'.repeat(1_000_000)}1:a`],
  ])('refuses %s at once', (_, text) => {
    const bytes = Buffer.from(text);
    const start = process.cpuUsage();
    expect(() => decode(bytes)).toThrow(expect.objectContaining({ name: 'MillraceError' }));
    expect(process.cpuUsage(start).user, 'microseconds').toBeLessThan(1_000_000);
  });
});

describe('encode', () => {
  const text = (value: Parameters<typeof encode>[0]) => latin1(encode(value));

  it('writes every kind of value', () => {
    expect(text({ b: 'x', a: [1, -2n, new Uint8Array([0xff])], none: undefined })).toBe(
      'd1:ali1ei-2e1:\xffe1:b1:xe',
    );
    expect(text('\u00e9')).toBe('2:\xc3\xa9');
    expect(text(new Map([[new Uint8Array([0xff]), 1]]))).toBe('d1:\xffi1ee');
    expect(text(-0)).toBe('i0e');
  });

  it('sorts keys by their bytes', () => {
    expect(text({ aa: 1, a: 2, B: 3, 10: 4, 9: 5 })).toBe('d2:10i4e1:9i5e1:Bi3e1:ai2e2:aai1ee');
  });

  it('writes a decoded dictionary back, in order and with its keys', () => {
    const written = Buffer.from('d1:\xff1:x1:ai1ee', 'latin1');
    expect(text(decode(written, { tolerant: true }))).toBe('d1:ai1e1:\xff1:xe');
  });

  it('refuses what has no form', () => {
    for (const value of [1.5, Number.NaN, 2 ** 53, undefined, null, true]) {
      expect(() => encode(value as never)).toThrow(TypeError);
    }
    expect(() =>
      encode(
        new Map<string | Uint8Array, number>([
          ['a', 1],
          [utf8('a'), 2],
        ]),
      ),
    ).toThrow(TypeError);
  });
});
