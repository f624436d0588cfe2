import { describe, expect, it } from 'vitest';
import { isMillraceError } from '../../src/engine/errors.js';
import { formatAddress, type PeerAddress } from '../../src/engine/ids.js';
import { formatMagnet, type Magnet, parseMagnet } from '../../src/engine/protocol/magnet.js';
import { readVectors } from '../lib/vectors.js';

interface Expected {
  v1?: string | null;
  v2?: string;
  name?: string;
  trackers?: string[];
  webseeds?: string[];
  acceptableSources?: string[];
  peers?: string[];
  dhtNodes?: [string, number][];
  keywords?: string[];
  selectOnly?: number[];
  fileIndex?: number;
}

interface DecodeRow {
  id: string;
  class: string;
  uri?: string;
  uriHex?: string;
  expect?: Expected;
  error?: string;
}

interface EncodeRow {
  id: string;
  uri: string;
  params: Expected & { selected?: number[]; numFiles?: number; torrent?: string };
}

const { decode, encode } = readVectors<{ decode: DecodeRow[]; encode: EncodeRow[] }>('magnet.json');

/** What we say, for the members that the row states. */
function stated(magnet: Magnet, expected: Expected): Expected {
  const all: Expected = {
    v1: magnet.infoHash ?? null,
    v2: magnet.v2InfoHash,
    name: magnet.name,
    trackers: [...magnet.trackers],
    webseeds: [...magnet.webSeeds],
    acceptableSources: [...magnet.acceptableSources],
    peers: magnet.peers.map(formatAddress),
    dhtNodes: magnet.nodes.map(({ host, port }) => [host, port]),
    keywords: [...magnet.keywords],
    selectOnly: magnet.selectOnly && [...magnet.selectOnly],
    fileIndex: magnet.fileIndex,
  };
  // Every tr is a tier of its own, so the row's tier numbers say nothing more.
  const keys = Object.keys(expected).filter(key => key !== 'trackerTiers') as (keyof Expected)[];
  return Object.fromEntries(keys.map(key => [key, all[key]]));
}

describe('magnet vectors', () => {
  it.each(decode)('$id $class', row => {
    const uri = row.uri ?? Buffer.from(row.uriHex!, 'hex').toString('utf8');
    if (row.error !== undefined) {
      expect(() => parseMagnet(uri)).toThrow(expect.objectContaining({ code: 'ERR_MAGNET_INVALID' }));
      return;
    }
    const { trackerTiers, ...expected } = row.expect as Expected & { trackerTiers?: number[] };
    if (trackerTiers) expect(trackerTiers).toEqual(expected.trackers!.map((_, i) => i));
    const magnet = parseMagnet(uri);
    expect(stated(magnet, expected)).toEqual(expected);
    expect(parseMagnet(formatMagnet(magnet))).toEqual(magnet);
  });

  it.each(encode.filter(row => !row.params.torrent))('encode $id', ({ params, uri }) => {
    const address = (text: string): PeerAddress => ({
      host: text.split(':')[0],
      port: Number(text.split(':')[1]),
    });
    const allFiles = params.selected?.length === params.numFiles;
    const text = formatMagnet({
      infoHash: params.v1 ?? undefined,
      v2InfoHash: params.v2,
      peers: params.peers?.map(address),
      nodes: params.dhtNodes?.map(([host, port]) => ({ host, port })),
      selectOnly: allFiles ? undefined : params.selected,
    });
    expect(text).toBe(uri);
  });

  // Their torrents are not in the collection, so the link is read and written.
  it.each(encode.filter(row => row.params.torrent))('encode $id, as a set of parameters', ({ uri }) => {
    const sorted = (text: string) => text.slice('magnet:?'.length).split('&').sort();
    expect(sorted(formatMagnet(parseMagnet(uri)))).toEqual(sorted(uri));
  });

  it('an error is always ours', () => {
    for (const uri of ['', 'magnet', 'magnet:?xt', 'x'.repeat(1_000_000)]) {
      try {
        parseMagnet(uri);
        expect.unreachable();
      } catch (error) {
        expect(isMillraceError(error, 'ERR_MAGNET_INVALID')).toBe(true);
      }
    }
  });
});
