export { type DhtRefusedQuery, decodeDhtMessage } from './krpc-decode.js';
export { encodeDhtMessage } from './krpc-encode.js';
