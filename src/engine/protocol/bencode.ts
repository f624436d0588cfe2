export { decode, decodeDict, decodePrefix } from './bencode/decode.js';
export { type BInput, encode } from './bencode/encode.js';
export { BENCODE_LIMITS, type BencodeLimits, type BencodeOptions } from './bencode/limits.js';
export { BDict, type BValue } from './bencode/values.js';
