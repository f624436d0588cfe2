import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { bytesEqual } from '../../src/engine/bytes.js';
import { type ErrorCode, isMillraceError } from '../../src/engine/errors.js';
import { parseMetainfo } from '../../src/engine/protocol/metainfo.js';
import type { Metainfo } from '../../src/engine/protocol/metainfo-types.js';
import { missingTorrents, readTorrent, readVectors } from '../lib/vectors.js';

interface Row {
  file: string;
  sha256: string;
  expect: 'ok' | 'error';
  layout?: string;
  errorKind?: string;
  infoSpan?: [number, number];
  name: string;
  v1InfoHash: string;
  pieceLength: number;
  numPieces: number;
  numPiecesV1?: number;
  totalSize: number;
  numFiles: number;
  files: {
    path: string;
    length: number;
    pad?: boolean;
    executable?: boolean;
    hidden?: boolean;
    symlinkTo?: string;
  }[];
  filesDigest: string;
  filesTruncated?: boolean;
  private: boolean;
  trackers?: string[];
  trackerTiers?: number[];
  urlSeeds?: string[];
  dhtNodes?: [string, number][];
  comment?: string;
  creator?: string;
  creationDate?: number;
  checkSanitized?: boolean;
}

const { rows } = readVectors<{ rows: Row[] }>('torrents.json');

/** Where we differ from a row on purpose. */
const OUR_CHOICE: Record<string, { load?: string; files?: string; totalSize?: string }> = {
  'derived/our-dup-files-three.torrent': { load: 'policy: the second gets a number, as recommended' },
  'derived/tr-path-all-empty.torrent': { load: 'policy: an empty name becomes _, as recommended' },
  'libtorrent/pad_file_no_path.torrent': {
    files: 'the pad keeps the folder of its torrent; it is never written',
  },
  'libtorrent/backslash_path.torrent': {
    files: 'a lone backslash becomes _ like a lone slash; upstream tests the load',
  },
  'libtorrent/empty-files-2.torrent': { files: 'hybrid: the row lists it in the order of its v2 part' },
  'libtorrent/v2_hybrid.torrent': {
    files: 'hybrid: the row names the pads anew; here they keep their v1 names',
  },
  'libtorrent/symlink1.torrent': { totalSize: 'a link has no bytes; the row counts 425 for it' },
};

/** Rows for which an error is one of two right answers, and ours. */
const REFUSED: Record<string, string> = {
  'derived/our-duplicate-info-key.torrent': 'policy: either an error or the first',
};

/** Rows whose fault lies in the v2 part alone: hybrids are read as v1 until v2 is supported. */
const ACTIVE_WITH_V2 = ['derived/our-hybrid-piece-layer-bit-flipped.torrent'];

const CODES: Record<string, ErrorCode> = {
  'truncated bencode': 'ERR_BENCODE_SYNTAX',
  'top level is not a dict': 'ERR_BENCODE_SYNTAX',
  'duplicate key in info': 'ERR_BENCODE_SYNTAX',
  'bencode nested too deep': 'ERR_BENCODE_LIMIT',
  'directory nesting too deep': 'ERR_METAINFO_LIMIT',
  'too many duplicate file names': 'ERR_METAINFO_LIMIT',
  'bad_name.torrent': 'ERR_BENCODE_SYNTAX',
};

function digestOf(files: readonly { path: readonly string[]; length: number }[]): string {
  const text = files.map(({ path, length }) => `${length}\t${path.join('/')}\n`).join('');
  return createHash('sha256').update(text).digest('hex');
}

function checkFiles(row: Row, metainfo: Metainfo): void {
  const { files } = metainfo;
  expect(files).toHaveLength(row.numFiles);
  if (row.checkSanitized || OUR_CHOICE[row.file]?.files) return;
  files.slice(0, row.files.length).forEach((file, i) => {
    const { path, length, pad, executable, hidden, symlinkTo } = row.files[i];
    expect(file).toMatchObject({
      path: path.split('/'),
      length,
      pad: pad ?? false,
      executable: executable ?? false,
      hidden: hidden ?? false,
    });
    expect(file.symlink ?? false).toBe(symlinkTo !== undefined);
  });
  expect(digestOf(files)).toBe(row.filesDigest);
}

/** Of every torrent that loads, whatever its row says. */
function checkInvariants({
  files,
  name,
  length,
  pieces,
  pieceCount,
  pieceLength,
  infoBytes,
}: Metainfo): void {
  let offset = 0;
  for (const file of files) {
    expect(file.offset).toBe(offset);
    offset += file.length;
    expect(file.path[0]).toBe(name);
    for (const part of file.path) expect(part).not.toMatch(/[/\\\0]|^\.{0,2}$/);
  }
  expect(length).toBe(offset);
  expect(pieces.length).toBe(20 * pieceCount);
  expect(pieceCount).toBe(Math.ceil(length / pieceLength));
  expect(pieces.buffer).toBe(infoBytes.buffer);
  const written = files.filter(file => !file.pad).map(file => file.path.join('/').toLowerCase());
  expect(new Set(written).size).toBe(written.length);
}

const missing = missingTorrents();
if (missing) console.log(`skipped: ${missing}`);
const present = rows.filter(row => missing === undefined || row.file.startsWith('derived/'));
const v1 = present.filter(row => row.expect === 'ok' && row.layout !== 'v2' && !(row.file in REFUSED));
const v2 = present.filter(row => row.layout === 'v2' && row.file !== 'libtorrent/v2_deep_recursion.torrent');
const broken = present.filter(
  row => row.expect === 'error' && row.layout !== 'v2' && !ACTIVE_WITH_V2.includes(row.file),
);

describe('torrent vectors', () => {
  it.each(v1)('$file loads', row => {
    const bytes = readTorrent(row.file)!;
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(row.sha256);
    const metainfo = parseMetainfo(bytes);
    checkInvariants(metainfo);
    expect(metainfo).toMatchObject({
      name: row.name,
      infoHash: row.v1InfoHash,
      pieceLength: row.pieceLength,
      pieceCount: row.numPiecesV1 ?? row.numPieces,
      private: row.private,
      hybrid: row.layout === 'v2+v1',
    });
    expect(bytesEqual(metainfo.infoBytes, bytes.subarray(...row.infoSpan!))).toBe(true);
    const payload = metainfo.hybrid ? metainfo.files.filter(file => !file.pad) : metainfo.files;
    if (!OUR_CHOICE[row.file]?.totalSize) {
      expect(payload.reduce((sum, file) => sum + file.length, 0)).toBe(row.totalSize);
    }
    checkFiles(row, metainfo);
    const urls = metainfo.announce.flatMap((tier, i) => tier.map(url => ({ url, tier: i })));
    expect(urls.map(({ url }) => url)).toEqual(row.trackers ?? []);
    if (row.trackerTiers) expect(urls.map(({ tier }) => tier)).toEqual(row.trackerTiers);
    expect(metainfo.urlList).toEqual(row.urlSeeds ?? []);
    expect(metainfo.nodes.map(({ host, port }) => [host, port])).toEqual(row.dhtNodes ?? []);
    if (row.comment !== undefined) expect(metainfo.comment).toBe(row.comment);
    if (row.creator !== undefined) expect(metainfo.createdBy).toBe(row.creator);
    if (row.creationDate !== undefined) expect(metainfo.creationDate).toBe(row.creationDate);
  });

  it.each(broken)('$file: $errorKind', row => {
    const load = () => parseMetainfo(readTorrent(row.file)!);
    if (OUR_CHOICE[row.file]?.load) {
      checkInvariants(load());
      return;
    }
    const code = codeOf(load);
    const overflow = row.errorKind === 'invalid file length' ? 'ERR_METAINFO_LIMIT' : undefined;
    const expected = CODES[row.file.split('/')[1]] ?? CODES[row.errorKind!] ?? 'ERR_METAINFO_INVALID';
    expect([expected, overflow]).toContain(code);
  });

  it.each(v2)('$file is of v2 alone', row => {
    // Duplicate keys are refused before anything is read.
    expect(['ERR_METAINFO_UNSUPPORTED', 'ERR_BENCODE_SYNTAX']).toContain(
      codeOf(() => parseMetainfo(readTorrent(row.file)!)),
    );
  });

  it.each(Object.keys(REFUSED))('%s is refused', file => {
    expect(codeOf(() => parseMetainfo(readTorrent(file)!))).toBe('ERR_BENCODE_SYNTAX');
  });

  it.each(ACTIVE_WITH_V2)('%s is read as v1', file => {
    expect(parseMetainfo(readTorrent(file)!).hybrid).toBe(true);
  });
});

function codeOf(load: () => unknown): string {
  try {
    load();
  } catch (error) {
    if (isMillraceError(error)) return error.code;
    throw error;
  }
  return 'loaded';
}
