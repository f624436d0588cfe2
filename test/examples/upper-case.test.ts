import { describe, expect, it } from 'vitest';
import { BUFFER_BYTES, decode, encode, endsInside, upperCase } from '../../examples/sockets/upper-case.js';

const E_ACUTE = Buffer.from('é');

describe('messages of the upper-case protocol', () => {
  it('are no longer than the buffer, and end between characters', () => {
    expect(encode('é'.repeat(BUFFER_BYTES))).toHaveLength(BUFFER_BYTES);
    expect(encode(`a${'é'.repeat(BUFFER_BYTES)}`)).toHaveLength(BUFFER_BYTES - 1);
    expect(encode('😀'.repeat(BUFFER_BYTES)).toString()).toBe('😀'.repeat(BUFFER_BYTES / 4));
    expect(encode('')).toHaveLength(0);
  });

  it('lose a character that their end cut in two', () => {
    expect(decode(Buffer.from('né').subarray(0, 2))).toBe('n');
    expect(decode(Buffer.from(`a${'é'.repeat(BUFFER_BYTES)}`))).toBe(`a${'é'.repeat(1023)}`);
    expect(decode(E_ACUTE.subarray(0, 1))).toBe('');
  });

  it('may have bytes that are no UTF-8', () => {
    expect(decode(Buffer.of(0x61, 0xff, 0x62))).toBe('a\ufffdb');
    expect(upperCase(Buffer.of(0x61, 0xff, 0x62)).toString()).toBe('A\ufffdB');
  });

  it.each([
    ['straße', 'STRASSE'],
    ['ŉ', 'ʼN'],
    ['ὀδυσσεύς', 'ὈΔΥΣΣΕΎΣ'],
    ['', ''],
  ])('%j in upper case is %j', (line, answer) => {
    expect(upperCase(Buffer.from(line)).toString()).toBe(answer);
  });

  it('fit the buffer when upper case takes more bytes', () => {
    const answer = upperCase(Buffer.from('ΐ'.repeat(1024)));
    expect(answer.length).toBeLessThanOrEqual(BUFFER_BYTES);
    expect(answer.toString()).toBe('\u0399\u0308\u0301'.repeat(341) + '\u0399');
  });

  it('tell whether their last character is whole', () => {
    expect(endsInside(Buffer.from('né'))).toBe(false);
    expect(endsInside(Buffer.from('né').subarray(0, 2))).toBe(true);
    expect(endsInside(Buffer.from('😀').subarray(0, 3))).toBe(true);
    expect(endsInside(Buffer.of(0xff))).toBe(false);
    expect(endsInside(Buffer.alloc(0))).toBe(false);
  });
});
