import { latin1, utf8 } from '../../src/engine/bytes.js';
import { type BInput, encode } from '../../src/engine/protocol/bencode.js';
import { sampleBytes } from '../lib/sample-files.js';

/** Any bytes as text of one character a byte. */
const raw = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));

const GOOD_INFO = { length: 40_000, name: 'x', 'piece length': 16384, pieces: new Uint8Array(60) };

/** A torrent that is good but for these members of its info dictionary. */
const withInfo = (change: Record<string, BInput | undefined>): Uint8Array =>
  encode({ announce: 'http://127.0.0.1/announce', info: { ...GOOD_INFO, ...change } });

const withFiles = (files: BInput): Uint8Array =>
  withInfo({ length: undefined, files, pieces: new Uint8Array(20) });

const good = withInfo({});

/** A v1 torrent of empty files, their paths as bencoded, and one of one byte. */
function emptyFiles(paths: readonly string[]): Uint8Array {
  const files = paths.map(path => `d6:lengthi0e4:pathl${path}ee`).join('');
  return raw(
    `d4:infod5:filesl${files}d6:lengthi1e4:pathl1:!eee4:name1:n12:piece lengthi16384e6:pieces20:${'h'.repeat(20)}ee`,
  );
}

const range = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i));

const text = (value: string) => `${value.length}:${value}`;

export interface HostileTorrent {
  readonly what: string;
  readonly bytes: () => Uint8Array;
  readonly code: RegExp;
  /** The fact, and the limit where there is one. */
  readonly says: RegExp;
}

const row = (what: string, bytes: () => Uint8Array, code: string, says: RegExp): HostileTorrent => ({
  what,
  bytes,
  code: new RegExp(`^ERR_(?:${code})$`),
  says,
});

/** Torrents that must not load. */
export const HOSTILE_TORRENTS: readonly HostileTorrent[] = [
  row('nothing', () => new Uint8Array(0), 'BENCODE_SYNTAX', /input ends inside a value \(byte 0\)/),
  row('garbage', () => sampleBytes(10_000, 5), 'BENCODE_SYNTAX', /byte \d+/),
  row('10 MB of garbage', () => sampleBytes(9_999_999, 6), 'BENCODE_SYNTAX', /byte \d+/),
  row(
    'a web page',
    () => utf8('<!DOCTYPE html><html></html>'),
    'BENCODE_SYNTAX',
    /unexpected byte 60 \(byte 0\)/,
  ),
  row('a gzip file', () => raw('\x1f\x8b\x08\x00'), 'BENCODE_SYNTAX', /unexpected byte 31/),
  row(
    '20 MB',
    () => new Uint8Array(20_000_000),
    'BENCODE_LIMIT|METAINFO_LIMIT',
    /20000000 bytes,.* 10000000$/,
  ),
  row('d, 1,000,000 times', () => raw('d'.repeat(1e6)), 'BENCODE_SYNTAX', /key is not a string \(byte 1\)/),
  row(
    'd1:a, 1,000,000 times',
    () => raw('d1:a'.repeat(1e6)),
    'BENCODE_LIMIT',
    /nesting is 101 levels.*at most 100/,
  ),
  row(
    'l, 1,000,000 times',
    () => raw('l'.repeat(1e6)),
    'BENCODE_LIMIT',
    /nesting is 101 levels.*at most 100/,
  ),
  row('e, 1,000,000 times', () => raw('e'.repeat(1e6)), 'BENCODE_SYNTAX', /unexpected byte 101/),
  row('a string of 11 digits', () => raw('99999999999:'), 'BENCODE_SYNTAX', /longer than the input/),
  row('a string of a million digits', () => raw('9'.repeat(1e6)), 'BENCODE_SYNTAX', /longer than the input/),
  row(
    'a string of leading zeros',
    () => raw(`${'0'.repeat(1e6)}1:`),
    'BENCODE_SYNTAX',
    /ends after the input/,
  ),
  row('a string of negative length', () => raw('d-1:ae'), 'BENCODE_SYNTAX', /byte 1/),
  row(
    'a number of a million digits',
    () => raw(`i${'9'.repeat(1e6)}e`),
    'BENCODE_LIMIT',
    /1000000 digits.*at most 20/,
  ),
  row(
    '4,900,000 values',
    () => raw(`d1:al${'le'.repeat(4_900_000)}ee`),
    'BENCODE_LIMIT',
    /values, must be at most 3000000/,
  ),
  row('a list', () => raw('le'), 'BENCODE_SYNTAX|METAINFO_INVALID', /dictionary/),
  row('a number', () => raw('i1e'), 'BENCODE_SYNTAX|METAINFO_INVALID', /dictionary/),
  row('one key twice', () => raw('d4:infod4:name1:a4:name1:bee'), 'BENCODE_SYNTAX', /key appears twice/),
  row('one key twice, not in order', () => raw('d1:b0:1:a0:1:b0:e'), 'BENCODE_SYNTAX', /key appears twice/),
  row(
    '200,000 keys backwards',
    () => raw(`d${range(200_000, i => `${text((4e6 - i).toString(36))}0:`).join('')}e`),
    'BENCODE_LIMIT',
    /out of order is 200000 keys, must be at most 100000/,
  ),
  row('no info', () => encode({ announce: 'http://127.0.0.1/' }), 'METAINFO_INVALID', /no info dictionary/),
  row('info that is a list', () => encode({ info: [] }), 'METAINFO_INVALID', /no info dictionary/),
  row('an empty info', () => encode({ info: {} }), 'METAINFO_INVALID', /name/),

  row('no name', () => withInfo({ name: undefined }), 'METAINFO_INVALID', /no usable name/),
  row('a name that is a number', () => withInfo({ name: 7 }), 'METAINFO_INVALID', /no usable name/),
  ...['..', '.', '/', '//', '', '\0', '../', '..\\', '\u202e'].map(name =>
    row(`the name ${JSON.stringify(name)}`, () => withInfo({ name }), 'METAINFO_INVALID', /no usable name/),
  ),

  row(
    'piece length 0',
    () => withInfo({ 'piece length': 0 }),
    'METAINFO_INVALID',
    /piece length is 0, must be 1 to/,
  ),
  row(
    'piece length -1',
    () => withInfo({ 'piece length': -1 }),
    'METAINFO_INVALID',
    /piece length is -1, must be 1/,
  ),
  row(
    'piece length 1',
    () => withInfo({ 'piece length': 1 }),
    'METAINFO_INVALID',
    /3 piece hashes.*need 40000/,
  ),
  row(
    'piece length 2^40',
    () => withInfo({ 'piece length': 2 ** 40 }),
    'METAINFO_LIMIT',
    /1099511627776.*at most \d+/,
  ),
  row(
    'piece length 2^70',
    () => raw('d4:infod6:lengthi1e4:name1:x12:piece lengthi1180591620717411303424e6:pieces0:ee'),
    'BENCODE_LIMIT|METAINFO_LIMIT',
    /digits|at most/,
  ),
  row(
    'piece length as text',
    () => withInfo({ 'piece length': '16384' }),
    'METAINFO_INVALID',
    /not a number/,
  ),
  row(
    'no piece length',
    () => withInfo({ 'piece length': undefined }),
    'METAINFO_INVALID',
    /missing or not a number/,
  ),

  row(
    'pieces of 59 bytes',
    () => withInfo({ pieces: new Uint8Array(59) }),
    'METAINFO_INVALID',
    /59 bytes, not a multiple of 20/,
  ),
  row(
    'too few pieces',
    () => withInfo({ pieces: new Uint8Array(40) }),
    'METAINFO_INVALID',
    /2 piece hashes.*need 3/,
  ),
  row(
    'too many pieces',
    () => withInfo({ pieces: new Uint8Array(80) }),
    'METAINFO_INVALID',
    /4 piece hashes.*need 3/,
  ),
  row('no pieces', () => withInfo({ pieces: undefined }), 'METAINFO_INVALID', /missing or not a string/),
  row('pieces as a list', () => withInfo({ pieces: [1, 2] }), 'METAINFO_INVALID', /missing or not a string/),
  row(
    '2^40 pieces, none given',
    () => withInfo({ length: 2 ** 52, 'piece length': 4096, pieces: '' }),
    'METAINFO_LIMIT',
    /1099511627776, must be at most 2097152/,
  ),

  row('no length', () => withInfo({ length: undefined }), 'METAINFO_INVALID', /length.*missing/),
  row('length -1', () => withInfo({ length: -1 }), 'METAINFO_INVALID', /length.*not a number from 0/),
  row('length 0', () => withInfo({ length: 0, pieces: '' }), 'METAINFO_INVALID', /no content/),
  row(
    'length 2^53',
    () => withInfo({ length: 2n ** 53n }),
    'METAINFO_LIMIT',
    /9007199254740992.*at most 9007199254740991/,
  ),
  row(
    'length 2^63-1',
    () => withInfo({ length: 2n ** 63n - 1n }),
    'METAINFO_LIMIT',
    /9223372036854775807.*at most/,
  ),
  row(
    'two files that add up to 2^53',
    () => withFiles([1, 2].map(i => ({ length: 2 ** 52, path: [String(i)] }))),
    'METAINFO_LIMIT',
    /length of all files.*at most 9007199254740991/,
  ),
  row('no files', () => withFiles([]), 'METAINFO_INVALID', /no content/),
  row('files that are numbers', () => withFiles([1, 2]), 'METAINFO_INVALID', /file 0 is not a dictionary/),
  row('a file without path', () => withFiles([{ length: 1 }]), 'METAINFO_INVALID', /file 0 has no path/),
  row(
    'a path of numbers',
    () => withFiles([{ length: 1, path: [1] }]),
    'METAINFO_INVALID',
    /part that is no string/,
  ),
  row(
    'a path of 1000 names',
    () => withFiles([{ length: 1, path: Array.from({ length: 1000 }, () => 'a') }]),
    'METAINFO_LIMIT',
    /is 1000, must be at most \d+/,
  ),
  row(
    'a symbolic link to a path of 1000 names',
    () =>
      withFiles([
        { attr: 'l', length: 0, path: ['a'], 'symlink path': Array.from({ length: 1000 }, () => '..') },
        { length: 1, path: ['b'] },
      ]),
    'METAINFO_LIMIT',
    /symlink path of file 0 is 1000, must be at most \d+/,
  ),
  row(
    '1,000,000 empty files',
    () => emptyFiles(range(1e6, i => text(String(i)))),
    'BENCODE_LIMIT|METAINFO_LIMIT',
    /\d+ bytes,.* 10000000$/,
  ),
  row(
    '300,000 files of one name',
    () => emptyFiles(range(300_000, () => '1:a')),
    'METAINFO_LIMIT',
    /"a" is 101, must be at most 100/,
  ),
  row(
    '60,000 names that differ in case alone',
    () =>
      emptyFiles(
        range(60_000, i =>
          text([...'abcdefghijklmnop'].map((c, b) => ((i >> b) & 1 ? c.toUpperCase() : c)).join('')),
        ),
      ),
    'METAINFO_LIMIT',
    /is 101, must be at most 100/,
  ),
  row(
    '19,000 paths of 95 folders',
    () => emptyFiles(range(19_000, i => text(i.toString(36).padStart(3, '0')).repeat(95))),
    'METAINFO_LIMIT',
    /number of folders is 250001, must be at most 250000/,
  ),

  row(
    'version 2 alone',
    () => encode({ info: { 'file tree': {}, 'meta version': 2, name: 'x', 'piece length': 16384 } }),
    'METAINFO_UNSUPPORTED',
    /version 2 only; supported are v1 and hybrid/,
  ),
  row(
    'version 3',
    () => withInfo({ 'meta version': 3 }),
    'METAINFO_UNSUPPORTED',
    /meta version that is not 2/,
  ),

  ...[1, 7, 20, 40, 60, 80, 100, good.length - 1].map(at =>
    row(`a good one cut at byte ${at}`, () => good.slice(0, at), 'BENCODE_SYNTAX', /byte \d+/),
  ),
];

/** What a path or name may try in order to leave its folder, or to hurt whoever lists it. Bytes as text. */
export const HOSTILE_NAMES: readonly string[] = [
  '..',
  '.',
  '../',
  './',
  '../../../../etc/passwd',
  '..\\..\\..\\windows',
  '/etc/passwd',
  '//etc',
  '\\\\server\\share',
  'C:\\Windows\\win.ini',
  'C:',
  'a/../../../x',
  'a/../../..',
  '..\0',
  '\0',
  'a\0/../../x',
  '.. ',
  ' ..',
  '...',
  '....//',
  '..;',
  '..%2f..%2fx',
  '%2e%2e',
  '..\u2215..\u2215x',
  '\u2024\u2024',
  '\uff0e\uff0e',
  '..\u200b',
  '\u200b..',
  '\u202e..',
  '.\u200b.',
  '\ufeff..',
  '..\n',
  '\r..',
  '\x1b[2J',
  '\x07',
  '~',
  '~root',
  '$HOME',
  '`id`',
  '$(id)',
  ';id',
  '|id',
  '&id',
  '-rf',
  '--help',
  '*',
  '?',
  '<script>alert(1)</script>',
  '"',
  "'",
  'con',
  'CON',
  'nul.txt',
  'aux',
  'com1',
  'lpt9.txt',
  'a:b',
  'a::$DATA',
  'x'.repeat(256),
  'x'.repeat(10_000),
  '\u00e4'.repeat(200),
  'a.',
  'a ',
  '.hidden',
  '.git',
  '\xc0\xae\xc0\xae',
  '\xff\xfe',
  '\ud800',
  '/',
  '\\',
  '',
  '/..',
  '../..',
  '..//..',
  './.././..',
].map(name => latin1([...name].every(character => character <= '\xff') ? raw(name) : utf8(name)));

/** The name as the bytes that stand in the torrent. */
export const nameBytes = (name: string): Uint8Array => raw(name);
