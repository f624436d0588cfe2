/**
 * Somebody who announces a torrent in the local network and tells who is heard of and who dials; a program of its own, for
 * it runs in a network namespace. `argv[2]`: address and info-hash as JSON.
 */
import { createServer } from 'node:net';
import { LsdSocket } from '../../dist/engine/discovery/lsd-socket.js';
import { decodeLsdAnnounce, encodeLsdAnnounces } from '../../dist/engine/protocol/lsd.js';

const { address, infoHash } = JSON.parse(process.argv[2]);
const tell = (event, facts) => console.log(JSON.stringify({ event, ...facts }));
const family = address.includes(':') ? 6 : 4;
const cookie = 'announcer';

const lsd = new LsdSocket({
  at: address,
  onPacket: (packet, { host }) => {
    const announce = decodeLsdAnnounce(packet);
    if (announce?.infoHashes.includes(infoHash) && announce.cookie !== cookie)
      tell('heard', { host, port: announce.port });
  },
  onTrouble: (what, facts) => tell('trouble', { what, ...facts }),
});
const server = createServer(socket => {
  tell('dialled', { host: socket.remoteAddress });
  socket.destroy();
});
server.listen({ host: address, port: 0 }, async () => {
  await lsd.look();
  const { port } = server.address();
  const [packet] = encodeLsdAnnounces({ port, infoHashes: [infoHash], cookie }, family);
  setInterval(() => lsd.send(packet), 500);
  tell('announcing', { port });
});
