/** The numbers in an array of twice the length, `least` at least. */
export function largerWhole(numbers: Int32Array, least = 0): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(Math.max(2 * numbers.length, least));
  grown.set(numbers);
  return grown;
}

/** The numbers in an array of twice the length. */
export function largerReal(numbers: Float64Array): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(2 * numbers.length);
  grown.set(numbers);
  return grown;
}
