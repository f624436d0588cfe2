import type { PageDetail } from './source.js';
import type { PieceMap } from './wire.js';

/** As many as are drawn: what is left of a torrent with more pieces is 2.7 kB a second at most. */
export const MAX_GROUPS = 1024;

export function pieceMap({ count, have, availability }: PageDetail['pieces'], groups = MAX_GROUPS): PieceMap {
  const size = Math.min(count, groups);
  const shares = new Uint8Array(size);
  const copies = new Uint8Array(size);
  let haveCount = 0;
  for (let group = 0; group < size; group++) {
    const from = Math.floor((group * count) / size);
    const to = Math.floor(((group + 1) * count) / size);
    let here = 0;
    let rarest = 255;
    for (let piece = from; piece < to; piece++) {
      if ((have[piece >> 3] ?? 0) & (0x80 >> (piece & 7))) here++;
      else rarest = Math.min(rarest, availability[piece] ?? 0);
    }
    haveCount += here;
    shares[group] = shareByte(here, to - from);
    copies[group] = rarest;
  }
  return { count, haveCount, have: base64(shares), copies: base64(copies) };
}

/** 0 is none and 255 all of them; everything between is neither. */
function shareByte(here: number, all: number): number {
  if (here === 0 || here === all) return here === 0 ? 0 : 255;
  return Math.min(254, Math.max(1, Math.round((here / all) * 255)));
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
