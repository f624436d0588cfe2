// What a link is told so that TCP gets the stated rate of payload through it.

/** Ethernet (RFC 894). */
export const MTU = 1500;

/** Of a full segment: Ethernet 14 (what a queueing discipline counts, no preamble, no checksum), IPv4 20, TCP 20. */
const HEADER_BYTES = 14 + 20 + 20;
/** Linux sends timestamps with every segment (RFC 7323, 10 bytes and 2 of padding). */
const TIMESTAMP_BYTES = 12;

const FRAME_BYTES = MTU + 14;
const PAYLOAD_BYTES = FRAME_BYTES - HEADER_BYTES - TIMESTAMP_BYTES;

/** What a link carries for one byte of payload: 1514 / 1448. */
export const OVERHEAD = FRAME_BYTES / PAYLOAD_BYTES;

/**
 * Seconds of the rate that the bucket holds. What a busy machine is late by is caught up from the bucket, else it is
 * lost; and a file begins that much ahead, 40 KB at 2 MB/s.
 */
const BURST_SECONDS = 0.02;
/** Seconds of the rate that may queue before packets are dropped: a home router's, not a bloated one's. */
const QUEUE_SECONDS = 0.1;
/** Slow links too can hold some whole packets. */
const MIN_PACKETS = 10;

/** `tc tbf` for so many bytes of payload a second. @param {number} rate */
export function tokenBucket(rate) {
  const wire = rate * OVERHEAD;
  const burst = Math.ceil(Math.max(2 * FRAME_BYTES, wire * BURST_SECONDS));
  const limit = burst + Math.ceil(Math.max(MIN_PACKETS * FRAME_BYTES, wire * QUEUE_SECONDS));
  return `tbf rate ${Math.round(wire * 8)}bit burst ${burst} limit ${limit}`;
}

/**
 * Commands for `tc -batch` that shape what leaves by a device.
 * @param {string} device @param {{ rate: number, delayMs?: number }} link rate 0 is unlimited
 */
export function shape(device, { rate, delayMs = 0 }) {
  const lines = [];
  if (rate > 0) lines.push(`qdisc add dev ${device} root handle 1: ${tokenBucket(rate)}`);
  // Behind a bucket the delay is its queue; it must have room for all that is on its way.
  const place = rate > 0 ? 'parent 1:1' : 'root';
  if (delayMs > 0) lines.push(`qdisc add dev ${device} ${place} netem delay ${delayMs}ms limit 100000`);
  return lines;
}
