import { describe, expect, it } from 'vitest';
import { fromUtf8, utf8 } from '../../../../../src/engine/bytes.js';
import { isMillraceError } from '../../../../../src/engine/errors.js';
import {
  DONT_HAVE,
  decodeDontHave,
  decodeExtendedHandshake,
  encodeDontHave,
  encodeExtendedHandshake,
} from '../../../../../src/engine/protocol/peer/extended.js';

const decode = (text: string) => decodeExtendedHandshake(utf8(text));

describe('extension handshake', () => {
  it('reads what it writes', () => {
    const handshake = {
      extensions: new Map([
        [DONT_HAVE, 3],
        ['ut_metadata', 2],
        ['off', 0],
        ['\u00b5T_PEX', 7],
      ]),
      version: 'millrace 0.1.0',
      reqq: 2000,
      port: 6881,
      yourIp: '2001:db8::1',
      uploadOnly: true,
      metadataBytes: 31235,
    };
    expect(decodeExtendedHandshake(encodeExtendedHandshake(handshake))).toEqual(handshake);
    expect(
      decodeExtendedHandshake(encodeExtendedHandshake({ ...handshake, yourIp: '10.1.2.3' })).yourIp,
    ).toBe('10.1.2.3');
  });

  it('is canonical and leaves out what is not told', () => {
    const bytes = encodeExtendedHandshake({
      extensions: new Map([['b', 1]]),
      uploadOnly: false,
      yourIp: 'host',
    });
    expect(fromUtf8(bytes)).toBe('d1:md1:bi1ee11:upload_onlyi0ee');
  });

  it('takes a field of the wrong type or out of bounds as missing', () => {
    const nothing = { extensions: new Map() };
    for (const text of [
      'de',
      'd1:mi1ee',
      'd1:mle1:pi0ee',
      'd1:pi65536ee',
      'd1:pi-1ee',
      'd1:p4:6881e',
      'd4:reqqi0ee',
      'd4:reqqi99999999999999999ee',
      'd13:metadata_sizei-1ee',
      'd13:metadata_sizei18446744073709551615ee',
      'd11:upload_only1:1e',
      'd1:vi3ee',
      'd6:yourip3:abce',
    ]) {
      expect(decode(text)).toEqual(nothing);
    }
  });

  it('skips extension ids that are none, and keeps 64 of them at most', () => {
    const m = 'd1:ai1e1:bi256e1:ci-1e1:d1:x1:ei0e9:__proto__i5ee';
    expect(decode(`d1:m${m}e`).extensions).toEqual(
      new Map([
        ['a', 1],
        ['e', 0],
        ['__proto__', 5],
      ]),
    );
    const names = Array.from({ length: 200 }, (_, i) => `3:${i + 100}i1e`).join('');
    expect(decode(`d1:md${names}ee`).extensions.size).toBe(64);
  });

  it('makes the version printable and short', () => {
    expect(decode('d1:v14:a\u0000\u001b[31m\u202eb\ncde').version).toBe('a[31mbcd');
    expect(decode(`d1:v5000:${'x'.repeat(5000)}e`).version).toBe('x'.repeat(64));
    const face = '\u{1f600}';
    expect(decode(`d1:v400:${face.repeat(100)}e`).version).toBe(face.repeat(64));
  });

  it('lets unsorted keys and bytes after the dictionary pass, as they are met in the field', () => {
    expect(decode('d1:pi1e1:mdeegarbage')).toMatchObject({ port: 1 });
  });

  it('refuses what is no dictionary, or too deep or too large', () => {
    for (const text of [
      '',
      'i1e',
      'le',
      'd',
      'd1:m',
      'd1:mde',
      `d1:x${'l'.repeat(100)}${'e'.repeat(100)}e`,
      `d1:x${'l'.repeat(60_000)}`,
      `d1:x70000:${'x'.repeat(70_000)}e`,
      `d1:xl${'0:'.repeat(20_000)}ee`,
      'd99999999999999999999:',
    ]) {
      let error: unknown;
      try {
        decode(text);
      } catch (thrown) {
        error = thrown;
      }
      expect(isMillraceError(error, 'ERR_WIRE_MESSAGE'), text.slice(0, 40)).toBe(true);
    }
  });
});

describe('lt_donthave', () => {
  it('reads what it writes', () => {
    expect(encodeDontHave(0x01020304)).toEqual(Uint8Array.of(1, 2, 3, 4));
    expect(decodeDontHave(encodeDontHave(41), 42)).toBe(41);
  });

  it('refuses a wrong length and an index beyond the last piece', () => {
    expect(() => decodeDontHave(new Uint8Array(3), 42)).toThrow('lt_donthave is 3 bytes, must be 4');
    expect(() => decodeDontHave(new Uint8Array(5), 42)).toThrow('must be 4');
    expect(() => decodeDontHave(encodeDontHave(42), 42)).toThrow('piece index is 42, must be below 42');
    expect(() => decodeDontHave(encodeDontHave(0xffffffff), 42)).toThrow('must be below 42');
  });
});
