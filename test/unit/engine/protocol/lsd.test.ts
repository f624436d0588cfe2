import { describe, expect, it } from 'vitest';
import { latin1, utf8 } from '../../../../src/engine/bytes.js';
import {
  decodeLsdAnnounce,
  encodeLsdAnnounces,
  LSD_INFO_HASHES,
  MAX_LSD_BYTES,
  MAX_LSD_READ_BYTES,
} from '../../../../src/engine/protocol/lsd.js';

const HASH = '0123456789abcdef0123456789abcdef01234567';
const OTHER = HASH.replace('0', 'f');

const read = (...lines: string[]) => decodeLsdAnnounce(utf8(lines.join('\r\n')));
const START = 'BT-SEARCH * HTTP/1.1';

describe('an announce as it is written', () => {
  it('tells group, port, torrents and cookie, and ends with two empty lines', () => {
    const [packet] = encodeLsdAnnounces({ port: 6881, infoHashes: [HASH], cookie: 'us' }, 6);
    expect(latin1(packet)).toBe(
      `${START}\r\nHost: [ff15::efc0:988f]:6771\r\nPort: 6881\r\nInfohash: ${HASH.toUpperCase()}\r\ncookie: us\r\n\r\n\r\n`,
    );
  });

  it('is as long as it may be with as many torrents as are said to fit', () => {
    const infoHashes = Array.from({ length: LSD_INFO_HASHES }, () => HASH);
    const cookie = 'x'.repeat(40);
    for (const family of [4, 6] as const) {
      const packets = encodeLsdAnnounces({ port: 65535, infoHashes, cookie }, family);
      expect(packets).toHaveLength(1);
      expect(packets[0].length).toBeLessThanOrEqual(MAX_LSD_BYTES);
      expect(packets[0].length).toBeGreaterThan(MAX_LSD_BYTES - 2 * 52);
    }
  });

  it('of nothing is no packet, and a cookie that leaves no room is refused', () => {
    expect(encodeLsdAnnounces({ port: 1, infoHashes: [] }, 4)).toEqual([]);
    const announce = { port: 1, infoHashes: [HASH], cookie: 'x'.repeat(1300) };
    expect(() => encodeLsdAnnounces(announce, 4)).toThrow(RangeError);
  });
});

describe('an announce as it is read', () => {
  it('has headers in any case and order, and lines that end with a line feed alone', () => {
    const text = `bt-search * http/1.0\nINFOHASH:${HASH.toUpperCase()}\nX-Unknown: 1\ninfohash :  ${OTHER} \nport:1\nCookie: a: b \n\n`;
    expect(decodeLsdAnnounce(utf8(text))).toEqual({ port: 1, infoHashes: [HASH, OTHER], cookie: 'a: b' });
  });

  it('names each torrent once, and may have no host, no cookie and no end', () => {
    expect(read(START, 'Port: 2', `Infohash: ${HASH}`, `Infohash: ${HASH}`)).toEqual({
      port: 2,
      infoHashes: [HASH],
    });
  });

  it('passes over damaged info-hashes and what is not a header', () => {
    const damaged = [HASH.slice(1), `${HASH}0`, HASH.replace('0', 'g'), '', '0'.repeat(1000)];
    const lines = damaged.map(hash => `Infohash: ${hash}`);
    expect(read(START, 'no header', ':', 'Port: 2', ...lines, `Infohash: ${HASH}`)?.infoHashes).toEqual([
      HASH,
    ]);
    expect(read(START, 'Port: 2', ...lines)).toBeUndefined();
  });

  it.each(['0', '65536', '100000', '-1', '1.5', '0x10', '1e3', ''])('has no port %j', port => {
    expect(read(START, `Port: ${port}`, `Infohash: ${HASH}`)).toBeUndefined();
  });

  it('takes the first port, and nothing after the empty line', () => {
    expect(read(START, 'Port: 1', 'Port: 2', `Infohash: ${HASH}`, '', `Infohash: ${OTHER}`)).toEqual({
      port: 1,
      infoHashes: [HASH],
    });
    expect(read(START, `Infohash: ${HASH}`, '', 'Port: 1')).toBeUndefined();
  });

  it.each(['M-SEARCH * HTTP/1.1', 'BT-SEARCH / HTTP/1.1', 'BT-SEARCH * HTTP/2', ' BT-SEARCH * HTTP/1.1', ''])(
    'does not begin with %j',
    start => {
      expect(read(start, 'Port: 1', `Infohash: ${HASH}`)).toBeUndefined();
    },
  );

  it('fits into a frame', () => {
    const head = `${START}\r\nPort: 1\r\nInfohash: ${HASH}\r\nX: `;
    const fill = (length: number) => utf8(head + 'x'.repeat(length - head.length));
    expect(decodeLsdAnnounce(fill(MAX_LSD_READ_BYTES))).toBeDefined();
    expect(decodeLsdAnnounce(fill(MAX_LSD_READ_BYTES + 1))).toBeUndefined();
  });
});
