/**
 * The rest of the world of the kill switch's test: a tracker over HTTP and UDP, and a downloader. `argv[2]`: address,
 * folder and .torrent as JSON. What it says is a line of JSON each.
 */
import { createSession } from '../../dist/index.js';
import { createTracker } from '../../dist/tracker/index.js';

const { address, dir, torrent } = JSON.parse(process.argv[2]);
const tell = (event, facts) => console.log(JSON.stringify({ event, ...facts }));

const listen = { host: address, port: 0 };
const tracker = await createTracker({ http: listen, udp: listen });
const session = await createSession({ dir, bind: address });
const download = await session.add(torrent, { trackers: [[tracker.http.url]] });
download.on('piece', () => tell('piece'));
download.on('peer-closed', () => tell('lost'));
download.on('complete', () => tell('complete'));
tell('world', { trackers: [[tracker.http.url], [tracker.udp.url]] });
process.stdin.resume().on('data', line => {
  const [host, port] = line.toString().trim().split(' ');
  download.addPeer({ host, port: Number(port) });
});
process.stdin.on('end', async () => {
  await session.close();
  await tracker.close();
});
