import { latin1 } from '../../bytes.js';
import { MillraceError } from '../../errors.js';
import { BENCODE_LIMITS, type BencodeOptions } from './limits.js';

/**
 * Every value and key of an input in order, as three numbers each: where its content starts, where the value ends,
 * and the number of the token after it. The byte before the content tells the kind: `:` `i` `l` `d`.
 * A tape of numbers instead of objects keeps a hostile input of millions of values cheap.
 */
export interface Tape {
  readonly bytes: Uint8Array;
  readonly tokens: Uint32Array;
}

export const FIELDS = 3;
export const BODY = 0;
export const END = 1;
export const NEXT = 2;

export const COLON = 0x3a;
export const INTEGER = 0x69;
export const LIST = 0x6c;
export const DICT = 0x64;
const CLOSE = 0x65;
const MINUS = 0x2d;
const ZERO = 0x30;

/** Enough for 64 bits with a sign. More would let a long run of digits cost quadratic time. */
const MAX_INTEGER_DIGITS = 20;

/** To find duplicates in a dictionary out of order all its keys are collected; a million would take seconds. */
const MAX_UNSORTED_KEYS = 100_000;

const EXPECT_ITEM = 0;
const EXPECT_KEY = 1;
const EXPECT_VALUE = 2;

interface Open {
  readonly token: number;
  expect: typeof EXPECT_ITEM | typeof EXPECT_KEY | typeof EXPECT_VALUE;
  lastKey: number;
  unsorted: boolean;
}

/** Checks one value that starts at byte 0 and returns its tape; token 0 is the value. No recursion. */
export function scan(bytes: Uint8Array, options: BencodeOptions = {}): Tape {
  return new Scanner(bytes, options).run();
}

class Scanner {
  private at = 0;
  private count = 0;
  private tokens: Uint32Array;
  private readonly bytes: Uint8Array;
  private readonly open: Open[] = [];
  private readonly tolerant: boolean;
  private readonly maxDepth: number;
  private readonly maxTokens: number;

  constructor(bytes: Uint8Array, options: BencodeOptions) {
    const maxBytes = options.maxBytes ?? BENCODE_LIMITS.maxBytes;
    this.maxDepth = options.maxDepth ?? BENCODE_LIMITS.maxDepth;
    this.maxTokens = options.maxTokens ?? BENCODE_LIMITS.maxTokens;
    this.tolerant = options.tolerant ?? false;
    if (bytes.length > maxBytes) throw limit('input', bytes.length, maxBytes, 'bytes');
    // A plain view, so that values are plain as well: subclasses may cut and copy in ways of their own.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.tokens = new Uint32Array(FIELDS * 32);
  }

  run(): Tape {
    do this.step();
    while (this.open.length > 0);
    return { bytes: this.bytes, tokens: this.tokens };
  }

  private step(): void {
    if (this.at >= this.bytes.length) throw this.syntax('input ends inside a value');
    const byte = this.bytes[this.at];
    const top = this.open.at(-1);
    if (byte === CLOSE && top !== undefined) {
      this.close(top);
    } else if (top?.expect === EXPECT_KEY) {
      this.key(top);
    } else {
      if (top?.expect === EXPECT_VALUE) top.expect = EXPECT_KEY;
      this.value(byte);
    }
  }

  private value(byte: number): void {
    if (isDigit(byte)) {
      this.string();
    } else if (byte === INTEGER) {
      this.integer();
    } else if (byte === LIST || byte === DICT) {
      if (this.open.length >= this.maxDepth)
        throw limit('nesting', this.open.length + 1, this.maxDepth, 'levels');
      const expect = byte === LIST ? EXPECT_ITEM : EXPECT_KEY;
      this.open.push({ token: this.push(this.at + 1, 0), expect, lastKey: -1, unsorted: false });
      this.at++;
    } else {
      throw this.syntax(`unexpected byte ${byte}`);
    }
  }

  private close(top: Open): void {
    if (top.expect === EXPECT_VALUE) throw this.syntax('dictionary key has no value');
    if (top.unsorted) this.refuseDuplicates(top.token);
    this.at++;
    this.tokens[top.token * FIELDS + END] = this.at;
    this.tokens[top.token * FIELDS + NEXT] = this.count;
    this.open.pop();
  }

  private key(top: Open): void {
    const start = this.at;
    if (!isDigit(this.bytes[start])) throw this.syntax('dictionary key is not a string');
    const key = this.string();
    if (top.lastKey >= 0) {
      const order = this.compare(top.lastKey, key);
      if (order === 0) throw this.syntax('dictionary key appears twice', start);
      if (order > 0) {
        if (!this.tolerant) throw this.syntax('dictionary keys are not in order', start);
        top.unsorted = true;
      }
    }
    top.lastKey = key;
    top.expect = EXPECT_VALUE;
  }

  private string(): number {
    const { bytes } = this;
    const start = this.at;
    let length = 0;
    let at = start;
    for (; at < bytes.length && isDigit(bytes[at]); at++) {
      length = length * 10 + bytes[at] - ZERO;
      // Stops before the number loses precision: no string is longer than its input.
      if (length > bytes.length) throw this.syntax('string is longer than the input');
    }
    if (at >= bytes.length) throw this.syntax('input ends inside a string length');
    if (bytes[at] !== COLON) throw this.syntax('string length is not followed by a colon', at);
    if (bytes[start] === ZERO && at - start > 1 && !this.tolerant)
      throw this.syntax('string length starts with 0');
    const body = at + 1;
    const end = body + length;
    if (end > bytes.length) {
      throw this.syntax(
        `string of ${length} bytes ends after the input, which has ${bytes.length - body} left`,
      );
    }
    this.at = end;
    return this.push(body, end);
  }

  private integer(): void {
    const { bytes } = this;
    const body = this.at + 1;
    const digits = bytes[body] === MINUS ? body + 1 : body;
    let at = digits;
    while (at < bytes.length && isDigit(bytes[at])) at++;
    if (at >= bytes.length) throw this.syntax('input ends inside an integer');
    if (bytes[at] !== CLOSE || at === digits) throw this.syntax('integer is not digits', at);
    if (at - digits > MAX_INTEGER_DIGITS) throw limit('integer', at - digits, MAX_INTEGER_DIGITS, 'digits');
    if (!this.tolerant && bytes[digits] === ZERO) {
      if (at - digits > 1) throw this.syntax('integer starts with 0');
      if (digits > body) throw this.syntax('integer is -0');
    }
    this.at = at + 1;
    this.push(body, this.at);
  }

  private push(body: number, end: number): number {
    const token = this.count++;
    if (token >= this.maxTokens) throw limit('value count', token + 1, this.maxTokens, 'values');
    if (this.count * FIELDS > this.tokens.length) {
      const grown = new Uint32Array(this.tokens.length * 2);
      grown.set(this.tokens);
      this.tokens = grown;
    }
    this.tokens[token * FIELDS + BODY] = body;
    this.tokens[token * FIELDS + END] = end;
    this.tokens[token * FIELDS + NEXT] = this.count;
    return token;
  }

  /** Order of two strings by raw bytes. */
  private compare(a: number, b: number): number {
    const { bytes, tokens } = this;
    let i = tokens[a * FIELDS + BODY];
    let j = tokens[b * FIELDS + BODY];
    const endA = tokens[a * FIELDS + END];
    const endB = tokens[b * FIELDS + END];
    for (; i < endA && j < endB; i++, j++) if (bytes[i] !== bytes[j]) return bytes[i] - bytes[j];
    return endA - i - (endB - j);
  }

  /** Neighbours were compared on the way; a dictionary out of order needs all its keys. */
  private refuseDuplicates(dict: number): void {
    const { bytes, tokens } = this;
    const seen = new Set<string>();
    const keys = this.keyCount(dict);
    if (keys > MAX_UNSORTED_KEYS) throw limit('dictionary out of order', keys, MAX_UNSORTED_KEYS, 'keys');
    for (let key = dict + 1; key < this.count; key = tokens[(key + 1) * FIELDS + NEXT]) {
      const text = latin1(bytes.subarray(tokens[key * FIELDS + BODY], tokens[key * FIELDS + END]));
      if (seen.has(text)) throw this.syntax('dictionary key appears twice', tokens[key * FIELDS + BODY]);
      seen.add(text);
    }
  }

  private keyCount(dict: number): number {
    let keys = 0;
    for (let key = dict + 1; key < this.count; key = this.tokens[(key + 1) * FIELDS + NEXT]) keys++;
    return keys;
  }

  private syntax(what: string, offset = this.at): MillraceError {
    return new MillraceError('ERR_BENCODE_SYNTAX', `bencode: ${what} (byte ${offset})`, { offset });
  }
}

function limit(what: string, value: number, max: number, unit: string): MillraceError {
  const message = `bencode: ${what} is ${value} ${unit}, must be at most ${max}`;
  return new MillraceError('ERR_BENCODE_LIMIT', message, { value, limit: max });
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}
