import { expect, it } from 'vitest';
import { utf8 } from '../../../../src/engine/bytes.js';
import { encode } from '../../../../src/engine/protocol/bencode.js';
import { parseMetainfo } from '../../../../src/engine/protocol/metainfo.js';
import { formatTorrent } from '../../../../src/engine/protocol/write-metainfo.js';

const info = {
  length: 40_000,
  name: 'x',
  'piece length': 16384,
  pieces: new Uint8Array(60),
  'unknown to us': 1,
};

it.each([
  { announce: [], urlList: [] },
  { announce: [['http://a.example/announce']], urlList: ['http://w.example/'] },
  { announce: [['http://a.example/announce', 'udp://b.example:1'], ['http://c.example/a']], urlList: [] },
])('is read again as it was: $announce, $urlList', ({ announce, urlList }) => {
  const before = parseMetainfo(encode({ info }));
  const bytes = formatTorrent({ announce, urlList, infoBytes: before.infoBytes });
  const after = parseMetainfo(bytes);
  expect(after.infoHash).toBe(before.infoHash);
  expect([after.announce, after.urlList]).toEqual([announce, urlList]);
  expect(bytes.slice(0, 1)).toEqual(utf8('d'));
});
