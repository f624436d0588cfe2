import { bytesEqual, writeU32 } from '../bytes.js';
import type { Rng } from '../policy/rng.js';
import { SipHash } from '../protocol/siphash.js';

/** "a secret that changes every five minutes and tokens up to ten minutes old are accepted" (BEP 5). */
const ROTATION_MS = 5 * 60_000;

/** As long as libtorrent's: who guesses is stopped by the limit of queries long before. */
export const TOKEN_BYTES = 4;

/** Longest text of an address: IPv6 with IPv4 in dots and a zone. */
const MAX_HOST_CHARS = 64;

/**
 * Tokens that prove that who announces receives what is sent to its address. Nothing is kept of any of them: a token
 * is a keyed hash over the address and the number of the five minutes it was made in.
 */
export class Tokens {
  readonly #hash: SipHash;
  readonly #input = new Uint8Array(4 + MAX_HOST_CHARS);

  /** @param rng must not be one that can be guessed */
  constructor(rng: Rng) {
    const key = new Uint8Array(16);
    for (let at = 0; at < 16; at += 4) writeU32(key, at, rng.u32());
    this.#hash = new SipHash(key);
  }

  issue(host: string, nowMs: number): Uint8Array {
    return this.#token(host, period(nowMs));
  }

  isValid(token: Uint8Array, host: string, nowMs: number): boolean {
    const now = period(nowMs);
    return bytesEqual(token, this.#token(host, now)) || bytesEqual(token, this.#token(host, now - 1));
  }

  #token(host: string, at: number): Uint8Array {
    const input = this.#input;
    const length = Math.min(host.length, MAX_HOST_CHARS);
    writeU32(input, 0, at);
    for (let i = 0; i < length; i++) input[4 + i] = host.charCodeAt(i);
    const token = new Uint8Array(TOKEN_BYTES);
    writeU32(token, 0, this.#hash.low32(input, 4 + length));
    return token;
  }
}

function period(nowMs: number): number {
  return Math.floor(nowMs / ROTATION_MS);
}
