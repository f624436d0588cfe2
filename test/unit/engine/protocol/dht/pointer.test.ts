import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../../src/engine/bytes.js';
import { decodePointer, encodePointer } from '../../../../../src/engine/protocol/dht/pointer.js';
import { formatMagnet, parseMagnet } from '../../../../../src/engine/protocol/magnet.js';

const HASH = 'c352cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd';
const KEY = '8543d3e6115f0f98c944077a4493dcd543e49c739fd998550a1f614ab36ed63e';

describe('values that point to a torrent (BEP 46)', () => {
  it('are an info-hash in a dictionary', () => {
    const value = encodePointer(HASH);
    expect(Buffer.from(value).toString('latin1')).toBe(
      `d2:ih20:${Buffer.from(HASH, 'hex').toString('latin1')}e`,
    );
    expect(decodePointer(value)).toBe(HASH);
  });

  it.each(['', 'de', '2:ih', 'd2:ih19:aaaaaaaaaaaaaaaaaaae', 'd2:ihi1ee', `d2:ih20:${'a'.repeat(20)}`])(
    '%j is none',
    text => {
      expect(decodePointer(utf8(text))).toBeUndefined();
    },
  );
});

describe('links that name a publisher (BEP 46)', () => {
  it('need no info-hash', () => {
    expect(parseMagnet(`magnet:?xs=urn:btpk:${KEY.toUpperCase()}`)).toMatchObject({
      pointer: { publicKey: KEY },
    });
    const salted = `magnet:?xs=urn:btpk:${KEY}&s=6e`;
    expect(parseMagnet(salted)).toMatchObject({ pointer: { publicKey: KEY, salt: '6e' } });
    expect(formatMagnet({ pointer: { publicKey: KEY, salt: '6e' } })).toBe(salted);
  });

  it('may have one besides', () => {
    const both = `magnet:?xt=urn:btih:${HASH}&xs=urn:btpk:${KEY}`;
    expect(parseMagnet(both)).toMatchObject({ infoHash: HASH, pointer: { publicKey: KEY } });
    expect(formatMagnet({ infoHash: HASH, pointer: { publicKey: KEY } })).toBe(both);
  });

  it('are not the only ones with other sources', () => {
    const magnet = parseMagnet(`magnet:?xt=urn:btih:${HASH}&xs=http://example.org/a.torrent&s=zz`);
    expect(magnet).not.toHaveProperty('pointer');
  });

  it.each(['s=6', 's=zz', `s=${'6e'.repeat(65)}`])('do not lead elsewhere by a broken salt: %s', salt => {
    expect(() => parseMagnet(`magnet:?xs=urn:btpk:${KEY}&${salt}`)).toThrow(/salt/);
  });

  it('are none with a key of another length', () => {
    expect(() => parseMagnet(`magnet:?xs=urn:btpk:${KEY}00`)).toThrow(/no BitTorrent info-hash/);
  });
});
