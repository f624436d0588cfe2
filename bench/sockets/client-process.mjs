// A process with many clients, apart from the server: file descriptors and CPU time of either are its own.
import { serve } from '../lib/child.mjs';
import { httpAnnounceOf } from './announce.mjs';
import { Load } from './load.mjs';
import { TcpClients } from './tcp-clients.mjs';
import { UdpClients } from './udp-clients.mjs';

const LINE = 'the mill race drives the wheel';

/** By kind of server. */
const CLIENTS = {
  line: (server, count) => new TcpClients(server, Array(count).fill(LINE), LINE.toUpperCase()),
  http: (server, count) => {
    const questions = Array.from({ length: count }, (_, client) => httpAnnounceOf(client, server));
    return new TcpClients(server, questions, 'HTTP/1.1 200');
  },
  udp: (server, count) => new UdpClients(server, count),
};

/** @type {Load} */
let load;

serve({
  /**
   * Resolves when the clients are connected, or as many as may be.
   * @param {{ kind: keyof typeof CLIENTS, server: object, count: number, lateMs: number }} options
   */
  async open({ kind, server, count, lateMs }) {
    load = new Load(CLIENTS[kind](server, count), { count, lateMs });
    await load.open();
  },
  run: ({ seconds }) => load.run(seconds),
  drain: () => load.drain(),
  close() {},
});
