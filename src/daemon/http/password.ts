import { createHmac, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Uint8Array, number, ScryptOptions, Buffer>(scrypt);

/** OWASP Password Storage Cheat Sheet: N 2^15, r 8, p 3, which takes 32 MiB. */
const COST = { N: 2 ** 15, r: 8, p: 3, maxmem: 64 * 1024 * 1024 };
const SALT_BYTES = 16;
const KEY_BYTES = 32;
const STORED = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** The form in which a configuration file holds a password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, KEY_BYTES, COST);
  const { N, r, p } = COST;
  return `$scrypt$ln=${Math.log2(N)},r=${r},p=${p}$${base64(salt)}$${base64(key)}`;
}

/** Passwords that wait for their scrypt: a flood of wrong ones is not heard to its end. */
const MAX_WAITING = 16;

/** A user's name and password, hashed or plain. What was right is known by a digest, so that it costs no scrypt again. */
export class Credentials {
  readonly #key = randomBytes(32);
  readonly #user: string;
  readonly #stored: string;
  #known: Buffer | undefined;
  /** One at a time: each takes 32 MiB and a tenth of a second. */
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(user: string, stored: string) {
    this.#user = user;
    this.#stored = stored;
  }

  /** Of an Authorization header with the scheme Basic (RFC 7617). `busy`: too many others are being looked at. */
  async accepts(header: string | undefined): Promise<boolean | 'busy'> {
    const encoded = /^Basic +([A-Za-z0-9+/=]{0,1024})$/i.exec(header ?? '')?.[1];
    if (encoded === undefined) return false;
    const digest = this.#digest(encoded);
    if (this.#known !== undefined && timingSafeEqual(digest, this.#known)) return true;
    const text = Buffer.from(encoded, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon < 0) return false;
    if (this.#waiting === MAX_WAITING) return 'busy';
    this.#waiting++;
    const check = this.#last.then(() => this.#check(text.slice(0, colon), text.slice(colon + 1)));
    this.#last = check.catch(() => {});
    const right = await check.finally(() => this.#waiting--);
    if (right) this.#known = digest;
    return right;
  }

  async #check(user: string, password: string): Promise<boolean> {
    const match = STORED.exec(this.#stored);
    const sameUser = this.#same(user, this.#user);
    if (match === null) return this.#same(password, this.#stored) && sameUser;
    const [, ln, r, p, salt, key] = match;
    const wanted = Buffer.from(key, 'base64');
    const cost = { N: 2 ** Number(ln), r: Number(r), p: Number(p), maxmem: COST.maxmem };
    const derived = await derive(password, Buffer.from(salt, 'base64'), wanted.length, cost);
    return timingSafeEqual(derived, wanted) && sameUser;
  }

  /** In a time that does not depend on where they differ. */
  #same(a: string, b: string): boolean {
    return timingSafeEqual(this.#digest(a), this.#digest(b));
  }

  #digest(text: string): Buffer {
    return createHmac('sha256', this.#key).update(text).digest();
  }
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
