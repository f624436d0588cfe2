import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../../../src/engine/bytes.js';
import { type BInput, decode, encode } from '../../../../src/engine/protocol/bencode.js';
import { choosePieceLength, createMetainfo } from '../../../../src/engine/protocol/create-metainfo.js';
import { parseInfo, parseMetainfo } from '../../../../src/engine/protocol/metainfo.js';

const PIECE = new Uint8Array(20).fill(7);
const single = { name: 'a', length: 10, 'piece length': 16, pieces: PIECE };
const torrent = (info: Record<string, BInput | undefined>, top: Record<string, BInput> = {}) =>
  encode({ ...top, info });
const multi = (...files: BInput[]) => torrent({ name: 'd', files, 'piece length': 2 ** 20, pieces: PIECE });
const fails = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('parseMetainfo', () => {
  it('reads a single file', () => {
    const info = encode(single);
    expect(parseMetainfo(torrent(single))).toEqual({
      name: 'a',
      infoHash: createHash('sha1').update(info).digest('hex'),
      infoBytes: info,
      pieceLength: 16,
      pieceCount: 1,
      length: 10,
      pieces: PIECE,
      files: [{ path: ['a'], length: 10, offset: 0, pad: false, executable: false, hidden: false }],
      multiFile: false,
      private: false,
      hybrid: false,
      announce: [],
      urlList: [],
      nodes: [],
    });
  });

  it('reads files with their offsets and attributes', () => {
    const { files, length, multiFile } = parseMetainfo(
      multi(
        { path: ['x', 'y'], length: 5, attr: 'x' },
        { path: ['p'], length: 3, attr: 'p' },
        { path: ['h'], length: 0, attr: 'h' },
        { path: ['l'], length: 9, attr: 'lx', 'symlink path': ['x', 'y'] },
        { path: ['z'], length: 4 },
      ),
    );
    expect(multiFile).toBe(true);
    expect(length).toBe(12);
    expect(files.map(({ path, offset, length }) => [path.join('/'), offset, length])).toEqual([
      ['d/x/y', 0, 5],
      ['d/p', 5, 3],
      ['d/h', 8, 0],
      ['d/l', 8, 0],
      ['d/z', 8, 4],
    ]);
    expect(files.map(({ pad, executable, hidden, symlink }) => [pad, executable, hidden, symlink])).toEqual([
      [false, true, false, undefined],
      [true, false, false, undefined],
      [false, false, true, undefined],
      [false, true, false, true],
      [false, false, false, undefined],
    ]);
  });

  it('keeps all paths inside the torrent folder', () => {
    const { files } = parseMetainfo(
      multi({ path: ['..', '..', 'etc'], length: 5 }, { path: ['a/../../b'], length: 5 }),
    );
    expect(files.map(({ path }) => path)).toEqual([
      ['d', 'etc'],
      ['d', 'a....b'],
    ]);
    expect(parseMetainfo(torrent({ ...single, name: '../../x' })).files[0].path).toEqual(['....x']);
  });

  it('obeys Windows when told to', () => {
    const bytes = torrent({ ...single, name: 'a?. ' });
    expect(parseMetainfo(bytes).name).toBe('a?. ');
    expect(parseMetainfo(bytes, { windows: true }).name).toBe('a_');
  });

  it('does not hold on to its input', () => {
    const bytes = Buffer.from(torrent({ ...single, name: 'abc' }, { comment: 'x'.repeat(1000) }));
    const { infoBytes, pieces, infoHash } = parseMetainfo(bytes);
    bytes.fill(0);
    expect(infoBytes.buffer.byteLength).toBeLessThan(200);
    expect(pieces).toEqual(PIECE);
    expect(createHash('sha1').update(infoBytes).digest('hex')).toBe(infoHash);
    const info = Buffer.from(encode(single));
    const parsed = parseInfo(info);
    info.fill(0);
    expect(parsed.pieces).toEqual(PIECE);
  });

  it('hashes the raw bytes, with the function that it is given', () => {
    const raw = Buffer.from(
      `d4:infod4:name1:a6:lengthi010e12:piece lengthi16e6:pieces20:${'x'.repeat(20)}ee\n`,
    );
    const info = raw.subarray(7, -2);
    expect(parseMetainfo(raw).infoHash).toBe(createHash('sha1').update(info).digest('hex'));
    expect(parseMetainfo(raw, { sha1: () => new Uint8Array(20) }).infoHash).toBe('0'.repeat(40));
  });

  it('reads an info dictionary alone', () => {
    const whole = parseMetainfo(torrent(single));
    expect(parseInfo(encode(single))).toEqual(parseInfo(whole.infoBytes));
    expect(parseInfo(encode(single)).infoHash).toBe(whole.infoHash);
  });

  it.each<[string, Record<string, BInput>, string[][]]>([
    ['announce alone', { announce: 'http://a' }, [['http://a']]],
    [
      'tiers',
      { announce: 'http://x', 'announce-list': [['http://a', 'http://b'], ['udp://c']] },
      [['http://a', 'http://b'], ['udp://c']],
    ],
    [
      'broken tiers',
      { announce: 'http://a', 'announce-list': ['http://b', [], [1], ['', ' ']] },
      [['http://a']],
    ],
    ['none', { announce: 7 }, []],
  ])('reads %s', (_, top, tiers) => {
    expect(parseMetainfo(torrent(single, top)).announce).toEqual(tiers);
  });

  it('takes broken optional fields for missing', () => {
    const { comment, createdBy, creationDate, urlList, nodes } = parseMetainfo(
      torrent(single, {
        comment: 1,
        'created by': [],
        'creation date': -1,
        'url-list': [1, 'http://a', ''],
        nodes: ['x', ['h', 0], ['h', 80], [80, 'h'], ['', 80], ['::1', 65535]],
      }),
    );
    expect({ comment, createdBy, creationDate, urlList, nodes }).toEqual({
      comment: undefined,
      createdBy: undefined,
      creationDate: undefined,
      urlList: ['http://a'],
      nodes: [
        { host: 'h', port: 80 },
        { host: '::1', port: 65535 },
      ],
    });
  });

  it.each<[string, string, RegExp, Record<string, BInput | undefined>]>([
    ['no name', 'INVALID', /no usable name/, { name: undefined }],
    ['a name of dots', 'INVALID', /no usable name/, { name: '..' }],
    ['no piece length', 'INVALID', /piece length is missing/, { 'piece length': undefined }],
    ['piece length 0', 'INVALID', /piece length is 0, must be 1 to 536854528/, { 'piece length': 0 }],
    [
      'piece length 2^40',
      'LIMIT',
      /piece length is 1099511627776, must be at most 536854528/,
      { 'piece length': 2 ** 40 },
    ],
    [
      'piece length 2^70',
      'LIMIT',
      /piece length is 18446744073709551615/,
      { 'piece length': 2n ** 64n - 1n },
    ],
    ['no pieces', 'INVALID', /pieces are missing/, { pieces: undefined }],
    ['pieces of 19 bytes', 'INVALID', /19 bytes, not a multiple of 20/, { pieces: PIECE.subarray(1) }],
    ['too many hashes', 'INVALID', /2 piece hashes.* need 1/, { pieces: new Uint8Array(40) }],
    ['too few hashes', 'INVALID', /1 piece hashes.* need 2/, { length: 17 }],
    [
      'too many pieces',
      'LIMIT',
      /number of pieces is 2097153, must be at most 2097152/,
      { length: 2097153, 'piece length': 1 },
    ],
    ['no length', 'INVALID', /length of the file is missing/, { length: undefined }],
    ['a negative length', 'INVALID', /length of the file/, { length: -1 }],
    [
      'a huge length',
      'LIMIT',
      /length of the file is 9007199254740992, must be at most/,
      { length: 2n ** 53n },
    ],
    ['no content', 'INVALID', /no content/, { length: 0, pieces: '' }],
    ['no files', 'INVALID', /no content/, { files: [] }],
    ['a file that is no dictionary', 'INVALID', /file 0 is not a dictionary/, { files: ['x'] }],
    [
      'a file without path',
      'INVALID',
      /file 1 has no path/,
      { files: [{ path: ['a'], length: 1 }, { length: 1 }] },
    ],
    ['an integer in a path', 'INVALID', /path of file 0 has a part/, { files: [{ path: [1], length: 1 }] }],
    [
      'a path of 101 names',
      'LIMIT',
      /is 101, must be at most 100/,
      { files: [{ path: Array(101).fill('a'), length: 1 }] },
    ],
    [
      'a total beyond 2^53',
      'LIMIT',
      /length of all files/,
      { files: Array(2).fill({ path: ['a'], length: 2 ** 53 - 1 }) },
    ],
    ['v2 alone', 'UNSUPPORTED', /version 2 only/, { pieces: undefined, 'meta version': 2, 'file tree': {} }],
    ['meta version 3', 'UNSUPPORTED', /meta version that is not 2/, { 'meta version': 3 }],
  ])('refuses %s', (_, code, message, change) => {
    expect(() => parseMetainfo(torrent({ ...single, ...change }))).toThrow(
      fails(`ERR_METAINFO_${code}`, message),
    );
  });

  it('refuses what is no torrent', () => {
    expect(() => parseMetainfo(encode({ info: 'x' }))).toThrow(
      fails('ERR_METAINFO_INVALID', /no info dictionary/),
    );
    expect(() => parseMetainfo(utf8('le'))).toThrow(fails('ERR_BENCODE_SYNTAX', /not a dictionary/));
    expect(() => parseMetainfo(new Uint8Array(100), { limits: { maxBytes: 99 } })).toThrow(
      fails('ERR_BENCODE_LIMIT', /input is 100 bytes, must be at most 99/),
    );
  });

  describe('hybrids', () => {
    const entry = (length: number) => ({ '': { length, 'pieces root': new Uint8Array(32) } });
    const hybrid = (tree: BInput, files: BInput) =>
      torrent({
        name: 'd',
        files,
        'file tree': tree,
        'meta version': 2,
        'piece length': 16,
        pieces: new Uint8Array(40),
      });
    const files = [
      { path: ['a', 'x'], length: 10 },
      { path: ['.pad', '6'], length: 6, attr: 'p' },
      { path: ['b'], length: 8 },
    ];

    it('are read as v1', () => {
      const { hybrid: isHybrid, files: read } = parseMetainfo(
        hybrid({ a: { x: entry(10) }, b: entry(8) }, files),
      );
      expect(isHybrid).toBe(true);
      expect(read).toHaveLength(3);
    });

    it.each<[string, BInput, BInput]>([
      ['length', { a: { x: entry(11) }, b: entry(8) }, files],
      ['name', { a: { y: entry(10) }, b: entry(8) }, files],
      ['number of files', { a: { x: entry(10) } }, files],
      ['shape of the tree', { a: { length: 10 }, b: entry(8) }, files],
      ['alignment', { a: { x: entry(10) }, b: entry(14) }, [files[0], { path: ['b'], length: 14 }]],
    ])('are refused when their parts differ in %s', (_, tree, list) => {
      expect(() => parseMetainfo(hybrid(tree, list))).toThrow(
        fails('ERR_METAINFO_INVALID', /hybrid|file tree/),
      );
    });
  });
});

describe('createMetainfo', () => {
  const spec = {
    name: 'd',
    files: [
      { path: ['b', 'c'], length: 20 },
      { path: ['a'], length: 0 },
    ],
    singleFile: false,
    pieceLength: 16,
    pieces: new Uint8Array(40).fill(3),
    announce: [['http://a', 'http://b'], ['udp://c']],
    private: true,
    comment: 'hello',
    createdBy: 'millrace',
    creationDate: 1_700_000_000,
  };

  it('makes what parseMetainfo reads', () => {
    const bytes = createMetainfo(spec);
    expect(decode(bytes)).toBeDefined(); // canonical: the strict reader takes it
    expect(parseMetainfo(bytes)).toMatchObject({
      name: 'd',
      length: 20,
      pieceCount: 2,
      private: true,
      multiFile: true,
      announce: spec.announce,
      comment: 'hello',
      createdBy: 'millrace',
      creationDate: 1_700_000_000,
      files: [{ path: ['d', 'b', 'c'] }, { path: ['d', 'a'] }],
    });
    expect(toHex(createMetainfo(spec))).toBe(toHex(bytes));
  });

  it('makes a single-file torrent with no more than it needs', () => {
    const { name, pieceLength, pieces } = spec;
    const bytes = createMetainfo({
      name,
      pieceLength,
      pieces,
      files: [{ path: ['x'], length: 20 }],
      singleFile: true,
    });
    expect(Buffer.from(bytes).toString('latin1')).toBe(
      `d4:infod6:lengthi20e4:name1:d12:piece lengthi16e6:pieces40:${'\x03'.repeat(40)}ee`,
    );
  });

  it('refuses numbers that do not fit', () => {
    expect(() => createMetainfo({ ...spec, pieceLength: 64 })).toThrow(RangeError);
    expect(() => createMetainfo({ ...spec, singleFile: true })).toThrow(RangeError);
    expect(() => createMetainfo({ ...spec, files: [], pieces: new Uint8Array() })).toThrow(RangeError);
  });

  it.each([
    ['aux.c', 'd/aux.c'],
    ['a\\b', 'a'],
    ['A', 'a'],
  ])('refuses the name %j, which readers would change', (first, second) => {
    const files = [
      { path: [first], length: 10 },
      { path: second.split('/'), length: 10 },
    ];
    expect(() => createMetainfo({ ...spec, files })).toThrow(fails('ERR_METAINFO_INVALID', /cannot be kept/));
  });
});

describe('choosePieceLength', () => {
  it.each([
    [1, 256],
    [2 ** 31, 256],
    [2 ** 31 + 1, 512],
    [2 ** 33, 1024],
    [2 ** 37, 16384],
    [2 ** 50, 16384],
  ])('%d bytes: %d KiB', (total, kib) => {
    expect(choosePieceLength(total)).toBe(kib * 1024);
  });
});
