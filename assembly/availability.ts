import { expandBits } from './lanes';

/** Counts are changed eight at a time; bytes of the bitfield without a bit are skipped, sixteen at a time. */
export function availabilityAdd(countsAt: usize, bitsAt: usize, pieces: u32): void {
  const end = bitsAt + ((pieces + 7) >>> 3);
  for (let base = bitsAt; base < end; base += 16, countsAt += 256) {
    if (!v128.any_true(v128.load(base))) continue;
    for (let i: usize = 0; i < 16; i++) {
      const byte = load<u8>(base + i);
      if (!byte) continue;
      const at = countsAt + 16 * i;
      // a set lane is -1, so its shift is +1
      v128.store(at, i16x8.add_sat_u(v128.load(at), i16x8.shr_u(expandBits(byte), 15)));
    }
  }
}

export function availabilityRemove(countsAt: usize, bitsAt: usize, pieces: u32): void {
  const end = bitsAt + ((pieces + 7) >>> 3);
  for (let base = bitsAt; base < end; base += 16, countsAt += 256) {
    if (!v128.any_true(v128.load(base))) continue;
    for (let i: usize = 0; i < 16; i++) {
      const byte = load<u8>(base + i);
      if (!byte) continue;
      const at = countsAt + 16 * i;
      v128.store(at, i16x8.sub_sat_u(v128.load(at), i16x8.shr_u(expandBits(byte), 15)));
    }
  }
}

export function availabilityAddOne(countsAt: usize, piece: u32): void {
  const at = countsAt + ((<usize>piece) << 1);
  const count = load<u16>(at);
  if (count < 0xffff) store<u16>(at, count + 1);
}
