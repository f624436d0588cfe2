import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/engine/bytes.js';
import { isMillraceError } from '../../src/engine/errors.js';
import {
  BDict,
  type BInput,
  type BValue,
  decode,
  decodePrefix,
  encode,
} from '../../src/engine/protocol/bencode.js';
import { readVectors } from '../lib/vectors.js';

type Value = { int: string } | { hex: string } | { list: Value[] } | { dict: [string, Value][] };

interface DecodeRow {
  id: string;
  class: string;
  why: string;
  valid: boolean;
  policy?: boolean;
  toleratedByLibtorrent?: boolean;
  hex?: string;
  parts?: { hex: string; times: number }[];
  limit?: string;
  value?: Value;
}

interface EncodeRow {
  id: string;
  why: string;
  hex: string;
  value: Value;
}

const { decode: decodeRows, encode: encodeRows } = readVectors<{ decode: DecodeRow[]; encode: EncodeRow[] }>(
  'bencode.json',
);

function bytesOf(row: DecodeRow): Uint8Array {
  if (row.hex !== undefined) return fromHex(row.hex);
  return Buffer.concat(
    row.parts!.map(({ hex, times }) => Buffer.alloc((hex.length / 2) * times, hex, 'hex')),
  );
}

function describeValue(value: BValue): Value {
  if (typeof value === 'number' || typeof value === 'bigint') return { int: String(value) };
  if (value instanceof Uint8Array) return { hex: toHex(value) };
  if (value instanceof BDict) {
    return {
      dict: Array.from(value, ([key, item]) => [
        Buffer.from(key, 'latin1').toString('hex'),
        describeValue(item),
      ]),
    };
  }
  return { list: value.map(describeValue) };
}

/** Drops the readable form that rows carry next to the hex. */
function plain(value: Value): Value {
  if ('int' in value) return { int: value.int };
  if ('list' in value) return { list: value.list.map(plain) };
  if ('dict' in value) return { dict: value.dict.map(([key, item]) => [key, plain(item)]) };
  return { hex: value.hex };
}

function attempt(run: () => BValue): { value?: BValue; code?: string } {
  try {
    return { value: run() };
  } catch (error) {
    if (!isMillraceError(error)) throw error;
    return { code: error.code };
  }
}

/** Rows that libtorrent tolerates and our tolerant reader refuses all the same. */
const REFUSED_ANYWAY: Record<string, string> = {
  b072: 'a duplicate key makes two readers see two things',
};

/** Rows marked as policy or limits: what we do. */
const OUR_POLICY: Record<string, 'ok' | string> = {
  b092: 'ok', // 2^64-1 exactly, as bigint
  b093: 'ERR_BENCODE_LIMIT', // 21 digits
  b192: 'ERR_BENCODE_LIMIT',
};

describe('bencode vectors', () => {
  it.each(decodeRows.filter(row => !row.id.startsWith('b193')))('$id $class: $why', row => {
    const bytes = bytesOf(row);
    const strict = attempt(() => decode(bytes, { maxBytes: bytes.length }));
    const policy = OUR_POLICY[row.id];
    if (policy !== undefined) {
      expect(strict.code ?? 'ok').toBe(policy);
    } else if (row.valid) {
      expect(strict.code).toBeUndefined();
    } else {
      expect(strict.code).toBe('ERR_BENCODE_SYNTAX');
    }
    if (row.value && strict.value !== undefined)
      expect(describeValue(strict.value)).toEqual(plain(row.value));
    if (row.toleratedByLibtorrent && policy === undefined) {
      const tolerant = attempt(() => decode(bytes, { tolerant: true }));
      expect(tolerant.code).toBe(row.id in REFUSED_ANYWAY ? 'ERR_BENCODE_SYNTAX' : undefined);
    }
    // Only what follows the value may tell a whole input from a prefix.
    if (row.class === 'trailing') expect(decodePrefix(bytes).end).toBeLessThan(bytes.length);
  });

  it('b193: as many values as the limit says, and no more', () => {
    const bytes = bytesOf(decodeRows.find(row => row.id === 'b193')!);
    expect(decode(bytes)).toHaveLength(5119);
    expect(decode(bytes, { maxTokens: 5120 })).toHaveLength(5119);
    expect(attempt(() => decode(bytes, { maxTokens: 1000 })).code).toBe('ERR_BENCODE_LIMIT');
  });

  it('valid values are written back byte for byte', () => {
    for (const row of decodeRows.filter(({ valid, parts }) => valid && !parts)) {
      expect(toHex(encode(decode(fromHex(row.hex!)))), row.id).toBe(row.hex);
    }
  });

  it.each(encodeRows)('encode $id $why', row => {
    expect(toHex(encode(inputOf(row.value)))).toBe(row.hex);
  });
});

function inputOf(value: Value): BInput {
  if ('int' in value) return BigInt(value.int);
  if ('list' in value) return value.list.map(inputOf);
  if ('dict' in value) return new Map(value.dict.map(([key, item]) => [fromHex(key), inputOf(item)]));
  return fromHex(value.hex);
}
