import { describe, expect, it } from 'vitest';
import { formatMagnet, MAX_MAGNET_LENGTH, parseMagnet } from '../../../../src/engine/protocol/magnet.js';

const HASH = 'c352cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd';
const link = (rest = '') => `magnet:?xt=urn:btih:${HASH}${rest}`;
const broken = (message: RegExp) =>
  expect.objectContaining({ code: 'ERR_MAGNET_INVALID', message: expect.stringMatching(message) });

describe('parseMagnet', () => {
  it('reads a bare hash in hex and base32', () => {
    expect(parseMagnet(HASH.toUpperCase())).toEqual(parseMagnet(link()));
    expect(parseMagnet('mfrgcytbmjqweylcmfrgcytbmjqweylc').infoHash).toBe(
      '6162616261626162616261626162616261626162',
    );
  });

  it('reads a link to a torrent of v2 alone', () => {
    const v2InfoHash = 'ab'.repeat(32);
    const magnet = parseMagnet(`magnet:?xt=urn:btmh:1220${v2InfoHash}`);
    expect(magnet).toMatchObject({ v2InfoHash });
    expect(magnet.infoHash).toBeUndefined();
  });

  it('leaves out what makes no sense', () => {
    const { peers, trackers, webSeeds, selectOnly, fileIndex } = parseMagnet(
      link(
        '&x.pe=1.2.3.4:0&x.pe=1.2.3.4:65536&x.pe=1.2.3.4&x.pe=:1&x.pe=a b:1&x.pe=ok.example:1&tr=file:///etc&ws=javascript:1&so=1-&so=x&ix=-1&=x&&',
      ),
    );
    expect({ peers, trackers, webSeeds, selectOnly, fileIndex }).toEqual({
      peers: [{ host: 'ok.example', port: 1 }],
      trackers: [],
      webSeeds: [],
      selectOnly: [],
      fileIndex: undefined,
    });
  });

  it('reads bytes that are not UTF-8 as U+FFFD', () => {
    expect(parseMagnet(link('&dn=a%ff%c3%a9')).name).toBe('a\ufffd\u00e9');
  });

  it('says what is wrong', () => {
    expect(() => parseMagnet(link('&dn=%zz'))).toThrow(broken(/percent escape/));
    expect(() => parseMagnet('magnet:?dn=x')).toThrow(broken(/no BitTorrent info-hash/));
    expect(() => parseMagnet('magnet:?xt=urn:btih:12')).toThrow(broken(/40 hex digits/));
    expect(() => parseMagnet('https://example.com')).toThrow(broken(/not a magnet link/));
    expect(() => parseMagnet(link('x'.repeat(MAX_MAGNET_LENGTH)))).toThrow(broken(/at most 65536/));
  });

  it('does not grow with the ranges it is asked for', () => {
    expect(parseMagnet(link('&so=0-999999999')).selectOnly).toEqual([]);
    const start = process.cpuUsage();
    const ranges = Array(6000).fill('1-9999').join(',');
    expect(parseMagnet(link(`&so=${ranges}`)).selectOnly).toHaveLength(9999);
    expect(process.cpuUsage(start).user, 'microseconds').toBeLessThan(1_000_000);
  });
});

describe('formatMagnet', () => {
  it('writes what can be read back', () => {
    const magnet = {
      infoHash: HASH,
      v2InfoHash: '0f'.repeat(32),
      name: 'a & b = c+d%\u00e9',
      trackers: ['http://a.example/announce?x=1&y=2', 'udp://b.example:80'],
      peers: [
        { host: '::1', port: 6881 },
        { host: '10.0.0.1', port: 1 },
      ],
      webSeeds: ['https://c.example/d e'.replace(' ', '%20')],
      acceptableSources: ['https://d.example/'],
      nodes: [{ host: 'router.example', port: 6881 }],
      keywords: ['one', 'two+three'],
      selectOnly: [0, 2, 3, 4, 9],
      fileIndex: 3,
    };
    expect(parseMagnet(formatMagnet(magnet))).toEqual(magnet);
    expect(formatMagnet(magnet)).toContain('&so=0,2-4,9&');
  });

  it('needs a hash', () => {
    expect(() => formatMagnet({ name: 'x' })).toThrow(TypeError);
  });
});
