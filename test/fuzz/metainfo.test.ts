import { resolve, sep } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { utf8 } from '../../src/engine/bytes.js';
import { isMillraceError } from '../../src/engine/errors.js';
import { type BInput, encode } from '../../src/engine/protocol/bencode.js';
import { parseMetainfo } from '../../src/engine/protocol/metainfo.js';
import type { Metainfo } from '../../src/engine/protocol/metainfo-types.js';

const box = { numRuns: 2000, interruptAfterTimeLimit: 3000 };
const PIECE_LENGTH = 16384;

/** Names that look for trouble, and any others. */
const name = fc.oneof(
  fc.constantFrom(
    '..',
    '.',
    '',
    '/',
    '\\',
    '../..',
    '..\\x',
    'a',
    'A',
    'b',
    'a.1',
    'e\u0301',
    '\u00e9',
    'CON',
    'x'.repeat(300),
    '.pad',
  ),
  fc.string({ unit: fc.constantFrom(...'./\\\0 aA:\u202e\u200b\u00df'), maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.uint8Array({ maxLength: 8 }),
);
const file = fc.record({
  path: fc.array(name, { minLength: 1, maxLength: 4 }),
  length: fc.nat(50_000),
  attr: fc.constantFrom('', 'p', 'x', 'h', 'l'),
});

function checkSafe({ files, length, pieces, pieceCount }: Metainfo, isFolder: boolean): void {
  const root = resolve('/downloads');
  const own = isFolder ? `${root}${sep}${files[0].path[0]}` : root;
  const paths = new Set<string>();
  let end = 0;
  for (const { path, pad, offset, length: bytes } of files) {
    expect(offset).toBe(end);
    end += bytes;
    for (const part of path) {
      expect(part).not.toMatch(/[/\\\0]|^\.{0,2}$|[\u202a-\u202e]/);
      expect(utf8(part).length).toBeLessThanOrEqual(255);
      expect(part).not.toMatch(/\p{Surrogate}/u);
    }
    const full = resolve(root, ...path);
    expect(full.startsWith(own + sep)).toBe(true);
    if (!pad) {
      const folded = full.normalize('NFC').toLowerCase();
      expect(paths.has(folded)).toBe(false);
      paths.add(folded);
    }
  }
  expect(end).toBe(length);
  expect(pieces.length).toBe(pieceCount * 20);
  for (const path of paths) {
    for (let at = path.lastIndexOf(sep); at > 0; at = path.lastIndexOf(sep, at - 1)) {
      expect(paths.has(path.slice(0, at))).toBe(false);
    }
  }
}

it('files stay inside the folder of their torrent, each on a path of its own', () => {
  fc.assert(
    fc.property(
      name,
      fc.array(file, { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      (root, files, windows) => {
        const length = files.reduce((sum, { attr, length }) => sum + (attr === 'l' ? 0 : length), 0);
        const pieces = new Uint8Array(20 * Math.ceil(length / PIECE_LENGTH));
        const info: BInput = { name: root, files, 'piece length': PIECE_LENGTH, pieces };
        const metainfo = attempt(encode({ info }), windows);
        if (metainfo) checkSafe(metainfo, true);
      },
    ),
    box,
  );
});

it('a damaged torrent gives an error or a sound torrent', () => {
  const sound = encode({
    announce: 'http://a.example/announce',
    'announce-list': [['http://a.example/announce'], ['udp://b.example:1']],
    nodes: [['router.example', 6881]],
    info: {
      name: 'folder',
      'piece length': PIECE_LENGTH,
      pieces: new Uint8Array(60),
      files: [
        { path: ['a', 'b.txt'], length: 20_000 },
        { path: ['c'], length: 25_000, attr: 'x' },
      ],
    },
    'url-list': ['http://c.example/'],
  });
  const damage = fc.tuple(
    fc.nat(sound.length - 1),
    fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...utf8('dlie:0123456789-'))),
  );
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 5 }), fc.nat(sound.length), (changes, cut) => {
      const bytes = sound.slice(0, cut > sound.length / 2 ? sound.length : cut * 2);
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte;
      const metainfo = attempt(bytes, false);
      if (metainfo) checkSafe(metainfo, metainfo.multiFile);
    }),
    { ...box, numRuns: 5000 },
  );
});

function attempt(bytes: Uint8Array, windows: boolean): Metainfo | undefined {
  try {
    return parseMetainfo(bytes, { windows });
  } catch (error) {
    if (isMillraceError(error)) return undefined;
    throw error;
  }
}
