import { concatBytes, utf8 } from '../../bytes.js';
import { decode } from '../bencode.js';
import { MAX_SALT_BYTES, MAX_VALUE_BYTES, PACKET_LIMITS } from './limits.js';
import type { DhtItem } from './messages.js';

type Sha1 = (bytes: Uint8Array) => Uint8Array;
type Verify = (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => boolean;

/** Where an item is stored (BEP 44): the hash of its value, or of key and salt. */
export function itemTarget({ value, mutable }: DhtItem, sha1: Sha1): Uint8Array {
  return mutable ? mutableTarget(mutable.key, mutable.salt, sha1) : sha1(value);
}

export function mutableTarget(key: Uint8Array, salt: Uint8Array | undefined, sha1: Sha1): Uint8Array {
  return sha1(salt?.length ? concatBytes([key, salt]) : key);
}

/** What is signed (BEP 44): the items of the message but key and signature, as they stand in it. An empty salt is none. */
export function signedBytes(value: Uint8Array, seq: number, salt?: Uint8Array): Uint8Array {
  const head = salt?.length ? [utf8(`4:salt${salt.length}:`), salt] : [];
  return concatBytes([...head, utf8(`3:seqi${seq}e1:v`), value]);
}

/** Whether the owner of the key signed it. An immutable item has none: its target is the proof. */
export function verifyItem({ value, mutable }: DhtItem, verify: Verify): boolean {
  if (mutable === undefined) return true;
  const { key, salt, seq, signature } = mutable;
  return verify(key, signedBytes(value, seq, salt), signature);
}

/** One bencoded value, its keys in order, and nothing behind it: others must not be stored (BEP 44). */
export function isItemValue(value: Uint8Array): boolean {
  try {
    decode(value, { ...PACKET_LIMITS, maxBytes: MAX_VALUE_BYTES, tolerant: false });
    return true;
  } catch {
    return false;
  }
}

/**
 * For items that are to be put.
 * @throws RangeError for a value that is none or longer than 1000 bytes, and for a salt longer than 64
 */
export function checkItem(value: Uint8Array, salt?: Uint8Array): void {
  if (value.length > MAX_VALUE_BYTES)
    throw new RangeError(`a value of the DHT has ${value.length} bytes, must be at most ${MAX_VALUE_BYTES}`);
  if (!isItemValue(value)) throw new RangeError('a value of the DHT is not bencoded');
  if (salt && salt.length > MAX_SALT_BYTES)
    throw new RangeError(`a salt of the DHT has ${salt.length} bytes, must be at most ${MAX_SALT_BYTES}`);
}
