import { parseIp } from '../engine/protocol/compact.js';

/**
 * Writes a dotted IPv4 address, as the system prints it, and tells whether it was one. Once a packet: parsing by
 * character makes no garbage.
 */
export function writeIp4(text: string, into: Uint8Array): boolean {
  let value = 0;
  let digits = 0;
  let part = 0;
  for (let i = 0; i <= text.length; i++) {
    const digit = i < text.length ? text.charCodeAt(i) - 0x30 : -2;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      if (++digits > 3 || value > 255) return false;
    } else {
      // '.' is 0x2e, so -2 here; the end of the text counts as one more.
      if (digit !== -2 || digits === 0 || part > 3) return false;
      into[part++] = value;
      value = 0;
      digits = 0;
    }
  }
  return part === 4;
}

/** Bytes of an address as the system prints it, without its zone; IPv4 mapped into IPv6 counts as IPv4. */
export function hostBytes(text: string): Uint8Array | undefined {
  const zone = text.indexOf('%');
  const ip = parseIp(zone < 0 ? text : text.slice(0, zone));
  if (ip?.length !== 16) return ip;
  for (let i = 0; i < 10; i++) if (ip[i] !== 0) return ip;
  return ip[10] === 0xff && ip[11] === 0xff ? ip.slice(12) : ip;
}
