/**
 * Text from a torrent or a peer, safe for a terminal: control characters (C0, DEL, C1) and the marks that turn the
 * direction of text around are written as `\u{..}`, so a name can neither move the cursor nor disguise itself.
 */
export function safeText(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu,
    char => `\\u{${char.codePointAt(0)!.toString(16)}}`,
  );
}
