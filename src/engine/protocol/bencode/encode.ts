import { compareBytes, concatBytes, utf8 } from '../../bytes.js';
import { BDict } from './values.js';

/**
 * What can be encoded. Text becomes UTF-8. Keys of a Map may be text or raw bytes; a {@link BDict} keeps its raw keys;
 * members of a plain object that are undefined are left out.
 */
export type BInput =
  | string
  | Uint8Array
  | number
  | bigint
  | BDict
  | readonly BInput[]
  | ReadonlyMap<string | Uint8Array, BInput>
  | { readonly [key: string]: BInput | undefined };

/**
 * Canonical bencode: keys sorted by raw bytes (BEP 3).
 * @throws TypeError for what has no bencode form: a number that is not a safe integer, undefined, a repeated key.
 */
export function encode(value: BInput): Uint8Array {
  const parts: Uint8Array[] = [];
  write(value, parts);
  return concatBytes(parts);
}

const LIST = utf8('l');
const DICT = utf8('d');
const CLOSE = utf8('e');

function write(value: BInput, parts: Uint8Array[]): void {
  if (typeof value === 'string') {
    writeString(utf8(value), parts);
  } else if (value instanceof Uint8Array) {
    writeString(value, parts);
  } else if (typeof value === 'number' || typeof value === 'bigint') {
    writeInteger(value, parts);
  } else if (Array.isArray(value)) {
    parts.push(LIST);
    for (const item of value) write(item, parts);
    parts.push(CLOSE);
  } else if (typeof value === 'object' && value !== null) {
    writeDict(entries(value as Exclude<typeof value, readonly BInput[]>), parts);
  } else {
    throw new TypeError(`no bencode form for ${typeof value}`);
  }
}

function writeString(bytes: Uint8Array, parts: Uint8Array[]): void {
  parts.push(utf8(`${bytes.length}:`), bytes);
}

function writeInteger(value: number | bigint, parts: Uint8Array[]): void {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    throw new TypeError(`no bencode form for ${value}: not a safe integer`);
  }
  parts.push(utf8(`i${value}e`));
}

type Entry = readonly [key: Uint8Array, value: BInput];

function entries(
  value: BDict | ReadonlyMap<string | Uint8Array, BInput> | { readonly [key: string]: BInput | undefined },
): Entry[] {
  if (value instanceof BDict) return Array.from(value, ([key, item]) => [fromLatin1(key), item]);
  const pairs = value instanceof Map ? [...value] : Object.entries(value);
  return pairs
    .filter(([, item]) => item !== undefined)
    .map(([key, item]) => [typeof key === 'string' ? utf8(key) : key, item]);
}

function writeDict(unsorted: Entry[], parts: Uint8Array[]): void {
  const sorted = unsorted.sort(([a], [b]) => compareBytes(a, b));
  parts.push(DICT);
  sorted.forEach(([key, item], i) => {
    if (i > 0 && compareBytes(sorted[i - 1][0], key) === 0)
      throw new TypeError('no bencode form for a repeated key');
    writeString(key, parts);
    write(item, parts);
  });
  parts.push(CLOSE);
}

function fromLatin1(text: string): Uint8Array {
  return Uint8Array.from(text, char => char.charCodeAt(0));
}
