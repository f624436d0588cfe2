import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../../src/engine/bytes.js';
import {
  createDhtKeys,
  createSecretRng,
  dhtCrypto,
  signWith,
} from '../../../../src/engine/discovery/dht-crypto.js';

describe('signatures of the DHT', () => {
  // RFC 8032, section 7.1, test 2
  const secretKey = fromHex('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb');
  const publicKey = '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c';
  const signature =
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00';

  it('are those of RFC 8032', () => {
    expect(toHex(createDhtKeys(secretKey).publicKey)).toBe(publicKey);
    expect(toHex(signWith(secretKey, Uint8Array.of(0x72)))).toBe(signature);
    expect(dhtCrypto.verify(fromHex(publicKey), Uint8Array.of(0x72), fromHex(signature))).toBe(true);
  });

  it('are false for other messages, and for what is no key or signature', () => {
    const [key, sign] = [fromHex(publicKey), fromHex(signature)];
    expect(dhtCrypto.verify(key, Uint8Array.of(0x73), sign)).toBe(false);
    for (const length of [0, 31, 33]) {
      expect(dhtCrypto.verify(new Uint8Array(length), Uint8Array.of(0x72), sign)).toBe(false);
      expect(dhtCrypto.verify(key, Uint8Array.of(0x72), new Uint8Array(length))).toBe(false);
    }
    expect(dhtCrypto.verify(new Uint8Array(32).fill(255), Uint8Array.of(0x72), sign)).toBe(false);
  });

  it('come with new keys each time', () => {
    const [a, b] = [createDhtKeys(), createDhtKeys()];
    expect(a).not.toEqual(b);
    const message = utf8('a value');
    expect(dhtCrypto.verify(a.publicKey, message, signWith(a.secretKey, message))).toBe(true);
    expect(dhtCrypto.verify(b.publicKey, message, signWith(a.secretKey, message))).toBe(false);
  });

  it('take no key of another length', () => {
    expect(() => signWith(new Uint8Array(64), utf8('x'))).toThrow(RangeError);
  });

  it('hash as SHA-1 does', () => {
    expect(toHex(dhtCrypto.sha1(utf8('abc')))).toBe('a9993e364706816aba3e25717850c26c9cd0d89d');
  });
});

describe('dice of the DHT', () => {
  it('stay in their bounds and differ', () => {
    const [a, b] = [createSecretRng(), createSecretRng()];
    const drawn = Array.from({ length: 1000 }, () => [a.u32(), b.u32()]);
    expect(new Set(drawn.flat()).size).toBeGreaterThan(1990);
    for (let i = 0; i < 1000; i++) {
      expect(a.below(7)).toBeLessThan(7);
      expect(a.fraction()).toBeLessThan(1);
    }
  });
});
