/** The public API of millrace. */
export {
  ERROR_CODES,
  type ErrorCode,
  type ErrorFacts,
  isMillraceError,
  MillraceError,
} from './engine/errors.js';
export { formatAddress, type InfoHash, type PeerAddress } from './engine/ids.js';
export { formatMagnet, type Magnet, parseMagnet } from './engine/protocol/magnet.js';
export { parseMetainfo } from './engine/protocol/metainfo.js';
export type { Metainfo, TorrentFile } from './engine/protocol/metainfo-types.js';
export { createTorrent } from './engine/session/create.js';
export { OPTION_TABLE, type OptionRow } from './engine/session/options.js';
export { createSession } from './engine/session/session.js';
export { readTorrent } from './engine/session/source.js';
export type * from './engine/session/types.js';
export { verifyTorrent } from './engine/session/verify.js';
export { VERSION } from './engine/session/version.js';
