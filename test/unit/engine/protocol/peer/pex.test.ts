import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, latin1, utf8 } from '../../../../../src/engine/bytes.js';
import { encode } from '../../../../../src/engine/protocol/bencode.js';
import {
  decodePexMessage,
  encodePexMessage,
  MAX_PEX_READ,
  PEX_FLAGS,
} from '../../../../../src/engine/protocol/peer/pex.js';

const V4 = { host: '192.0.2.1', port: 6881, flags: PEX_FLAGS.seed };
const V6 = { host: '2001:db8::1', port: 51413, flags: PEX_FLAGS.reachable };
const compact4 = fromHex('c00002011ae1');
const compact6 = fromHex('20010db8000000000000000000000001c8d5');

describe('a message of peer exchange (BEP 11)', () => {
  it('is a dictionary of compact lists, by family', () => {
    const dropped = [
      { host: '192.0.2.2', port: 1 },
      { host: '2001:db8::2', port: 1 },
    ];
    const bytes = encodePexMessage({ added: [V6, V4], dropped });
    expect(latin1(bytes)).toBe(
      latin1(
        concatBytes([
          ...[utf8('d5:added6:'), compact4, utf8('7:added.f1:'), Uint8Array.of(2)],
          ...[utf8('6:added618:'), compact6, utf8('8:added6.f1:'), Uint8Array.of(16)],
          ...[utf8('7:dropped6:'), fromHex('c00002020001'), utf8('8:dropped618:')],
          ...[fromHex('20010db80000000000000000000000020001'), utf8('e')],
        ]),
      ),
    );
    expect(decodePexMessage(bytes)).toEqual({ added: [V4, V6], dropped });
  });

  it('leaves out lists of nobody', () => {
    expect(latin1(encodePexMessage({ added: [], dropped: [] }))).toBe('de');
    expect(decodePexMessage(utf8('de'))).toEqual({ added: [], dropped: [] });
  });

  it.each([
    ['without flags', { added: compact4 }, [{ ...V4, flags: 0 }]],
    [
      'with too few flags',
      { added: concatBytes([compact4, compact4]), 'added.f': Uint8Array.of(2) },
      [V4, { ...V4, flags: 0 }],
    ],
    [
      'with port 0 among them',
      { added: concatBytes([fromHex('c00002090000'), compact4]), 'added.f': Uint8Array.of(1, 2) },
      [V4],
    ],
    ['of half a peer', { added: compact4.subarray(1), added6: compact6 }, [{ ...V6, flags: 0 }]],
    ['of another type', { added: 5, added6: compact6, 'added6.f': [1] }, [{ ...V6, flags: 0 }]],
  ])('a list %s is read as far as it makes sense', (_, dict, added) => {
    expect(decodePexMessage(encode(dict as Record<string, Uint8Array>)).added).toEqual(added);
  });

  it('is read up to a limit', () => {
    const many = concatBytes(Array.from({ length: MAX_PEX_READ + 50 }, () => compact4));
    expect(decodePexMessage(encode({ added: many, dropped: many }))).toMatchObject({
      added: { length: MAX_PEX_READ },
      dropped: { length: MAX_PEX_READ },
    });
  });

  it.each(['', 'i1e', 'le', 'd5:added', `d1:x${70_000}:`, `d5:added70000:${'x'.repeat(70_000)}e`])(
    '%.20s is none',
    text => {
      const read = () => decodePexMessage(utf8(text));
      expect(read).toThrow(expect.objectContaining({ code: 'ERR_WIRE_MESSAGE' }));
    },
  );
});
