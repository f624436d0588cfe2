// The announce that a client repeats.
import { buildAnnounceUrl } from '../../dist/engine/protocol/tracker/http.js';

/** So many torrents share the clients: with 10,000 of them a reply has the 50 peers that trackers send by default. */
const TORRENTS = 100;

const ascii = text => new TextEncoder().encode(text);

/** @param {number} client */
export function announceOf(client) {
  return {
    infoHash: ascii(String(client % TORRENTS).padStart(20, '0')),
    peerId: ascii(`-BN0000-${String(client).padStart(12, '0')}`),
    port: 1024 + client,
    uploaded: 0,
    downloaded: 0,
    left: 1,
    key: client,
  };
}

/** As a BitTorrent client asks over HTTP: one request a connection. @param {number} client */
export function httpAnnounceOf(client, { host, port }) {
  const { pathname, search } = new URL(buildAnnounceUrl(`http://${host}/announce`, announceOf(client)));
  return `GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`;
}
