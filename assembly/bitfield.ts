/** Reads go by whole vectors, as the padding of bitfields allows; writes end at `length` exactly. */

export function bitCount(at: usize, length: usize): u32 {
  let bits: u64 = 0;
  for (const end = at + length; at < end; at += 16) {
    bits += popcnt<u64>(load<u64>(at)) + popcnt<u64>(load<u64>(at, 8));
  }
  return <u32>bits;
}

export function bitAndNotCount(aAt: usize, bAt: usize, length: usize): u32 {
  let bits: u64 = 0;
  for (let i: usize = 0; i < length; i += 16) {
    bits += popcnt<u64>(load<u64>(aAt + i) & ~load<u64>(bAt + i));
    bits += popcnt<u64>(load<u64>(aAt + i, 8) & ~load<u64>(bAt + i, 8));
  }
  return <u32>bits;
}

export function bitAndNot(outAt: usize, aAt: usize, bAt: usize, length: usize): void {
  const whole = length & ~15;
  let i: usize = 0;
  for (; i < whole; i += 16) v128.store(outAt + i, v128.andnot(v128.load(aAt + i), v128.load(bAt + i)));
  for (; i < length; i++) store<u8>(outAt + i, load<u8>(aAt + i) & ~load<u8>(bAt + i));
}

export function bitIntersects(peerAt: usize, wantedAt: usize, length: usize): bool {
  for (let i: usize = 0; i < length; i += 16) {
    if (v128.any_true(v128.and(v128.load(peerAt + i), v128.load(wantedAt + i)))) return true;
  }
  return false;
}
