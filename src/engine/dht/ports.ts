/** What a node of the DHT needs from outside of the pure layers. */
export interface DhtCrypto {
  /** @returns 20 bytes */
  sha1(bytes: Uint8Array): Uint8Array;
  /** Ed25519 (RFC 8032). False for keys and signatures that are none. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
}
