/** The codecs of BitTorrent alone: bytes in, values out. Runs anywhere; needs no node module. */
export { ERROR_CODES, type ErrorCode, isMillraceError, MillraceError } from './engine/errors.js';
export { formatAddress, type InfoHash, type PeerAddress } from './engine/ids.js';
export {
  BDict,
  BENCODE_LIMITS,
  type BencodeLimits,
  type BencodeOptions,
  type BInput,
  type BValue,
  decode,
  decodeDict,
  decodePrefix,
  encode,
} from './engine/protocol/bencode.js';
export { choosePieceLength, createMetainfo, type NewMetainfo } from './engine/protocol/create-metainfo.js';
export {
  formatMagnet,
  MAX_MAGNET_LENGTH,
  type Magnet,
  type MagnetParts,
  type MagnetPointer,
  parseMagnet,
} from './engine/protocol/magnet.js';
export { parseInfo, parseMetainfo } from './engine/protocol/metainfo.js';
export {
  type Info,
  METAINFO_LIMITS,
  type Metainfo,
  type MetainfoLimits,
  type MetainfoOptions,
  type TorrentFile,
} from './engine/protocol/metainfo-types.js';
export { type NameRules, safeName, safePath } from './engine/protocol/safe-path.js';
