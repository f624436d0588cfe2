import { MillraceError } from '../../errors.js';
import { BDict, decodePrefix, encode } from '../bencode.js';
import { METAINFO_LIMITS } from '../metainfo-types.js';
import { BLOCK_BYTES } from './messages.js';

/** Name in `m` of the messages by which peers hand the info dictionary on (BEP 9). */
export const UT_METADATA = 'ut_metadata';

/** Bytes of each part of the info dictionary but the last (BEP 9). */
export const METADATA_PART_BYTES = BLOCK_BYTES;

/** Longest info dictionary that anybody is asked for unless told otherwise: that of the longest .torrent we read. */
export const MAX_METADATA_BYTES = METAINFO_LIMITS.maxBytes;

/** The dictionary of a message has three numbers; some clients add a key or two. */
const MAX_HEAD_BYTES = 1024;
const LIMITS = { maxDepth: 4, maxTokens: 64, tolerant: true } as const;

/** Parts of all that can be said of them: the size is a signed number of 32 bits in other clients. */
const MAX_TOTAL_BYTES = 0x7fff_ffff;

const TYPES = ['request', 'data', 'reject'] as const;

export interface MetadataData {
  readonly type: 'data';
  readonly part: number;
  /** Size of the whole info dictionary. */
  readonly totalBytes: number;
  readonly bytes: Uint8Array;
}

export type MetadataMessage = { readonly type: 'request' | 'reject'; readonly part: number } | MetadataData;

export function metadataParts(totalBytes: number): number {
  return Math.ceil(totalBytes / METADATA_PART_BYTES);
}

export function metadataPartBytes(totalBytes: number, part: number): number {
  return Math.min(METADATA_PART_BYTES, totalBytes - part * METADATA_PART_BYTES);
}

/** Payload of an extended message: a dictionary, and behind it the bytes of the part. */
export function encodeMetadataMessage(message: MetadataMessage): Uint8Array {
  const { type, part } = message;
  const [total, bytes] = type === 'data' ? [message.totalBytes, message.bytes] : [];
  const head = encode({ msg_type: TYPES.indexOf(type), piece: part, total_size: total });
  if (bytes === undefined) return head;
  const payload = new Uint8Array(head.length + bytes.length);
  payload.set(head);
  payload.set(bytes, head.length);
  return payload;
}

/**
 * Reads the payload of an extended message; undefined for a kind that is not known (BEP 9: must be ignored). What comes
 * after the dictionary of a request or a reject is let pass. `bytes` is a view.
 * @throws MillraceError ERR_WIRE_MESSAGE
 */
export function decodeMetadataMessage(payload: Uint8Array): MetadataMessage | undefined {
  const { head, rest } = split(payload);
  const kind = head.int('msg_type');
  if (kind === undefined) throw wrong('has no msg_type');
  const type = TYPES[kind];
  if (type === undefined) return undefined;
  const part = head.int('piece') ?? -1;
  if (part < 0 || part >= metadataParts(MAX_TOTAL_BYTES)) throw wrong('has no piece in range', { part });
  if (type !== 'data') return { type, part };
  const totalBytes = head.int('total_size') ?? 0;
  if (totalBytes < 1 || totalBytes > MAX_TOTAL_BYTES)
    throw wrong('has no total_size in range', { totalBytes });
  const length = metadataPartBytes(totalBytes, part);
  if (rest.length !== length)
    throw wrong(`has ${rest.length} bytes of part ${part}, must have ${Math.max(0, length)}`, { part });
  return { type, part, totalBytes, bytes: rest };
}

function split(payload: Uint8Array): { head: BDict; rest: Uint8Array } {
  const limit = MAX_HEAD_BYTES + METADATA_PART_BYTES;
  if (payload.length > limit)
    throw wrong(`has ${payload.length} bytes, at most ${limit} are taken`, { limit });
  try {
    const { value, end } = decodePrefix(payload, LIMITS);
    if (value instanceof BDict) return { head: value, rest: payload.subarray(end) };
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error;
    throw wrong(`is broken: ${error.message}`, {}, error);
  }
  throw wrong('does not begin with a dictionary');
}

function wrong(fact: string, facts = {}, cause?: unknown): MillraceError {
  return new MillraceError('ERR_WIRE_MESSAGE', `${UT_METADATA} message ${fact}`, facts, cause);
}
