import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../../src/engine/bytes.js';
import { isMillraceError } from '../../../../../src/engine/errors.js';
import { type BInput, encode } from '../../../../../src/engine/protocol/bencode.js';
import { MAX_REPLY_BYTES, MAX_REPLY_PEERS } from '../../../../../src/engine/protocol/tracker/announce.js';
import {
  buildAnnounceUrl,
  buildScrapeUrl,
  decodeHttpAnnounce,
  decodeHttpScrape,
  readFailureReason,
} from '../../../../../src/engine/protocol/tracker/http.js';
import { unescapeBytes } from '../../../../../src/engine/protocol/tracker/percent.js';

const REQUEST = {
  infoHash: utf8('aaaaaaaaaaaaaaaaaaa '),
  peerId: utf8('-MR0100-bbbbbbbbbbbb'),
  port: 6881,
  uploaded: 1,
  downloaded: 2,
  left: 2 ** 40,
  key: 0xab,
};
const QUERY =
  'info_hash=aaaaaaaaaaaaaaaaaaa%20&peer_id=-MR0100-bbbbbbbbbbbb&port=6881&uploaded=1&downloaded=2&left=1099511627776' +
  '&compact=1&key=000000ab';

const codeOf = (run: () => unknown) => {
  try {
    run();
  } catch (error) {
    return isMillraceError(error) ? error.code : error;
  }
  return undefined;
};

describe('buildAnnounceUrl', () => {
  it.each([
    ['http://t/announce', `http://t/announce?${QUERY}`],
    ['http://t/a?passkey=x', `http://t/a?passkey=x&${QUERY}`],
    ['http://t/a?', `http://t/a?${QUERY}`],
    ['http://t/a#part', `http://t/a?${QUERY}`],
  ])('%s', (url, announce) => {
    expect(buildAnnounceUrl(url, REQUEST)).toBe(announce);
  });

  it('says what is optional', () => {
    const full = { ...REQUEST, numWant: 0, event: 'stopped' as const, trackerId: Uint8Array.of(0, 255) };
    expect(buildAnnounceUrl('http://t/a', full)).toBe(
      `http://t/a?${QUERY}&numwant=0&event=stopped&trackerid=%00%FF`,
    );
  });
});

it('buildScrapeUrl names each torrent', () => {
  expect(buildScrapeUrl('http://t/announce?p=1', [REQUEST.infoHash, REQUEST.peerId])).toBe(
    'http://t/scrape?p=1&info_hash=aaaaaaaaaaaaaaaaaaa%20&info_hash=-MR0100-bbbbbbbbbbbb',
  );
  expect(buildScrapeUrl('http://t/a', [REQUEST.infoHash])).toBeUndefined();
});

describe('unescapeBytes', () => {
  it.each(['%', '%4', '%g0', '%0g', 'é', 'a%2', '\u0141'])('refuses %j', text => {
    expect(unescapeBytes(text, 20)).toBeUndefined();
  });

  it('refuses more than the limit, counted in bytes', () => {
    expect(unescapeBytes('%41'.repeat(20), 20)).toHaveLength(20);
    expect(unescapeBytes('a'.repeat(21), 20)).toBeUndefined();
    expect(unescapeBytes('%41'.repeat(21), 20)).toBeUndefined();
  });
});

describe('decodeHttpAnnounce', () => {
  const reply = (value: BInput) => decodeHttpAnnounce(encode(value));

  it('everything at once', () => {
    expect(
      reply({
        complete: 5,
        incomplete: 6,
        interval: 900,
        'min interval': 60,
        peers: Uint8Array.of(1, 2, 3, 4, 0, 80, 5, 6, 7, 8, 0, 0),
        peers6: Uint8Array.from([...new Array(15).fill(0), 1, 0, 81]),
        'tracker id': 'abc',
        'warning message': 'soon\nover',
        'external ip': Uint8Array.of(9, 8, 7, 6),
      }),
    ).toEqual({
      intervalMs: 900_000,
      minIntervalMs: 60_000,
      peers: [
        { host: '1.2.3.4', port: 80 },
        { host: '::1', port: 81 },
      ],
      seeders: 5,
      leechers: 6,
      trackerId: utf8('abc'),
      warning: 'soon over',
      externalHost: '9.8.7.6',
    });
  });

  it('an interval that is missing or nonsense is the default', () => {
    for (const value of [{}, { interval: 0 }, { interval: -5 }, { interval: 'x' }, { interval: 2n ** 62n }]) {
      expect(reply(value).intervalMs).toBe(1_800_000);
    }
  });

  it('interval of a century is a day', () => {
    expect(reply({ interval: 3_000_000_000 }).intervalMs).toBe(86_400_000);
  });

  it('takes no more peers than the limit, in both forms', () => {
    expect(reply({ peers: new Uint8Array(6 * 100_000).fill(1) }).peers).toHaveLength(MAX_REPLY_PEERS);
    const both = { peers: new Uint8Array(6 * 1500).fill(1), peers6: new Uint8Array(18 * 1500).fill(1) };
    expect(reply(both).peers).toHaveLength(MAX_REPLY_PEERS);
    const peers = new Array(MAX_REPLY_PEERS + 500).fill({ ip: '1.2.3.4', port: 5 });
    expect(reply({ peers }).peers).toHaveLength(MAX_REPLY_PEERS);
  });

  it('leaves out names, bad ports, and what is no peer', () => {
    const peers = [
      { ip: 'tracker.example', port: 1 },
      { ip: '1.2.3.4', port: 0 },
      { ip: '1.2.3.4', port: 65536 },
      { ip: '1.2.3.4', port: -1 },
      { ip: '1.2.3.4' },
      7,
      [],
      { ip: '2001:DB8:0::1', port: 2 },
    ];
    expect(reply({ peers }).peers).toEqual([{ host: '2001:db8::1', port: 2 }]);
  });

  it('a failure throws with its reason, one line of it', () => {
    try {
      reply({ 'failure reason': 'not\u0000registered\n' });
      expect.unreachable();
    } catch (error) {
      expect(isMillraceError(error, 'ERR_TRACKER_FAILURE')).toBe(true);
      expect(error).toMatchObject({
        message: 'tracker refused: not registered',
        facts: { reason: 'not registered' },
      });
    }
  });

  it.each([
    ['nothing', ''],
    ['HTML', '<html>'],
    ['a list', 'le'],
    ['a cut dictionary', 'd5:peers'],
    ['a long string', 'd5:peers99999999999999:'],
    ['a deep list', `d5:peers${'l'.repeat(100_000)}`],
  ])('%s is ERR_TRACKER_RESPONSE', (_name, text) => {
    expect(codeOf(() => decodeHttpAnnounce(utf8(text)))).toBe('ERR_TRACKER_RESPONSE');
    expect(codeOf(() => decodeHttpScrape(utf8(text)))).toBe('ERR_TRACKER_RESPONSE');
  });

  it('more than 1 MiB is refused', () => {
    const body = encode({ peers: new Uint8Array(MAX_REPLY_BYTES) });
    expect(codeOf(() => decodeHttpAnnounce(body))).toBe('ERR_TRACKER_RESPONSE');
  });
});

it('decodeHttpScrape skips what is no entry', () => {
  const files = new Map<string, BInput>([
    ['short', { complete: 1 }],
    ['aaaaaaaaaaaaaaaaaaaa', 7],
    ['bbbbbbbbbbbbbbbbbbbb', { complete: -1, downloaded: 4 }],
  ]);
  expect(decodeHttpScrape(encode({ files }))).toEqual([
    { infoHash: '62'.repeat(20), seeders: 0, leechers: 0, completed: 4 },
  ]);
});

it('readFailureReason', () => {
  expect(readFailureReason(encode({ 'failure reason': 'x' }))).toBe('x');
  expect(readFailureReason(encode({ peers: '' }))).toBeUndefined();
  expect(readFailureReason(utf8('<html>'))).toBeUndefined();
});
