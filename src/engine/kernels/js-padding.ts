/**
 * Writes what follows the whole blocks of a message (FIPS 180-4, 5.1.1) to `tail`: the rest of its bytes, a one bit,
 * zeros and the length in bits.
 * @returns blocks written: 1 or 2
 */
export function padTail(tail: DataView, memory: DataView, at: number, length: number): number {
  const rest = length & 63;
  const from = at + length - rest;
  const end = rest < 56 ? 64 : 128;
  for (let i = 0; i < rest; i++) tail.setUint8(i, memory.getUint8(from + i));
  tail.setUint8(rest, 0x80);
  for (let i = rest + 1; i < end - 8; i++) tail.setUint8(i, 0);
  tail.setInt32(end - 8, length >>> 29);
  tail.setInt32(end - 4, length << 3);
  return end >>> 6;
}
