import { utf8 } from '../../src/engine/bytes.js';

/** A frame whose length prefix says what we like, whatever follows it. */
export function frame(prefix: number, ...body: number[]): Uint8Array {
  return Uint8Array.of(prefix >>> 24, prefix >>> 16, prefix >>> 8, prefix, ...body);
}

/** A message with an honest prefix. */
export function message(id: number, body: Uint8Array | readonly number[] = []): Uint8Array {
  return join(frame(1 + body.length, id), Uint8Array.from(body));
}

/** An extended message (BEP 10). */
export function extended(id: number, payload: Uint8Array | string): Uint8Array {
  return message(20, join(Uint8Array.of(id), typeof payload === 'string' ? utf8(payload) : payload));
}

export function u32(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  values.forEach((value, i) => void new DataView(bytes.buffer).setUint32(4 * i, value));
  return bytes;
}

export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** So many copies in a row. */
export function times(count: number, part: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(count * part.length);
  for (let i = 0; i < count; i++) bytes.set(part, i * part.length);
  return bytes;
}
