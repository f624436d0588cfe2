/** The public API of millrace. */
export { createDhtKeys } from './engine/discovery/dht-crypto.js';
export { OPTION_TABLE, type OptionRow } from './engine/session/option-table.js';
export { createSession } from './engine/session/session.js';
export * from './files.js';
