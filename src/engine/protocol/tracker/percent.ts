/** Percent-escaping of raw bytes, as info_hash and peer_id travel in a query (BEP 3, RFC 3986). */

const ESCAPED = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return /[A-Za-z0-9\-._~]/.test(character)
    ? character
    : '%' + byte.toString(16).toUpperCase().padStart(2, '0');
});

/** Every byte but the unreserved characters of RFC 3986 becomes %XX; a space is %20, never +. */
export function escapeBytes(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += ESCAPED[bytes[i]];
  return text;
}

function hexDigit(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

/** Undoes the escaping; + stays +. Undefined for a broken escape, a character that is not ASCII, or too many bytes. */
export function unescapeBytes(text: string, maxBytes: number): Uint8Array | undefined {
  if (text.length > 3 * maxBytes) return undefined;
  const bytes = new Uint8Array(maxBytes);
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    if (length === maxBytes) return undefined;
    let code = text.charCodeAt(i);
    if (code > 0x7e) return undefined;
    if (code === 0x25) {
      const high = hexDigit(text.charCodeAt(i + 1));
      const low = hexDigit(text.charCodeAt(i + 2));
      if (high < 0 || low < 0) return undefined;
      code = (high << 4) | low;
      i += 2;
    }
    bytes[length++] = code;
  }
  return bytes.subarray(0, length);
}
