/**
 * Prints the beginning of a file long before all of it is here: the pieces under the stream are fetched first.
 * Usage: stream-while-downloading.mjs TORRENT FOLDER HOST:PORT
 */
import { createSession } from 'millrace';

const [source, dir, peer] = process.argv.slice(2);
const [host, port] = peer.split(':');

const session = await createSession({ dir, listen: false });
const torrent = await session.add(source, { peers: [{ host, port: Number(port) }] });
const [file] = torrent.files;

let bytes = 0;
for await (const chunk of file.stream({ start: 0, end: Math.min(file.length, 65_536) }))
  bytes += chunk.length;
console.log(
  `${bytes} bytes of ${file.path} are here, ${torrent.stats().piecesDone} of ${torrent.stats().pieces} pieces`,
);

await torrent.completed();
console.log('complete');
await session.close();
