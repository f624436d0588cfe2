/**
 * Writes what follows the whole blocks of a message (FIPS 180-4, 5.1.1): the rest of its bytes, a one bit, zeros and
 * the length in bits.
 * @returns blocks written: 1 or 2
 */
export function padTail(toAt: usize, at: usize, length: u32): u32 {
  const rest = length & 63;
  const blocks: u32 = rest < 56 ? 1 : 2;
  const end = toAt + (blocks << 6);
  memory.copy(toAt, at + (length - rest), rest);
  store<u8>(toAt + rest, 0x80);
  memory.fill(toAt + rest + 1, 0, end - 8 - (toAt + rest + 1));
  store<u64>(end - 8, bswap<u64>((<u64>length) << 3));
  return blocks;
}
