/** Identities that must not be mixed up: plain values at run time, different types at compile time. */
declare const brand: unique symbol;
type Brand<T, Name> = T & { readonly [brand]?: Name };

/** SHA-1 of the raw `info` dictionary as 40 lower-case hex digits (BEP 3). */
export type InfoHash = Brand<string, 'InfoHash'>;

/** Number of a connection within its session; never reused while the session lives. */
export type PeerKey = Brand<number, 'PeerKey'>;

/** Zero-based number of a piece in its torrent. */
export type PieceIndex = Brand<number, 'PieceIndex'>;

/** Where a peer listens or was seen: IPv6 without brackets, port 1-65535. */
export interface PeerAddress {
  readonly host: string;
  readonly port: number;
}

export function formatAddress({ host, port }: PeerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
