/** Bytes as key of a map: one character a byte, made in one go, so that the text does not consist of parts. */
export function byteKey(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}
