import type { Readable } from 'node:stream';

/** All text that waits in a stream: since Node 26 one `read` gives one chunk of it. */
export function readAll(stream: Readable): string {
  let text = '';
  for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) text += String(chunk);
  return text;
}
