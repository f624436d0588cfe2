import { readU16 } from '../../bytes.js';
import { parseIp } from '../compact.js';
import { crc32c } from '../crc32c.js';
import { NODE_ID_BYTES } from './messages.js';

/** Bits of an address that choose the id (BEP 42): few enough of a network's own that it cannot choose where to sit. */
const MASK4 = Uint8Array.of(0x03, 0x0f, 0x3f, 0xff);
const MASK6 = Uint8Array.of(0x01, 0x03, 0x07, 0x0f, 0x1f, 0x3f, 0x7f, 0xff);

/** Only 21 bits of the id are bound: 16, and these of the third byte. */
const THIRD_BYTE = 0xf8;

/**
 * The id that a node at this address may have (BEP 42): its first 21 bits come from the address and from the last three
 * of `random`, all others are those of `random`.
 * @param random 20 bytes
 * @throws RangeError for a host that is no IP address
 */
export function nodeIdFor(host: string, random: Uint8Array): Uint8Array {
  const ip = plainIp(host);
  if (ip === undefined) throw new RangeError(`${host} is not an IP address`);
  const id = random.slice(0, NODE_ID_BYTES);
  const crc = idPrefix(ip, id[NODE_ID_BYTES - 1]);
  id[0] = crc >>> 24;
  id[1] = crc >>> 16;
  id[2] = ((crc >>> 8) & THIRD_BYTE) | (id[2] & ~THIRD_BYTE);
  return id;
}

/** Whether a node at this address may have this id (BEP 42): in local networks any. False when the host is no address. */
export function isNodeIdFor(host: string, id: Uint8Array): boolean {
  const ip = plainIp(host);
  if (ip === undefined) return false;
  if (isExempt(ip)) return true;
  const crc = idPrefix(ip, id[NODE_ID_BYTES - 1]);
  return readU16(id, 0) === crc >>> 16 && ((id[2] ^ (crc >>> 8)) & THIRD_BYTE) === 0;
}

/** As the BEP's own code and examples have it: an IPv4 address counts with four bytes, not with eight as its text says. */
function idPrefix(ip: Uint8Array, lastByte: number): number {
  const mask = ip.length === 4 ? MASK4 : MASK6;
  const bound = mask.map((bits, i) => ip[i] & bits);
  bound[0] |= (lastByte & 7) << 5;
  return crc32c(bound);
}

/**
 * Addresses that mean something in a local network only: nobody outside knows them, so no id follows from them. 10/8, 172.16/12, 192.168/16, 169.254/16, 127/8 (BEP 42),
 * and what they are in IPv6 (RFC 4193, RFC 4291).
 */
function isExempt(ip: Uint8Array): boolean {
  const [a, b] = ip;
  if (ip.length === 4) {
    if (a === 10 || a === 127) return true;
    return (a === 172 && b >> 4 === 1) || (a === 192 && b === 168) || (a === 169 && b === 254);
  }
  if (a >> 1 === 0x7e || (a === 0xfe && b >> 6 === 2)) return true;
  return ip[15] === 1 && ip.subarray(0, 15).every(byte => byte === 0);
}

/** Without a zone; an IPv4 address that is written as one of IPv6 (RFC 4291, section 2.5.5.2) is one of IPv4. */
function plainIp(host: string): Uint8Array | undefined {
  const zone = host.indexOf('%');
  const ip = parseIp(zone < 0 ? host : host.slice(0, zone));
  const mapped =
    ip?.length === 16 && readU16(ip, 10) === 0xffff && ip.subarray(0, 10).every(byte => byte === 0);
  return mapped ? ip.subarray(12) : ip;
}
