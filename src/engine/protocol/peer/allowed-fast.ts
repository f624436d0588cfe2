import { fromHex, readU32, writeU32 } from '../../bytes.js';
import type { InfoHash } from '../../ids.js';
import { parseIp } from '../compact.js';

/** Size of the set that BEP 6 names. */
export const ALLOWED_FAST_PIECES = 10;

/**
 * Pieces that a peer at this address may request while it is choked (BEP 6, "Allowed Fast Set Generation"): the
 * same for all of its /24, so that it gains nothing by reconnecting. The BEP defines none for IPv6: empty.
 *
 * The sample of the BEP draws for ever when the torrent has fewer than `k` pieces; here `k` is cut to the count, and
 * the draws are bounded.
 */
export function allowedFastSet(
  sha1: (bytes: Uint8Array) => Uint8Array,
  infoHash: InfoHash,
  host: string,
  pieceCount: number,
  k: number = ALLOWED_FAST_PIECES,
): number[] {
  const ip = parseIp(host);
  if (ip?.length !== 4) return [];
  const wanted = Math.min(k, pieceCount);
  const set = new Set<number>();
  let x = new Uint8Array(24);
  writeU32(x, 0, (readU32(ip, 0) & 0xffffff00) >>> 0);
  x.set(fromHex(infoHash), 4);
  // Five draws a hash: far more than the coupon collector needs for any sensible k, yet an end.
  for (let draws = 0; set.size < wanted && draws < 64 * wanted; draws += 5) {
    x = new Uint8Array(sha1(x));
    for (let i = 0; i < 5 && set.size < wanted; i++) set.add(readU32(x, i * 4) % pieceCount);
  }
  return [...set];
}
