import { readU32, writeU32 } from '../engine/bytes.js';
import { SipHash } from '../engine/protocol/siphash.js';

/** A tracker takes an id for two minutes (BEP 15). */
const LIFETIME_SECONDS = 120;

/** An id from the future was guessed, or the clock was set back; without this bound a guess would last for ever. */
const AHEAD_SECONDS = 60;

/**
 * Connection ids that need no memory: u32 seconds, then 4 bytes of a keyed hash over those seconds and the address.
 * Only who receives at an address can learn an id for it, so a forged source gets no answer (aquatic's scheme).
 */
export class ConnectionIds {
  readonly #hash: SipHash;
  /** Seconds and address, what is hashed. */
  readonly #input = new Uint8Array(20);

  /** @param key 16 secret bytes, new for every process. */
  constructor(key: Uint8Array) {
    this.#hash = new SipHash(key);
  }

  /** Writes 8 bytes at `at`. `host` is 4 or 16 bytes; the port is left out, as NATs change it between packets. */
  issue(host: Uint8Array, nowSeconds: number, into: Uint8Array, at: number): void {
    writeU32(into, at, nowSeconds);
    writeU32(into, at + 4, this.#proof(host, nowSeconds >>> 0));
  }

  isValid(host: Uint8Array, nowSeconds: number, id: Uint8Array): boolean {
    const issued = readU32(id, 0);
    // Compared as one word, so the time that it takes tells nothing about the bytes.
    if ((readU32(id, 4) ^ this.#proof(host, issued)) !== 0) return false;
    const age = (nowSeconds >>> 0) - issued;
    return age < LIFETIME_SECONDS && age >= -AHEAD_SECONDS;
  }

  #proof(host: Uint8Array, seconds: number): number {
    writeU32(this.#input, 0, seconds);
    this.#input.set(host, 4);
    return this.#hash.low32(this.#input, 4 + host.length);
  }
}
