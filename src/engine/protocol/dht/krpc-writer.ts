import { utf8 } from '../../bytes.js';
import { MAX_PACKET_BYTES } from './limits.js';

const DICT = 0x64;
const LIST = 0x6c;
const INTEGER = 0x69;
const CLOSE = 0x65;
const COLON = 0x3a;

/** Packets are put together here one at a time and leave as copies of their own length. */
const scratch = new Uint8Array(MAX_PACKET_BYTES);

/** Writes bencode from left to right: who calls it keeps the keys in order. */
export class KrpcWriter {
  private at = 0;

  open(): this {
    return this.byte(DICT);
  }

  openList(): this {
    return this.byte(LIST);
  }

  close(): this {
    return this.byte(CLOSE);
  }

  key(key: string): this {
    return this.word(key);
  }

  /** ASCII, as all keys and methods are. */
  word(word: string): this {
    this.digits(word.length).byte(COLON);
    for (let i = 0; i < word.length; i++) this.byte(word.charCodeAt(i));
    return this;
  }

  text(text: string): this {
    return this.bytes(utf8(text));
  }

  int(value: number): this {
    return this.byte(INTEGER).digits(value).byte(CLOSE);
  }

  bytes(bytes: Uint8Array): this {
    return this.digits(bytes.length).byte(COLON).raw(bytes);
  }

  /** What is bencoded already. */
  raw(bytes: Uint8Array): this {
    if (this.at + bytes.length > scratch.length) throw tooLong();
    scratch.set(bytes, this.at);
    this.at += bytes.length;
    return this;
  }

  optional(key: string, bytes: Uint8Array | undefined): this {
    return bytes ? this.key(key).bytes(bytes) : this;
  }

  /** 1, or nothing. */
  flag(key: string, value: boolean | undefined): this {
    return value ? this.key(key).int(1) : this;
  }

  finish(): Uint8Array {
    return scratch.slice(0, this.at);
  }

  private digits(value: number): this {
    if (!Number.isSafeInteger(value)) throw new TypeError(`no bencode form for ${value}: not a safe integer`);
    if (value >= 0 && value < 10) return this.byte(0x30 + value);
    const text = String(value);
    for (let i = 0; i < text.length; i++) this.byte(text.charCodeAt(i));
    return this;
  }

  private byte(byte: number): this {
    if (this.at >= scratch.length) throw tooLong();
    scratch[this.at++] = byte;
    return this;
  }
}

function tooLong(): RangeError {
  return new RangeError(`a message of the DHT is longer than a packet of ${MAX_PACKET_BYTES} bytes`);
}
