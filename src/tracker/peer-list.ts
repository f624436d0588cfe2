import { readU32 } from '../engine/bytes.js';

export const PEER_ID_BYTES = 20;

/** First allocation; most swarms of an open tracker stay below. */
const FIRST_CAPACITY = 2;

/** Shared by all lists that hold nobody, which is half of them. */
const NO_BYTES = new Uint8Array(0);
const NO_WORDS = new Uint32Array(0);

/**
 * Peers of one kind in one swarm, as columns. The addresses lie in compact form one behind the other, so that a reply
 * is a copy of a range. Order has no meaning: the last one takes the place of one that goes.
 */
export class PeerList {
  count = 0;
  addresses: Uint8Array = NO_BYTES;
  peerIds: Uint8Array = NO_BYTES;
  /** Second of the last announce. */
  seen: Uint32Array = NO_WORDS;

  /** @param stride bytes an address: 6 or 18. */
  constructor(readonly stride: number) {}

  push(address: Uint8Array, peerId: Uint8Array, nowSeconds: number): void {
    if (this.count === this.seen.length) this.#resize(Math.max(FIRST_CAPACITY, 2 * this.count));
    this.addresses.set(address, this.count * this.stride);
    this.peerIds.set(peerId, this.count * PEER_ID_BYTES);
    this.seen[this.count++] = nowSeconds;
  }

  indexOf(address: Uint8Array): number {
    const { addresses, stride, count } = this;
    next: for (let i = 0, at = 0; i < count; i++, at += stride) {
      for (let j = stride - 1; j >= 0; j--) if (addresses[at + j] !== address[j]) continue next;
      return i;
    }
    return -1;
  }

  swap(i: number, j: number): void {
    if (i === j) return;
    swapRanges(this.addresses, i, j, this.stride);
    swapRanges(this.peerIds, i, j, PEER_ID_BYTES);
    const seen = this.seen[i];
    this.seen[i] = this.seen[j];
    this.seen[j] = seen;
  }

  /** Removes the last one; gives memory back when three quarters stand empty. */
  pop(): void {
    this.count--;
    if (this.seen.length > 8 && this.count < this.seen.length / 4) this.#resize(this.seen.length / 2);
  }

  /** The address as a key of a Map: a number for 6 bytes (exact, 48 bits), text for 18. */
  keyAt(i: number): number | string {
    return addressKey(this.addresses, i * this.stride, this.stride);
  }

  #resize(capacity: number): void {
    this.addresses = resized(this.addresses, new Uint8Array(capacity * this.stride));
    this.peerIds = resized(this.peerIds, new Uint8Array(capacity * PEER_ID_BYTES));
    this.seen = resized(this.seen, new Uint32Array(capacity));
  }
}

export function addressKey(bytes: Uint8Array, at: number, stride: number): number | string {
  if (stride === 6) return readU32(bytes, at) * 0x1_0000 + ((bytes[at + 4] << 8) | bytes[at + 5]);
  let key = '';
  for (let i = at; i < at + stride; i += 2) key += String.fromCharCode((bytes[i] << 8) | bytes[i + 1]);
  return key;
}

function resized<T extends Uint8Array | Uint32Array>(from: T, into: T): T {
  into.set(from.length > into.length ? from.subarray(0, into.length) : from);
  return into;
}

function swapRanges(bytes: Uint8Array, i: number, j: number, stride: number): void {
  for (let a = i * stride, b = j * stride, end = a + stride; a < end; a++, b++) {
    const byte = bytes[a];
    bytes[a] = bytes[b];
    bytes[b] = byte;
  }
}
