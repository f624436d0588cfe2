/** Shares a file with everybody who has the .torrent, and prints who takes what. Usage: share-a-file.mjs FILE */
import { writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { createSession, createTorrent } from 'millrace';

const file = resolve(process.argv[2]);
const { bytes, metainfo } = await createTorrent(file);
await writeFile(`${file}.torrent`, bytes);

const session = await createSession({ dir: dirname(file), listen: { host: '127.0.0.1' } });
const torrent = await session.add(metainfo);
torrent.on('peer', ({ address, client }) => console.log(`${client} at ${address} came`));
await torrent.checked();
console.log(`sharing ${file}.torrent on port ${session.address.port}`);

process.once('SIGINT', () => session.close());
process.once('SIGTERM', () => session.close());
