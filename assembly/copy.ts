export function copy(toAt: usize, fromAt: usize, length: usize): void {
  memory.copy(toAt, fromAt, length);
}

export function fill(at: usize, byte: u8, length: usize): void {
  memory.fill(at, byte, length);
}
