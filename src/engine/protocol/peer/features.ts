/** What a peer can do beyond BEP 3: the reserved bytes of the handshake. */
export interface PeerFeatures {
  /** Fast Extension: have all, have none, reject, suggest, allowed fast (BEP 6). */
  readonly fast: boolean;
  /** Extension protocol: message 20 (BEP 10). */
  readonly extended: boolean;
  /** Runs a DHT node and takes `port` messages (BEP 5). */
  readonly dht: boolean;
  /** Knows version 2 of the torrent that is spoken of as version 1 (BEP 52, "upgrade path"). */
  readonly v2: boolean;
}

/** Byte and bit of each feature in the eight reserved bytes. */
const BITS: readonly (readonly [keyof PeerFeatures, number, number])[] = [
  ['extended', 5, 0x10],
  ['v2', 7, 0x10],
  ['fast', 7, 0x04],
  ['dht', 7, 0x01],
];

/** The eight reserved bytes; what is not named is off. */
export function encodeFeatures(features: Partial<PeerFeatures>): Uint8Array {
  const reserved = new Uint8Array(8);
  for (const [name, at, bit] of BITS) if (features[name]) reserved[at] |= bit;
  return reserved;
}

/** Bits that we do not know are ignored, as every extension needs. */
export function decodeFeatures(reserved: Uint8Array): PeerFeatures {
  const features = { fast: false, extended: false, dht: false, v2: false };
  for (const [name, at, bit] of BITS) features[name] = (reserved[at] & bit) !== 0;
  return features;
}
