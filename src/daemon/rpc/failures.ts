import { isMillraceError } from '../../index.js';
import { RpcFailure } from './methods.js';

/** Numbers of Transmission 4.1, in the order of its own list; clients of the legacy dialect see the texts alone. */
export const ANNOUNCE_LIST = 1;
export const TRACKER_LIST = 2;
export const PATH_NOT_ABSOLUTE = 3;
export const UNRECOGNIZED_INFO = 4;
export const SYSTEM = 5;
export const FILE_INDEX = 6;
export const HTTP_FAILED = 8;
export const CORRUPT_TORRENT = 9;
export const BLOCKLIST = 10;

/** What a client may know of a failure of the engine. */
export function fromEngine(error: unknown): unknown {
  if (!isMillraceError(error)) return error;
  if (/^ERR_(BENCODE|METAINFO)_/.test(error.code))
    return new RpcFailure(CORRUPT_TORRENT, 'invalid or corrupt torrent file');
  if (error.code === 'ERR_MAGNET_INVALID') return new RpcFailure(UNRECOGNIZED_INFO, 'unrecognized info');
  return new RpcFailure(SYSTEM, error.message);
}
