/** As in package.json; a test compares them. */
export const VERSION = '0.1.0';

/** What peers see in the extension handshake (BEP 10 `v`) and trackers in the user agent. */
export const CLIENT_VERSION = `millrace ${VERSION}`;
