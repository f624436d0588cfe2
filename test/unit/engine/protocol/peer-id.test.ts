import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/engine/bytes.js';
import { clientName, createPeerId } from '../../../../src/engine/protocol/peer-id.js';

const name = (text: string) => clientName(utf8(text.padEnd(20, 'x')));

describe('peer id', () => {
  it('is ours and random', () => {
    const random = Uint8Array.from({ length: 12 }, (_, i) => 200 + i);
    const id = createPeerId(random);
    expect(id).toHaveLength(20);
    expect(id.subarray(0, 8)).toEqual(utf8('-MR0100-'));
    expect(id.subarray(8)).toEqual(random);
    expect(clientName(id)).toBe('millrace 0.1.0');
    expect(() => createPeerId(new Uint8Array(11))).toThrow(RangeError);
  });

  it('names clients of today', () => {
    expect(name('-qB4650-')).toBe('qBittorrent 4.6.5');
    expect(name('-LT20B0-')).toBe('libtorrent 2.0.11');
    expect(name('-DE211s-')).toBe('Deluge 2.1.1');
    expect(name('-lt0D60-')).toBe('rTorrent 0.13.6');
    expect(name('-TR3000-')).toBe('Transmission 3.00');
    expect(name('-TR284Z-')).toBe('Transmission 2.84+');
    expect(name('-TR0006-')).toBe('Transmission 0.6');
    expect(name('-TR410Z-')).toBe('Transmission 4.1.0+');
    expect(name('-BC0199-')).toBe('BitComet 1.99');
    expect(name('-KT33R2-')).toBe('KTorrent 3.3 RC 2');
    expect(name('-KT2210-')).toBe('KTorrent 2.2.1');
    expect(name('M7-10-5--')).toBe('BitTorrent 7.10.5');
    expect(name('A2-1-36-0-')).toBe('aria2 1.36.0');
    expect(name('T03I-----')).toBe('BitTornado 0.3.18');
  });

  it('does not guess', () => {
    for (const text of [
      '',
      '-',
      '-TR30-',
      '-<b>000-',
      '-TR30\u00e40-',
      'TIX01x3-',
      'M7-10-',
      'S58B',
      '-TR3000',
    ]) {
      expect(name(text.padEnd(8, '!')), text).toBe('unknown');
    }
    expect(clientName(new Uint8Array(20))).toBe('unknown');
    expect(clientName(new Uint8Array(0))).toBe('unknown');
    expect(name('-__proto')).toBe('unknown');
  });

  it('is printable and short for any bytes', () => {
    const safe = /^[\w\u00b5 ./()+-]{1,48}$/;
    const prefixed = fc
      .tuple(
        fc.constantFrom('-', '-TR', '-KT33', '-BC', '-PI', '-xx', 'TIX', 'S', 'M', 'A2-1', 'Q1-2-'),
        fc.string({ unit: fc.constantFrom(...'09AaZz-<.\u0000\u00ff'), maxLength: 20 }),
      )
      .map(parts => Uint8Array.from(parts.join('').padEnd(20, '-').slice(0, 20), c => c.charCodeAt(0)));
    fc.assert(
      fc.property(fc.oneof(prefixed, fc.uint8Array({ maxLength: 30 })), id => {
        expect(clientName(id)).toMatch(safe);
        expect(clientName(id)).not.toMatch(/NaN|undefined|Infinity/);
      }),
      { numRuns: 2000 },
    );
  });
});
