import { compareBytes, concatBytes, writeU16 } from '../bytes.js';
import type { PeerAddress } from '../ids.js';
import { parseIp } from '../protocol/compact.js';
import { crc32c } from '../protocol/crc32c.js';

/** What of an address counts when two begin otherwise, and what of the bits behind that does (BEP 40). */
const LEAST_BYTES = { 4: 2, 16: 6 };
const MASK = 0x55;

/**
 * Priority of the connection between two peers (BEP 40): the same at both ends, and a matter of chance for everybody
 * else. The higher is kept where there are too many, which makes the swarm a random graph whose sides agree. Undefined
 * for hosts that are no IP literals, or not of one family.
 */
export function peerPriority(a: PeerAddress, b: PeerAddress): number | undefined {
  const bytes = hashed(a, b);
  return bytes && crc32c(bytes);
}

/** The bytes that are hashed: both ports when the addresses are the same, else both addresses, the smaller first. */
export function hashed(a: PeerAddress, b: PeerAddress): Uint8Array | undefined {
  const [ipA, ipB] = [parseIp(a.host), parseIp(b.host)];
  if (ipA === undefined || ipB?.length !== ipA.length) return undefined;
  const shared = ipA.findIndex((byte, at) => byte !== ipB[at]);
  if (shared < 0) return sorted(portBytes(a), portBytes(b));
  const whole = Math.max(LEAST_BYTES[ipA.length as 4 | 16], shared + 1);
  const masked = (ip: Uint8Array) => ip.map((byte, at) => (at < whole ? byte : byte & MASK));
  return sorted(masked(ipA), masked(ipB));
}

function portBytes({ port }: PeerAddress): Uint8Array {
  const bytes = new Uint8Array(2);
  writeU16(bytes, 0, port);
  return bytes;
}

function sorted(a: Uint8Array, b: Uint8Array): Uint8Array {
  return concatBytes(compareBytes(a, b) <= 0 ? [a, b] : [b, a]);
}
