/** Bounds of what is read from a packet of the DHT, and of what is written into one. */

/**
 * Longest packet. One that says the most, 1000 bytes of value (BEP 44) and nodes of both families, stays below 2 KiB;
 * all others fit into a frame of Ethernet.
 */
export const MAX_PACKET_BYTES = 2048;

/** Nesting and values of a packet: as libtorrent reads them (dht_tracker.cpp). */
export const PACKET_LIMITS = {
  maxBytes: MAX_PACKET_BYTES,
  maxDepth: 10,
  maxTokens: 500,
  tolerant: true,
} as const;

/** Clients use 2 (libtorrent, BEP 5) to 8 bytes; the longest that is echoed. */
export const MAX_TRANSACTION_BYTES = 16;

/** Clients use 4 (libtorrent), 8 (Transmission) or 20 bytes (the first client); the longest that is remembered. */
export const MAX_TOKEN_BYTES = 64;

/** Longest `v` of an envelope: 4 bytes by custom. */
export const MAX_VERSION_BYTES = 16;

/** Most nodes of a family that are taken from one answer: the k of the Kademlia paper; BEP 5 answers with 8. */
export const MAX_NODES = 20;

/** Most peers that are taken from one answer: what libtorrent sends (dht_max_peers_reply). */
export const MAX_PEERS = 100;

/** Longest text of an error that is kept, in code points. */
export const MAX_ERROR_TEXT_CHARACTERS = 200;

/** Longest value and salt of an item (BEP 44). */
export const MAX_VALUE_BYTES = 1000;
export const MAX_SALT_BYTES = 64;

/** Ed25519 (RFC 8032). */
export const PUBLIC_KEY_BYTES = 32;
export const SIGNATURE_BYTES = 64;
