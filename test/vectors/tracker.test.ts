import { describe, expect, it } from 'vitest';
import { TrackerTiers } from '../../src/engine/discovery/tracker-tiers.js';
import { fromHex, toHex } from '../../src/engine/bytes.js';
import { formatAddress } from '../../src/engine/ids.js';
import { parseIp } from '../../src/engine/protocol/compact.js';
import { buildAnnounceUrl, decodeHttpAnnounce, decodeHttpScrape } from '../../src/engine/protocol/tracker/http.js';
import { escapeBytes, unescapeBytes } from '../../src/engine/protocol/tracker/percent.js';
import { decodeUdpRequest, decodeUdpResponse, encodeAnnounce, encodeScrape } from '../../src/engine/protocol/tracker/udp.js';
import { scrapeUrl } from '../../src/engine/protocol/tracker/url.js';
import { readVectors } from '../lib/vectors.js';

interface UdpPacket {
  name: string;
  hex: string;
  interval?: number;
  leechers?: number;
  seeders?: number;
  peers?: string[];
  infoHashes?: string[];
  message?: string;
  fields?: Record<'downloaded' | 'left' | 'uploaded' | 'key' | 'numWant' | 'port', number> &
    Record<'infoHash' | 'peerId', string>;
}

interface AnnounceRow {
  hex: string;
  source: string;
  complete?: number;
  incomplete?: number;
  interval?: number;
  minInterval?: number;
  peers?: string[];
  peers6?: string[];
  peerCount?: number;
}

interface Vectors {
  bep15_udp: {
    transactionId: number;
    connectionId: string;
    packets: UdpPacket[];
    mustIgnore: { hex: string; why: string }[];
  };
  bep3_http_announce: AnnounceRow[];
  bep48_http_scrape: {
    hex: string;
    source: string;
    rows: { infoHash: string; seeders: number; leechers: number; downloads: number }[];
  }[];
  bep3_announce_url: { infoHash: string; escaped: string }[];
  scrape_url_rule: { cases: { announce: string; scrape: string }[] };
  bep12_tiers: { tiers: string[][]; down?: string[]; orderTried?: string[]; tierAfter?: string[] }[];
}

const vectors = readVectors<Vectors>('tracker.json');
const udp = vectors.bep15_udp;
const packet = (name: string) => udp.packets.find(row => row.name === name)!;

describe('BEP 15 vectors', () => {
  const connectionId = fromHex(udp.connectionId);

  it('connect response', () => {
    expect(decodeUdpResponse(fromHex(packet('connect response').hex), 4)).toEqual({
      action: 'connect',
      transactionId: udp.transactionId,
      connectionId,
    });
  });

  it('announce request', () => {
    const { fields: named, hex } = packet('announce request');
    const fields = named!;
    const request = {
      infoHash: fromHex(fields.infoHash),
      peerId: fromHex(fields.peerId),
      downloaded: fields.downloaded,
      left: fields.left,
      uploaded: fields.uploaded,
      event: 'started' as const,
      key: fields.key,
      numWant: fields.numWant,
      port: fields.port,
    };
    expect(toHex(encodeAnnounce(connectionId, udp.transactionId, request))).toBe(hex);
    expect(decodeUdpRequest(fromHex(hex))).toEqual({
      action: 'announce',
      connectionId,
      transactionId: udp.transactionId,
      urlData: '',
      ...request,
    });
  });

  it.each(udp.packets.filter(row => /announce response/.test(row.name)))('$name', row => {
    expect(decodeUdpResponse(fromHex(row.hex), 4)).toMatchObject({
      action: 'announce',
      intervalSeconds: row.interval,
      leechers: row.leechers,
      seeders: row.seeders,
    });
    const response = decodeUdpResponse(fromHex(row.hex), 4);
    if (row.peers && response?.action === 'announce') expect(response.peers.map(formatAddress)).toEqual(row.peers);
  });

  it('scrape request', () => {
    const { infoHashes = [], hex } = packet('scrape request');
    expect(toHex(encodeScrape(connectionId, udp.transactionId, infoHashes.map(fromHex)))).toBe(hex);
    const request = decodeUdpRequest(fromHex(hex));
    expect(request?.action === 'scrape' && request.infoHashes.map(toHex)).toEqual(infoHashes);
  });

  it('error response', () => {
    const { hex, message } = packet('error response');
    expect(decodeUdpResponse(fromHex(hex), 4)).toEqual({ action: 'error', transactionId: udp.transactionId, message });
  });

  // The rows that a decoder alone can tell; test/unit/engine/discovery/udp-tracker.test.ts sends them all.
  it.each(udp.mustIgnore.filter(row => /shorter/.test(row.why)))('ignores: $why', row => {
    expect(decodeUdpResponse(fromHex(row.hex), 4)).toBeUndefined();
  });
});

const asText = (peers: readonly { host: string; port: number }[], family: number) =>
  peers.filter(peer => parseIp(peer.host)?.length === family).map(formatAddress);

describe('HTTP announce vectors (BEP 3, 7, 23)', () => {
  it.each(vectors.bep3_http_announce)('$source $hex', row => {
    const reply = decodeHttpAnnounce(fromHex(row.hex));
    if (row.peerCount !== undefined) expect(reply.peers).toHaveLength(row.peerCount);
    if (row.peers) expect(asText(reply.peers, 4)).toEqual(row.peers);
    if (row.peers6) expect(asText(reply.peers, 16)).toEqual(row.peers6);
    if (row.interval) expect(reply.intervalMs).toBe(row.interval * 1000);
    if (row.minInterval) expect(reply.minIntervalMs).toBe(row.minInterval * 1000);
    if (row.complete !== undefined) expect(reply).toMatchObject({ seeders: row.complete, leechers: row.incomplete });
  });
});

describe('HTTP scrape vectors (BEP 48)', () => {
  it.each(vectors.bep48_http_scrape)('$source', ({ hex, rows }) => {
    expect(decodeHttpScrape(fromHex(hex))).toEqual(
      rows.map(row => ({
        infoHash: row.infoHash,
        seeders: row.seeders,
        leechers: row.leechers,
        completed: row.downloads,
      })),
    );
  });
});

describe('announce URL vectors (BEP 3)', () => {
  it.each(vectors.bep3_announce_url)('$infoHash', ({ infoHash, escaped }) => {
    const bytes = fromHex(infoHash);
    expect(escapeBytes(bytes)).toBe(escaped);
    expect(unescapeBytes(escaped, 20)).toEqual(bytes);
    const request = { infoHash: bytes, peerId: bytes, port: 1, uploaded: 0, downloaded: 0, left: 0, key: 0 };
    expect(buildAnnounceUrl('http://t/announce', request)).toContain(`?info_hash=${escaped}&peer_id=${escaped}&`);
  });
});

describe('scrape URL vectors (BEP 48)', () => {
  it.each(vectors.scrape_url_rule.cases)('$announce', ({ announce, scrape }) => {
    expect(scrapeUrl(announce)).toBe(scrape);
  });
});

describe('tier vectors (BEP 12)', () => {
  /** Dice that leave a tier as it is: Fisher-Yates swaps each place with itself. */
  const still = { below: (bound: number) => bound - 1 };

  it.each(vectors.bep12_tiers)('%j', row => {
    const tiers = new TrackerTiers(row.tiers, still);
    const tried: string[] = [];
    for (const url of tiers.inOrder()) {
      tried.push(url);
      if (row.down?.includes(url)) continue;
      tiers.promote(url);
      break;
    }
    if (row.orderTried) expect(tried).toEqual(row.orderTried);
    if (row.tierAfter) expect(tiers.inOrder().slice(0, row.tierAfter.length)).toEqual(row.tierAfter);
  });
});
