import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../../src/engine/bytes.js';
import { hashed, peerPriority } from '../../../../src/engine/policy/peer-priority.js';
import { crc32c } from '../../../../src/engine/protocol/crc32c.js';

const vectors: {
  crc32c: { cases: { hex: string; crc: string }[] };
  bep40_priority: { cases: { a: string; b: string; hashedHex: string; priority: string }[] };
} = JSON.parse(readFileSync(new URL('../../../vectors/peer-exchange.json', import.meta.url), 'utf8'));

function address(text: string) {
  const [, host, port] = /^\[?([^\]]*?)\]?:(\d+)$/.exec(text)!;
  return { host, port: Number(port) };
}

const hex32 = (value: number) => value.toString(16).padStart(8, '0');

it.each(vectors.crc32c.cases)('CRC-32C of $hex', ({ hex, crc }) => {
  expect(hex32(crc32c(fromHex(hex)))).toBe(crc);
});

describe('canonical peer priority (BEP 40)', () => {
  it.each(vectors.bep40_priority.cases)('$a and $b', ({ a, b, hashedHex, priority }) => {
    expect(toHex(hashed(address(a), address(b))!)).toBe(hashedHex);
    expect(hex32(peerPriority(address(a), address(b))!)).toBe(priority);
    expect(peerPriority(address(b), address(a))).toBe(peerPriority(address(a), address(b)));
  });

  it('is of two of a family', () => {
    expect(peerPriority({ host: '192.0.2.1', port: 1 }, { host: '2001:db8::1', port: 1 })).toBeUndefined();
    expect(peerPriority({ host: 'peer.example', port: 1 }, { host: '192.0.2.1', port: 1 })).toBeUndefined();
  });
});
