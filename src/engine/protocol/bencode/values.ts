import { fromUtf8, latin1 } from '../../bytes.js';
import { BODY, COLON, END, FIELDS, INTEGER, LIST, NEXT, type Tape } from './scan.js';

/** A decoded value. Integers beyond 2^53 are bigint; strings are views into the input. */
export type BValue = number | bigint | Uint8Array | BValue[] | BDict;

/** How many keys a lookup walks before it builds an index. */
const WALK_KEYS = 16;

/**
 * A dictionary as it was written: any bytes may be keys, order is kept, values are read when they are asked for.
 * Keys are text with one character a byte (`latin1`), so keys that are not UTF-8, `__proto__` and `10` are plain keys.
 * Holds on to the whole input.
 */
export class BDict {
  private index?: Map<string, number>;

  constructor(
    private readonly tape: Tape,
    private readonly token: number,
  ) {}

  has(key: string): boolean {
    return this.find(key) >= 0;
  }

  get(key: string): BValue | undefined {
    const token = this.find(key);
    return token < 0 ? undefined : readValue(this.tape, token);
  }

  /** The integer, or undefined if it is missing, of another kind, or beyond 2^53. */
  int(key: string): number | undefined {
    const value = this.get(key);
    return typeof value === 'number' ? value : undefined;
  }

  bytes(key: string): Uint8Array | undefined {
    const value = this.get(key);
    return value instanceof Uint8Array ? value : undefined;
  }

  /** The string as UTF-8; what is not UTF-8 becomes U+FFFD. */
  text(key: string): string | undefined {
    const value = this.bytes(key);
    return value && fromUtf8(value);
  }

  list(key: string): BValue[] | undefined {
    const value = this.get(key);
    return Array.isArray(value) ? value : undefined;
  }

  dict(key: string): BDict | undefined {
    const value = this.get(key);
    return value instanceof BDict ? value : undefined;
  }

  /** The value as it was written: what hashes and signatures are over. A view into the input. */
  raw(key: string): Uint8Array | undefined {
    const value = this.find(key);
    if (value < 0) return undefined;
    const { bytes, tokens } = this.tape;
    return bytes.subarray(tokens[(value - 1) * FIELDS + END], tokens[value * FIELDS + END]);
  }

  *keys(): Generator<string> {
    for (const key of this.keyTokens()) yield this.keyText(key);
  }

  *[Symbol.iterator](): Generator<[key: string, value: BValue]> {
    for (const key of this.keyTokens()) yield [this.keyText(key), readValue(this.tape, key + 1)];
  }

  /** Token of the value, or -1. A plain walk: a torrent of many files asks this a million times. */
  private find(key: string): number {
    if (this.index) return this.index.get(key) ?? -1;
    const { tokens } = this.tape;
    const end = tokens[this.token * FIELDS + NEXT];
    let walked = 0;
    for (let at = this.token + 1; at < end; at = tokens[(at + 1) * FIELDS + NEXT]) {
      if (this.keyEquals(at, key)) return at + 1;
      if (++walked === WALK_KEYS) return this.buildIndex().get(key) ?? -1;
    }
    return -1;
  }

  private buildIndex(): Map<string, number> {
    this.index = new Map();
    for (const token of this.keyTokens()) this.index.set(this.keyText(token), token + 1);
    return this.index;
  }

  private *keyTokens(): Generator<number> {
    const { tokens } = this.tape;
    const end = tokens[this.token * FIELDS + NEXT];
    for (let key = this.token + 1; key < end; key = tokens[(key + 1) * FIELDS + NEXT]) yield key;
  }

  private keyText(token: number): string {
    const { bytes, tokens } = this.tape;
    return latin1(bytes.subarray(tokens[token * FIELDS + BODY], tokens[token * FIELDS + END]));
  }

  private keyEquals(token: number, key: string): boolean {
    const { bytes, tokens } = this.tape;
    const body = tokens[token * FIELDS + BODY];
    if (tokens[token * FIELDS + END] - body !== key.length) return false;
    for (let i = 0; i < key.length; i++) if (bytes[body + i] !== key.charCodeAt(i)) return false;
    return true;
  }
}

export function readValue(tape: Tape, token: number): BValue {
  const { bytes, tokens } = tape;
  const body = tokens[token * FIELDS + BODY];
  switch (bytes[body - 1]) {
    case COLON:
      return bytes.subarray(body, tokens[token * FIELDS + END]);
    case INTEGER:
      return readInteger(bytes, body, tokens[token * FIELDS + END] - 1);
    case LIST:
      return readList(tape, token);
    default:
      return new BDict(tape, token);
  }
}

function readInteger(bytes: Uint8Array, start: number, end: number): number | bigint {
  const text = latin1(bytes.subarray(start, end));
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value + 0; // + 0: the tolerant -0 is 0
  return BigInt(text);
}

/** Lists of lists without recursion; dictionaries inside stay unread. */
function readList(tape: Tape, token: number): BValue[] {
  const { bytes, tokens } = tape;
  const root: BValue[] = [];
  const open = [{ items: root, end: tokens[token * FIELDS + NEXT] }];
  let at = token + 1;
  for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
    if (at === top.end) {
      open.pop();
    } else if (bytes[tokens[at * FIELDS + BODY] - 1] === LIST) {
      const items: BValue[] = [];
      top.items.push(items);
      open.push({ items, end: tokens[at * FIELDS + NEXT] });
      at++;
    } else {
      top.items.push(readValue(tape, at));
      at = tokens[at * FIELDS + NEXT];
    }
  }
  return root;
}
