/** Announces of local service discovery (BEP 14): a packet of HTTP-like lines to a multicast group. */
import { latin1, utf8 } from '../bytes.js';
import { formatAddress, type InfoHash, type PeerAddress } from '../ids.js';
import type { IpFamily } from './compact.js';

/** Where announces go, by family (BEP 14). */
export const LSD_GROUPS: Readonly<Record<IpFamily, PeerAddress>> = {
  4: { host: '239.192.152.143', port: 6771 },
  6: { host: 'ff15::efc0:988f', port: 6771 },
};

/** BEP 14: packets should be no longer, so that none is split on its way. */
export const MAX_LSD_BYTES = 1400;

/** What is read of others: a whole frame of Ethernet, as some fill it. */
export const MAX_LSD_READ_BYTES = 1500;

/** `Infohash: `, 40 digits and the end of the line. */
const INFO_HASH_BYTES = 52;

/** So many info-hashes fit into a packet, with either group, any port and a cookie of 40 characters. */
export const LSD_INFO_HASHES = 24;

export interface LsdAnnounce {
  /** Where the sender listens, at the address that the packet comes from. */
  readonly port: number;
  /** At least one. */
  readonly infoHashes: readonly InfoHash[];
  /** By it senders know their own packets, which come back to them. */
  readonly cookie?: string;
}

/** As few packets as hold all info-hashes, none longer than 1400 bytes. */
export function encodeLsdAnnounces(
  { port, infoHashes, cookie }: LsdAnnounce,
  family: IpFamily,
): Uint8Array[] {
  const group = formatAddress(LSD_GROUPS[family]);
  const head = `BT-SEARCH * HTTP/1.1\r\nHost: ${group}\r\nPort: ${port}\r\n`;
  const tail = `${cookie === undefined ? '' : `cookie: ${cookie}\r\n`}\r\n\r\n`;
  const room = Math.floor((MAX_LSD_BYTES - head.length - tail.length) / INFO_HASH_BYTES);
  if (room < 1) throw new RangeError(`a cookie of ${cookie?.length} characters`);
  const packets: Uint8Array[] = [];
  for (let at = 0; at < infoHashes.length; at += room) {
    const lines = infoHashes.slice(at, at + room).map(hash => `Infohash: ${hash.toUpperCase()}\r\n`);
    packets.push(utf8(head + lines.join('') + tail));
  }
  return packets;
}

/**
 * Reads one packet as liberally as it can be understood: names of headers in any case, lines that end without a
 * carriage return, unknown headers and damaged info-hashes passed over.
 * @returns undefined for what is no announce, or has no port or no info-hash.
 */
export function decodeLsdAnnounce(packet: Uint8Array): LsdAnnounce | undefined {
  if (packet.length > MAX_LSD_READ_BYTES) return undefined;
  const [request, ...lines] = latin1(packet).split(/\r?\n/);
  if (!/^BT-SEARCH \* HTTP\/1\.\d[ \t]*$/i.test(request)) return undefined;
  let port: number | undefined;
  let cookie: string | undefined;
  const infoHashes = new Set<InfoHash>();
  for (const line of lines) {
    if (line === '') break; // the end of the headers
    const colon = line.indexOf(':');
    const value = line.slice(colon + 1).trim();
    switch (line.slice(0, Math.max(0, colon)).trim().toLowerCase()) {
      case 'port':
        port ??= readPort(value);
        break;
      case 'infohash':
        if (/^[0-9a-f]{40}$/i.test(value)) infoHashes.add(value.toLowerCase());
        break;
      case 'cookie':
        cookie ??= value;
    }
  }
  return port === undefined || infoHashes.size === 0
    ? undefined
    : { port, infoHashes: [...infoHashes], ...(cookie === undefined ? {} : { cookie }) };
}

function readPort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65535 ? port : undefined;
}
