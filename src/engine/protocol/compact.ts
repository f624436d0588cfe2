import { readU16, writeU16 } from '../bytes.js';
import type { PeerAddress } from '../ids.js';

/** Bytes of a compact peer: address and port (BEP 23 for IPv4, BEP 7 for IPv6). */
export const COMPACT_BYTES = { 4: 6, 6: 18 } as const;

export type IpFamily = 4 | 6;

/** Of an IP literal. */
export function familyOf(host: string): IpFamily {
  return host.includes(':') ? 6 : 4;
}

/** An address as it is, but IPv4 inside IPv6 (::ffff:0:0/96, RFC 4291 section 2.5.5.2) as the 4 bytes that it stands for. */
export function unmapped(ip: Uint8Array): Uint8Array {
  const isMapped =
    ip.length === 16 && ip[10] === 0xff && ip[11] === 0xff && ip.subarray(0, 10).every(byte => byte === 0);
  return isMapped ? ip.subarray(12) : ip;
}

const DOT = 0x2e;

/**
 * Peers of a compact list; those with port 0 are left out.
 * @returns undefined when the length is no multiple of 6 (IPv4) or 18 (IPv6).
 */
export function decodeCompactPeers(bytes: Uint8Array, family: IpFamily): PeerAddress[] | undefined {
  const size = COMPACT_BYTES[family];
  if (bytes.length % size !== 0) return undefined;
  const peers: PeerAddress[] = [];
  for (let at = 0; at < bytes.length; at += size) {
    const port = readU16(bytes, at + size - 2);
    if (port !== 0) peers.push({ host: formatIp(bytes.subarray(at, at + size - 2)), port });
  }
  return peers;
}

/** Compact list of the peers of one family; those of the other, and hosts that are names, are left out. */
export function encodeCompactPeers(peers: Iterable<PeerAddress>, family: IpFamily): Uint8Array {
  const size = COMPACT_BYTES[family];
  const found: [Uint8Array, number][] = [];
  for (const { host, port } of peers) {
    const ip = parseIp(host);
    if (ip?.length === size - 2) found.push([ip, port]);
  }
  const bytes = new Uint8Array(found.length * size);
  found.forEach(([ip, port], i) => {
    bytes.set(ip, i * size);
    writeU16(bytes, i * size + size - 2, port);
  });
  return bytes;
}

/**
 * 4 or 16 bytes as text: dotted, or as RFC 5952 writes IPv6 (lower case, the longest run of zeros shortened).
 * @throws RangeError for any other length.
 */
export function formatIp(ip: Uint8Array): string {
  if (ip.length === 4) return `${ip[0]}.${ip[1]}.${ip[2]}.${ip[3]}`;
  if (ip.length !== 16) throw new RangeError(`an address of ${ip.length} bytes`);
  const words = Array.from({ length: 8 }, (_, i) => readU16(ip, i * 2));
  if (words[5] === 0xffff && words.slice(0, 5).every(word => word === 0)) {
    return `::ffff:${formatIp(ip.subarray(12))}`;
  }
  let best = 0;
  let bestLength = 1; // a single zero is not shortened
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && words[i + length] === 0) length++;
    if (length > bestLength) {
      best = i;
      bestLength = length;
    }
  }
  const text = (from: number, to: number) =>
    words
      .slice(from, to)
      .map(word => word.toString(16))
      .join(':');
  return bestLength === 1 ? text(0, 8) : `${text(0, best)}::${text(best + bestLength, 8)}`;
}

/** 4 or 16 bytes of an IP literal without brackets or zone; undefined when it is none. */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIp6(text) : parseIp4(text);
}

/** Character by character: the DHT does it for each node of each answer (1.0 µs with expressions, 0.1 so; Node 20). */
function parseIp4(text: string): Uint8Array | undefined {
  const ip = new Uint8Array(4);
  let part = 0;
  let value = 0;
  let digits = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : DOT;
    if (code >= 0x30 && code <= 0x39) {
      // No leading zeros: some readers take them for octal.
      if (digits > 0 && value === 0) return undefined;
      value = value * 10 + code - 0x30;
      digits++;
      if (value > 255) return undefined;
    } else {
      if (code !== DOT || digits === 0 || part === 4) return undefined;
      ip[part++] = value;
      value = 0;
      digits = 0;
    }
  }
  return part === 4 ? ip : undefined;
}

function parseIp6(text: string): Uint8Array | undefined {
  if (text.length > 45) return undefined;
  const tail = /:([\d.]*\.[\d.]*)$/.exec(text);
  if (tail) {
    const ip4 = parseIp4(tail[1]);
    if (!ip4) return undefined;
    const words = `${readU16(ip4, 0).toString(16)}:${readU16(ip4, 2).toString(16)}`;
    text = text.slice(0, -tail[1].length) + words;
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, rest] = halves.map(half => (half === '' ? [] : half.split(':')));
  const words = head.concat(rest ?? []);
  if (rest ? words.length > 7 : words.length !== 8) return undefined;
  if (!words.every(word => /^[0-9a-f]{1,4}$/i.test(word))) return undefined;
  const ip = new Uint8Array(16);
  head.forEach((word, i) => {
    writeU16(ip, i * 2, Number.parseInt(word, 16));
  });
  rest?.forEach((word, i) => {
    writeU16(ip, 16 - 2 * (rest.length - i), Number.parseInt(word, 16));
  });
  return ip;
}
