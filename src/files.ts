/**
 * Torrents and their files without a session. What only makes, reads or checks a torrent takes this, which is half of
 * the modules of the whole.
 */
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorFacts,
  isMillraceError,
  MillraceError,
} from './engine/errors.js';
export { formatAddress, type InfoHash, type PeerAddress } from './engine/ids.js';
export { formatMagnet, type Magnet, type MagnetPointer, parseMagnet } from './engine/protocol/magnet.js';
export { parseMetainfo } from './engine/protocol/metainfo.js';
export type { Metainfo, TorrentFile } from './engine/protocol/metainfo-types.js';
export { redactUrl } from './engine/protocol/tracker/url.js';
export { formatTorrent } from './engine/protocol/write-metainfo.js';
export { createTorrent } from './engine/session/create.js';
export { readTorrent } from './engine/session/source.js';
export type * from './engine/session/types.js';
export { verifyTorrent } from './engine/session/verify.js';
export { VERSION } from './engine/session/version.js';
