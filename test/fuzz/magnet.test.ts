import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isMillraceError } from '../../src/engine/errors.js';
import { formatMagnet, parseMagnet } from '../../src/engine/protocol/magnet.js';

const box = { numRuns: 2000, interruptAfterTimeLimit: 3000 };
const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const port = fc.integer({ min: 1, max: 65535 });
const peer = fc.oneof(
  fc.record({ host: fc.ipV4(), port }),
  fc.record({ host: fc.constantFrom('::1', '2001:db8::2', 'peer.example'), port }),
);
const unique = <T>(item: fc.Arbitrary<T>) =>
  fc.uniqueArray(item, { maxLength: 4, selector: entry => JSON.stringify(entry) });

const magnet = fc
  .record({
    infoHash: hex(40),
    v2InfoHash: fc.option(hex(64), { nil: undefined }),
    pointer: fc.option(
      fc.oneof(fc.record({ publicKey: hex(64) }), fc.record({ publicKey: hex(64), salt: hex(2) })),
      { nil: undefined },
    ),
    name: fc.option(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), { nil: undefined }),
    trackers: unique(fc.webUrl({ withQueryParameters: true })),
    peers: unique(peer),
    webSeeds: unique(fc.webUrl()),
    acceptableSources: unique(fc.webUrl()),
    nodes: unique(peer),
    keywords: fc.array(fc.constantFrom('one', 'a+b', '\u00e9', 'x&y'), { maxLength: 3 }),
    selectOnly: fc.option(
      fc.uniqueArray(fc.nat(9999), { maxLength: 20, minLength: 1 }).map(list => list.sort((a, b) => a - b)),
      { nil: undefined },
    ),
    fileIndex: fc.option(fc.nat(9999), { nil: undefined }),
  })
  .map(parts => Object.fromEntries(Object.entries(parts).filter(([, part]) => part !== undefined)));

it('what is written is read back', () => {
  fc.assert(
    fc.property(magnet, parts => {
      expect(parseMagnet(formatMagnet(parts))).toEqual(parts);
    }),
    box,
  );
});

it('any text gives a link or a coded error', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      'magnet:?',
      'xt=',
      'urn:btih:',
      'urn:btmh:1220',
      'xs=urn:btpk:',
      's=',
      'a'.repeat(64),
      '&',
      '=',
      '%',
      '%ff',
      'so=',
      '0-9',
      ',',
      'x.pe=',
      'tr.1=',
      'a'.repeat(40),
    ),
    fc.string({ unit: 'binary', maxLength: 10 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), pieces => {
      for (const text of [pieces.join(''), `magnet:?xt=urn:btih:${'a'.repeat(40)}&${pieces.join('')}`]) {
        try {
          const { peers, selectOnly = [] } = parseMagnet(text);
          for (const { host, port } of peers) expect(host.length > 0 && port > 0 && port < 65536).toBe(true);
          expect(selectOnly.every(index => index < 10_000)).toBe(true);
        } catch (error) {
          if (!isMillraceError(error, 'ERR_MAGNET_INVALID')) throw error;
        }
      }
    }),
    { ...box, numRuns: 5000 },
  );
});
