import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import type { DhtCrypto } from '../dht/ports.js';
import type { Rng } from '../policy/rng.js';

/** What comes before the 32 bytes of a key in its DER form (RFC 8410, section 4 and 7). */
const PUBLIC_HEAD = Buffer.from('302a300506032b6570032100', 'hex');
const SECRET_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

const KEY_BYTES = 32;

/** Hashes and ed25519 signatures (BEP 44) by `node:crypto`. */
export const dhtCrypto: DhtCrypto = {
  sha1: bytes => createHash('sha1').update(bytes).digest(),
  verify(publicKey, message, signature) {
    try {
      return verify(null, message, publicKeyObject(publicKey), signature);
    } catch {
      return false; // of a length that no key has, or no point of the curve
    }
  },
};

export interface DhtKeys {
  /** 32 bytes. */
  readonly publicKey: Uint8Array;
  /** The seed of RFC 8032, 32 bytes. */
  readonly secretKey: Uint8Array;
}

/** Keys for mutable items, by default new ones. @throws RangeError for a secret key that is not 32 bytes */
export function createDhtKeys(secretKey: Uint8Array = randomBytes(KEY_BYTES)): DhtKeys {
  const { x } = createPublicKey(secretKeyObject(secretKey)).export({ format: 'jwk' });
  return { publicKey: new Uint8Array(Buffer.from(x!, 'base64url')), secretKey: new Uint8Array(secretKey) };
}

/** @returns 64 bytes. @throws RangeError for a secret key that is not 32 bytes */
export function signWith(secretKey: Uint8Array, message: Uint8Array): Uint8Array {
  return new Uint8Array(sign(null, message, secretKeyObject(secretKey)));
}

function publicKeyObject(bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([PUBLIC_HEAD, bytes]), format: 'der', type: 'spki' });
}

function secretKeyObject(bytes: Uint8Array): KeyObject {
  if (bytes.length !== KEY_BYTES)
    throw new RangeError(`a secret key is ${bytes.length} bytes, must be ${KEY_BYTES}`);
  return createPrivateKey({ key: Buffer.concat([SECRET_HEAD, bytes]), format: 'der', type: 'pkcs8' });
}

/** Numbers that are drawn from the system at once. */
const POOL_WORDS = 256;

/** Dice that nobody can guess: node ids, transactions and tokens must not be (BEP 5, and `Security` of BEP 44). */
export function createSecretRng(): Rng {
  const pool = new Uint32Array(POOL_WORDS);
  let used = POOL_WORDS;
  const u32 = () => {
    if (used === POOL_WORDS) {
      crypto.getRandomValues(pool);
      used = 0;
    }
    return pool[used++];
  };
  const fraction = () => u32() / 0x1_0000_0000;
  return { u32, fraction, below: bound => Math.floor(fraction() * bound) };
}
