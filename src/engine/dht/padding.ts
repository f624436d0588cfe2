import { utf8 } from '../bytes.js';

/** Longest padding: an item of the DHT and what comes with it ask for less. */
const MAX_BYTES = 700;

/** `1:z`, and a length with its colon; `z` comes after all keys of a packet. */
const KEY_BYTES = 6;

const HEADS = Array.from({ length: MAX_BYTES + 1 }, (_, bytes) => utf8(`1:z${bytes}:`));

/**
 * The packet with a last key of no meaning, so that it has at least so many bytes. Nodes that do not know yet whether
 * our address is forged answer no more than twice as much as they were asked, and 8 nodes have to fit into that.
 */
export function padPacket(packet: Uint8Array, leastBytes: number): Uint8Array {
  const lacking = leastBytes - packet.length;
  if (lacking <= 0) return packet;
  const count = Math.min(MAX_BYTES, Math.max(0, lacking - KEY_BYTES));
  const head = HEADS[count];
  const end = packet.length - 1;
  const padded = new Uint8Array(end + head.length + count + 1);
  padded.set(packet.subarray(0, end));
  padded.set(head, end);
  padded[padded.length - 1] = packet[end];
  return padded;
}
