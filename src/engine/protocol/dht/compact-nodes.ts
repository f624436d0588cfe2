import { readU16, writeU16 } from '../../bytes.js';
import { COMPACT_BYTES, formatIp, type IpFamily, parseIp } from '../compact.js';
import { type DhtContact, NODE_ID_BYTES } from './messages.js';

/** Bytes of a compact node: id, address, port (BEP 5 for IPv4, BEP 32 for IPv6). */
export const COMPACT_NODE_BYTES = {
  4: NODE_ID_BYTES + COMPACT_BYTES[4],
  6: NODE_ID_BYTES + COMPACT_BYTES[6],
} as const;

/**
 * The first `max` nodes of a compact list; those with port 0 are left out. Ids are views.
 * @returns undefined when the length is no multiple of 26 (IPv4) or 38 (IPv6).
 */
export function decodeCompactNodes(
  bytes: Uint8Array,
  family: IpFamily,
  max = Infinity,
): DhtContact[] | undefined {
  const size = COMPACT_NODE_BYTES[family];
  if (bytes.length % size !== 0) return undefined;
  const nodes: DhtContact[] = [];
  for (let at = 0; at < bytes.length && nodes.length < max; at += size) {
    const address = at + NODE_ID_BYTES;
    const port = readU16(bytes, at + size - 2);
    if (port === 0) continue;
    const host = formatIp(bytes.subarray(address, at + size - 2));
    nodes.push({ id: bytes.subarray(at, address), host, port });
  }
  return nodes;
}

/** Compact list of the nodes of one family; those of the other, and hosts that are names, are left out. */
export function encodeCompactNodes(nodes: readonly DhtContact[], family: IpFamily): Uint8Array {
  const size = COMPACT_NODE_BYTES[family];
  const bytes = new Uint8Array(nodes.length * size);
  let at = 0;
  for (const node of nodes) {
    const compact = node.compact ?? compactNode(node);
    if (compact?.length !== size) continue;
    bytes.set(compact, at);
    at += size;
  }
  return bytes.subarray(0, at);
}

/** Undefined when the host is no IP address. */
export function compactNode({ id, host, port }: DhtContact): Uint8Array | undefined {
  const ip = parseIp(host);
  if (ip === undefined) return undefined;
  const compact = new Uint8Array(NODE_ID_BYTES + ip.length + 2);
  compact.set(id);
  compact.set(ip, NODE_ID_BYTES);
  writeU16(compact, NODE_ID_BYTES + ip.length, port);
  return compact;
}
