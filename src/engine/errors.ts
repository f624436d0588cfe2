/**
 * Every failure that millrace reports is a {@link MillraceError} with a stable `code`.
 * Each code is a heading in docs/errors.md; a test holds the two lists together.
 */
export const ERROR_CODES = [
  // input: bencode, metainfo, magnet
  'ERR_BENCODE_SYNTAX',
  'ERR_BENCODE_LIMIT',
  'ERR_METAINFO_INVALID',
  'ERR_METAINFO_LIMIT',
  'ERR_METAINFO_UNSUPPORTED',
  'ERR_METAINFO_LOST',
  'ERR_MAGNET_INVALID',
  // the wire
  'ERR_WIRE_HANDSHAKE',
  'ERR_WIRE_MESSAGE',
  'ERR_WIRE_TOO_LARGE',
  'ERR_PEER_TIMEOUT',
  'ERR_PEER_BANNED',
  'ERR_PEER_BLOCKED',
  'ERR_PEER_CLOSED',
  'ERR_PEER_DUPLICATE',
  'ERR_PEER_REDUNDANT',
  'ERR_PEER_LIMIT',
  // trackers
  'ERR_TRACKER_FAILURE',
  'ERR_TRACKER_RESPONSE',
  'ERR_TRACKER_TIMEOUT',
  'ERR_TRACKER_UNREACHABLE',
  'ERR_TRACKER_URL',
  // network
  'ERR_NET_ADDRESS_IN_USE',
  'ERR_NET_ADDRESS',
  'ERR_NET_REFUSED',
  'ERR_NET_RESET',
  'ERR_NET_TIMEOUT',
  'ERR_NET_FAILED',
  'ERR_NET_SUSPENDED',
  'ERR_PROXY_FAILED',
  'ERR_PROXY_UDP',
  // the DHT
  'ERR_DHT_OFF',
  'ERR_DHT_NO_NODES',
  'ERR_DHT_VALUE',
  'ERR_DHT_NOT_STORED',
  'ERR_DHT_OUTDATED',
  'ERR_PORT_MAPPING',
  // storage
  'ERR_STORAGE_FULL',
  'ERR_STORAGE_ACCESS',
  'ERR_STORAGE_MISSING',
  'ERR_STORAGE_IO',
  'ERR_STORAGE_PATH',
  'ERR_STORAGE_HANDLES',
  'ERR_RESUME_INVALID',
  // the engine
  'ERR_MEMORY_BUDGET',
  'ERR_WORKER_LOST',
  'ERR_KERNELS_UNAVAILABLE',
  'ERR_OPTION',
  'ERR_STATE_LOCKED',
  'ERR_DUPLICATE_TORRENT',
  'ERR_NOT_FOUND',
  'ERR_CLOSED',
  'ERR_ABORTED',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/** Facts about a failure: what was seen and which limit it broke. Plain JSON values only. */
export type ErrorFacts = Readonly<Record<string, string | number | boolean | null>>;

/** The one error class of millrace. Match on `code`, never on the message. */
export class MillraceError extends Error {
  override readonly name = 'MillraceError';

  constructor(
    readonly code: ErrorCode,
    message: string,
    readonly facts: ErrorFacts = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}

/** True for a {@link MillraceError}, also one that crossed a thread or a second copy of the package. */
export function isMillraceError(value: unknown, code?: ErrorCode): value is MillraceError {
  return (
    value instanceof Error &&
    value.name === 'MillraceError' &&
    (code === undefined || (value as MillraceError).code === code)
  );
}
