import { describe, expect, it } from 'vitest';
import { TOKEN_BYTES, Tokens } from '../../../../src/engine/dht/tokens.js';
import { createRng } from '../../../../src/engine/policy/rng.js';

const MINUTE = 60_000;
const HOST = '192.0.2.1';

describe('tokens', () => {
  const tokens = new Tokens(createRng(1));

  it('are good for the address they were given to', () => {
    const token = tokens.issue(HOST, 0);
    expect(token).toHaveLength(TOKEN_BYTES);
    expect(tokens.isValid(token, HOST, 0)).toBe(true);
    expect(tokens.isValid(token, '192.0.2.2', 0)).toBe(false);
    expect(tokens.isValid(token, '2001:db8::1', 0)).toBe(false);
  });

  it.each([0, 2 * MINUTE, 5 * MINUTE - 1])(
    'are good five minutes at least and ten at most, from %i ms',
    at => {
      const token = tokens.issue(HOST, at);
      expect(tokens.isValid(token, HOST, at + 5 * MINUTE)).toBe(true);
      expect(tokens.isValid(token, HOST, 10 * MINUTE - 1)).toBe(true);
      expect(tokens.isValid(token, HOST, at + 10 * MINUTE)).toBe(false);
    },
  );

  it('are others after five minutes', () => {
    expect(tokens.issue(HOST, 5 * MINUTE)).not.toEqual(tokens.issue(HOST, 0));
  });

  it('are not good when a bit or a byte is wrong', () => {
    const token = tokens.issue(HOST, 0);
    for (let bit = 0; bit < 8 * TOKEN_BYTES; bit++) {
      const wrong = token.slice();
      wrong[bit >> 3] ^= 1 << (bit & 7);
      expect(tokens.isValid(wrong, HOST, 0)).toBe(false);
    }
    expect(tokens.isValid(token.subarray(1), HOST, 0)).toBe(false);
    expect(tokens.isValid(new Uint8Array(0), HOST, 0)).toBe(false);
  });

  it('of another node are of no use', () => {
    expect(new Tokens(createRng(2)).isValid(tokens.issue(HOST, 0), HOST, 0)).toBe(false);
  });
});
