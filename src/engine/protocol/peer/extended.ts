import { fromUtf8, readU32, writeU32 } from '../../bytes.js';
import { MillraceError } from '../../errors.js';
import { type BDict, decodeDict, encode } from '../bencode.js';
import { formatIp, parseIp } from '../compact.js';
import { MAX_BLOCK_BYTES } from './messages.js';

/** Extension id of the handshake itself (BEP 10). */
export const EXTENDED_HANDSHAKE_ID = 0;

/** Name in `m` of the message that takes a have back (BEP 54). */
export const DONT_HAVE = 'lt_donthave';

/** A handshake of a client that knows everything is under 1 KiB; deeper than 2 it never needs to be. */
const LIMITS = { maxBytes: 64 * 1024, maxDepth: 8, maxTokens: 4096, tolerant: true } as const;
const MAX_EXTENSIONS = 64;
const MAX_VERSION_CHARACTERS = 64;

/** What the extension handshake tells (BEP 10). All of it is optional. */
export interface ExtendedHandshake {
  /** `m`: name of each extension and the id under which its sender wants it; 0 turns it off. */
  readonly extensions: ReadonlyMap<string, number>;
  /** `v`: client and version. When read: printable, at most 64 characters. */
  readonly version?: string;
  /** `reqq`: requests that the sender takes without dropping any, at least 1. */
  readonly reqq?: number;
  /** `p`: port on which the sender listens. */
  readonly port?: number;
  /** `yourip`: the receiver's address as the sender sees it. */
  readonly yourIp?: string;
  /** `ipv4` and `ipv6`: further addresses of the sender. */
  readonly ip4?: string;
  readonly ip6?: string;
  /** `upload_only`: wants nothing, now or later (BEP 21). */
  readonly uploadOnly?: boolean;
  /** `metadata_size`: bytes of the info dictionary (BEP 9). */
  readonly metadataBytes?: number;
  /** `max_block`: bytes that the sender takes as one request and sends as one block; millrace only, others take 16 KiB. */
  readonly maxBlockBytes?: number;
}

/** Payload of extended message 0. An address that is no IP literal, or of the wrong family, is left out. */
export function encodeExtendedHandshake(handshake: ExtendedHandshake): Uint8Array {
  const { extensions, version, reqq, port, yourIp, ip4, ip6 } = handshake;
  const { uploadOnly, metadataBytes, maxBlockBytes } = handshake;
  return encode({
    m: extensions,
    v: version,
    reqq,
    p: port,
    yourip: yourIp === undefined ? undefined : parseIp(yourIp),
    ipv4: addressBytes(ip4, 4),
    ipv6: addressBytes(ip6, 16),
    upload_only: uploadOnly === undefined ? undefined : Number(uploadOnly),
    metadata_size: metadataBytes,
    max_block: maxBlockBytes,
  });
}

/**
 * Reads the payload of extended message 0. A field of the wrong type or out of bounds is as if it were not there;
 * unsorted keys and bytes after the dictionary are let pass, as clients in the field write them.
 * @throws MillraceError ERR_WIRE_MESSAGE when it is no bencoded dictionary within the limits.
 */
export function decodeExtendedHandshake(payload: Uint8Array): ExtendedHandshake {
  const dict = readDict(payload);
  const version = dict.text('v');
  const yourIp = dict.bytes('yourip');
  return {
    extensions: readExtensions(dict.dict('m')),
    version: version === undefined ? undefined : printable(version),
    reqq: intIn(dict, 'reqq', 1, 0xffffffff),
    port: intIn(dict, 'p', 1, 0xffff),
    yourIp: yourIp?.length === 4 || yourIp?.length === 16 ? formatIp(yourIp) : undefined,
    ip4: addressIn(dict, 'ipv4', 4),
    ip6: addressIn(dict, 'ipv6', 16),
    uploadOnly: flag(dict, 'upload_only'),
    metadataBytes: intIn(dict, 'metadata_size', 1, Number.MAX_SAFE_INTEGER),
    maxBlockBytes: intIn(dict, 'max_block', 1, MAX_BLOCK_BYTES),
  };
}

/** Payload of `lt_donthave`: the piece that is gone (BEP 54). */
export function encodeDontHave(piece: number): Uint8Array {
  const payload = new Uint8Array(4);
  writeU32(payload, 0, piece);
  return payload;
}

/** @throws MillraceError ERR_WIRE_MESSAGE for a wrong length or an index that is not below `pieceCount`. */
export function decodeDontHave(payload: Uint8Array, pieceCount: number): number {
  if (payload.length !== 4) {
    const message = `${DONT_HAVE} is ${payload.length} bytes, must be 4`;
    throw new MillraceError('ERR_WIRE_MESSAGE', message, { length: payload.length });
  }
  const piece = readU32(payload, 0);
  if (piece < pieceCount) return piece;
  const message = `piece index is ${piece}, must be below ${pieceCount}`;
  throw new MillraceError('ERR_WIRE_MESSAGE', message, { piece, limit: pieceCount });
}

function readDict(payload: Uint8Array): BDict {
  try {
    return decodeDict(payload, LIMITS);
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    const message = `extension handshake: ${error.message}`;
    throw new MillraceError('ERR_WIRE_MESSAGE', message, error.facts, error);
  }
}

function readExtensions(m: BDict | undefined): Map<string, number> {
  const extensions = new Map<string, number>();
  for (const [key, id] of m ?? []) {
    if (extensions.size === MAX_EXTENSIONS) break;
    if (typeof id !== 'number' || id < 0 || id > 255) continue;
    extensions.set(fromUtf8(Uint8Array.from(key, character => character.charCodeAt(0))), id);
  }
  return extensions;
}

function intIn(dict: BDict, key: string, min: number, max: number): number | undefined {
  const value = dict.int(key);
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

function addressBytes(host: string | undefined, length: 4 | 16): Uint8Array | undefined {
  const ip = host === undefined ? undefined : parseIp(host);
  return ip?.length === length ? ip : undefined;
}

function addressIn(dict: BDict, key: string, length: 4 | 16): string | undefined {
  const ip = dict.bytes(key);
  return ip?.length === length ? formatIp(ip) : undefined;
}

function flag(dict: BDict, key: string): boolean | undefined {
  const value = dict.int(key);
  return value === undefined ? undefined : value !== 0;
}

/** Control, format and unassigned characters out, so that a log line or a terminal shows what it is. */
function printable(text: string): string {
  const characters = Array.from(text.slice(0, 2 * MAX_VERSION_CHARACTERS).replace(/\p{C}/gu, ''));
  return characters.slice(0, MAX_VERSION_CHARACTERS).join('').trim();
}
