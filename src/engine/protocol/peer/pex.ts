import { MillraceError } from '../../errors.js';
import type { PeerAddress } from '../../ids.js';
import { type BDict, decodeDict, encode } from '../bencode.js';
import { COMPACT_BYTES, decodeCompactPeers, encodeCompactPeers, type IpFamily } from '../compact.js';

/** Name in `m` of the messages by which peers tell each other of further ones (BEP 11). */
export const UT_PEX = 'ut_pex';

/** Addresses told as new in one message, and as gone: BEP 11. The first message may have more, ours has not. */
export const MAX_PEX_PEERS = 50;

/** Addresses of each kind that are read of a message: libtorrent tells up to 100, others their first list whole. */
export const MAX_PEX_READ = 200;

/** Those of all lists with their flags, and room for keys that nobody knows yet. */
const LIMITS = { maxBytes: 64 * 1024, maxDepth: 4, maxTokens: 128, tolerant: true } as const;

/** What is said of a peer that is told of (BEP 11 `added.f`). */
export const PEX_FLAGS = {
  encryption: 0x01,
  seed: 0x02,
  utp: 0x04,
  holepunch: 0x08,
  reachable: 0x10,
} as const;

export interface PexPeer extends PeerAddress {
  /** Bits of `PEX_FLAGS`. */
  readonly flags: number;
}

export interface PexMessage {
  readonly added: readonly PexPeer[];
  /** Those that the sender is no longer connected with. */
  readonly dropped: readonly PeerAddress[];
}

/** Keys of the lists by family; the flags of `added6` are under `added6.f` as everybody writes it. */
const KEYS = { 4: ['added', 'added.f', 'dropped'], 6: ['added6', 'added6.f', 'dropped6'] } as const;
const FAMILIES: readonly IpFamily[] = [4, 6];

/** Payload of an extended message. Hosts must be IP literals; lists of a family without anybody are left out. */
export function encodePexMessage({ added, dropped }: PexMessage): Uint8Array {
  const dict: Record<string, Uint8Array | undefined> = {};
  for (const family of FAMILIES) {
    const [addedKey, flagsKey, droppedKey] = KEYS[family];
    const ofFamily = added.filter(({ host }) => host.includes(':') === (family === 6));
    dict[addedKey] = unlessEmpty(encodeCompactPeers(ofFamily, family));
    dict[flagsKey] = unlessEmpty(Uint8Array.from(ofFamily, ({ flags }) => flags));
    dict[droppedKey] = unlessEmpty(encodeCompactPeers(dropped, family));
  }
  return encode(dict);
}

/**
 * Reads the payload of an extended message. What is wrong with one list, its type or its length, leaves that list out;
 * flags that are missing are 0, as the BEP has them optional. No list is read beyond `MAX_PEX_READ`.
 * @throws MillraceError ERR_WIRE_MESSAGE when it is no bencoded dictionary within the limits
 */
export function decodePexMessage(payload: Uint8Array): PexMessage {
  const dict = readDict(payload);
  const added: PexPeer[] = [];
  const dropped: PeerAddress[] = [];
  for (const family of FAMILIES) {
    const [addedKey, flagsKey, droppedKey] = KEYS[family];
    const flags = dict.bytes(flagsKey);
    readPeers(dict.bytes(addedKey), family).forEach((peer, at) => {
      if (peer !== undefined) added.push({ ...peer, flags: flags?.[at] ?? 0 });
    });
    for (const peer of readPeers(dict.bytes(droppedKey), family)) if (peer !== undefined) dropped.push(peer);
  }
  return { added, dropped };
}

/** In their places, as the flags go by place; port 0 is nobody. */
function readPeers(bytes: Uint8Array | undefined, family: IpFamily): (PeerAddress | undefined)[] {
  const size = COMPACT_BYTES[family];
  if (bytes === undefined || bytes.length % size !== 0) return [];
  const count = Math.min(bytes.length / size, MAX_PEX_READ);
  return Array.from(
    { length: count },
    (_, at) => decodeCompactPeers(bytes.subarray(at * size, (at + 1) * size), family)?.[0],
  );
}

function readDict(payload: Uint8Array): BDict {
  try {
    return decodeDict(payload, LIMITS);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw new MillraceError('ERR_WIRE_MESSAGE', `${UT_PEX} message: ${error.message}`, error.facts, error);
  }
}

function unlessEmpty(bytes: Uint8Array): Uint8Array | undefined {
  return bytes.length === 0 ? undefined : bytes;
}
