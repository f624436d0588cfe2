import type { InfoHash, PeerAddress } from '../ids.js';
import { BENCODE_LIMITS } from './bencode.js';
import type { NameRules } from './safe-path.js';

/** One file of a torrent. Files lie one after another in the torrent's bytes. */
export interface TorrentFile {
  /** Safe names below the download folder; the first of a multi-file torrent is the torrent's name. */
  readonly path: readonly string[];
  /** Bytes. 0 for a symbolic link. */
  readonly length: number;
  /** First byte within the torrent. */
  readonly offset: number;
  /** Zeros that only align the next file with a piece; never written (BEP 47). */
  readonly pad: boolean;
  readonly executable: boolean;
  readonly hidden: boolean;
  /** Set for a symbolic link (BEP 47). Links of torrents are never created. */
  readonly symlink?: true;
}

/** What the info dictionary says: the part under the info-hash. */
export interface Info {
  /** Safe as a file or folder name. */
  readonly name: string;
  readonly infoHash: InfoHash;
  /** The info dictionary as it was written: what the hash is of and what peers ask for (BEP 9). */
  readonly infoBytes: Uint8Array;
  /** Bytes of each piece but the last. */
  readonly pieceLength: number;
  readonly pieceCount: number;
  /** Bytes of all files. */
  readonly length: number;
  /** SHA-1 of each piece, 20 bytes each; a view into infoBytes. */
  readonly pieces: Uint8Array;
  readonly files: readonly TorrentFile[];
  /** Has a list of files, so a folder; even when the list holds one. */
  readonly multiFile: boolean;
  /** Peers come from the trackers alone (BEP 27). */
  readonly private: boolean;
  /** Has a v2 part as well (BEP 52); it is read as v1. */
  readonly hybrid: boolean;
}

/** A .torrent file, checked. It holds on to the info dictionary's bytes and to no other part of the input. */
export interface Metainfo extends Info {
  /** Tracker URLs by tier (BEP 12), as written. `announce` alone is one tier. */
  readonly announce: readonly (readonly string[])[];
  /** Web seeds (BEP 19). */
  readonly urlList: readonly string[];
  /** DHT nodes (BEP 5). */
  readonly nodes: readonly PeerAddress[];
  readonly comment?: string;
  readonly createdBy?: string;
  /** As written: seconds since 1970, but some programs write milliseconds. */
  readonly creationDate?: number;
}

export interface MetainfoLimits {
  /**
   * Longest .torrent file in bytes. Defaults to 10,000,000, the limit of libtorrent: room for 500,000 pieces, more
   * than real torrents have, and little enough for anyone to be made to read.
   */
  readonly maxBytes: number;
  /** Most values in it. Defaults to 3,000,000 (libtorrent); bounds the number of files to about 500,000. */
  readonly maxTokens: number;
  /** Defaults to 2,097,152: libtorrent's 0x200000. */
  readonly maxPieces: number;
  /** Defaults to 536,854,528: 0x7fff blocks of 16 KiB, the longest that libtorrent loads. */
  readonly maxPieceLength: number;
  /** Most names in the path of a file. Defaults to 100 (libtorrent). */
  readonly maxPathDepth: number;
}

export const METAINFO_LIMITS: MetainfoLimits = {
  maxBytes: BENCODE_LIMITS.maxBytes,
  maxTokens: BENCODE_LIMITS.maxTokens,
  maxPieces: 0x200000,
  maxPieceLength: 0x7fff * 16384,
  maxPathDepth: 100,
};

export interface MetainfoOptions extends NameRules {
  /** Hash of the info dictionary. Defaults to plain TypeScript. */
  readonly sha1?: (bytes: Uint8Array) => Uint8Array;
  readonly limits?: Partial<MetainfoLimits>;
}
