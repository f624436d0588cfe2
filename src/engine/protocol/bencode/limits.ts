/** What a decoder may spend on one input. Checked before anything is allocated for the part that breaks it. */
export interface BencodeLimits {
  /** Longest input in bytes. Defaults to 10,000,000: the largest .torrent file libtorrent loads. */
  readonly maxBytes: number;
  /** Deepest nesting of lists and dictionaries. Defaults to 100, as in libtorrent. */
  readonly maxDepth: number;
  /** Most values and keys together. Defaults to 3,000,000, as in libtorrent. Costs 12 bytes each. */
  readonly maxTokens: number;
}

export const BENCODE_LIMITS: BencodeLimits = { maxBytes: 10_000_000, maxDepth: 100, maxTokens: 3_000_000 };

export interface BencodeOptions extends Partial<BencodeLimits> {
  /**
   * Also read what old programs wrote and other clients accept: unsorted keys, leading zeros, -0, and bytes after
   * the value. Meant for .torrent files, whose hash is taken over the raw bytes. Duplicate keys are refused all the
   * same: two readers would see two different torrents. Defaults to false.
   */
  readonly tolerant?: boolean;
}
