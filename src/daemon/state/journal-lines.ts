import { crc32 } from 'node:zlib';

/** `crc32 json` and a line feed; the JSON is `[key, value]`, or `[key]` for a key that is gone. */
const CRC_DIGITS = 8;

export function encodeLine(key: string, value: unknown): string {
  const json = JSON.stringify(value === undefined ? [key] : [key, value]);
  return `${crc(json)} ${json}\n`;
}

export interface Replay {
  /** The last line of each key that is there. */
  readonly lines: ReadonlyMap<string, string>;
  readonly values: ReadonlyMap<string, unknown>;
  /** Whole lines that do not match their checksum. */
  readonly damaged: number;
  /** Bytes up to the end of the last whole line. What follows was cut off while it was written. */
  readonly wholeBytes: number;
}

/** Every line stands for itself: one that is damaged costs its own change and no other. */
export function replayLines(bytes: Buffer): Replay {
  const lines = new Map<string, string>();
  const values = new Map<string, unknown>();
  let damaged = 0;
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; start = end + 1, end = bytes.indexOf(10, start)) {
    const line = bytes.toString('utf8', start, end);
    const change = decodeLine(line);
    if (change === undefined) damaged++;
    else if (change.length === 1) {
      lines.delete(change[0]);
      values.delete(change[0]);
    } else {
      lines.set(change[0], `${line}\n`);
      values.set(change[0], change[1]);
    }
  }
  return { lines, values, damaged, wholeBytes: start };
}

function decodeLine(line: string): [string] | [string, unknown] | undefined {
  const json = line.slice(CRC_DIGITS + 1);
  if (line.slice(0, CRC_DIGITS) !== crc(json)) return undefined;
  const change = JSON.parse(json);
  return Array.isArray(change) && typeof change[0] === 'string' ? (change as [string]) : undefined;
}

function crc(json: string): string {
  return crc32(json).toString(16).padStart(CRC_DIGITS, '0');
}
