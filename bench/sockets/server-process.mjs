// A process with one server: the upper-case server of the examples, or the tracker as `millrace tracker` has it.
import { once } from 'node:events';
import { createTracker } from 'millrace/tracker';
import { createUpperCaseServer } from '../../dist/examples/sockets/tcp-server.js';
import { serve } from '../lib/child.mjs';

const HOST = '127.0.0.1';
const ANY = { host: HOST, port: 0 };

/** By kind; each gives its port. */
const STARTS = {
  async line() {
    const server = createUpperCaseServer();
    await once(server.listen(ANY), 'listening');
    return server.address().port;
  },
  http: async ({ maxConnections }) => (await createTracker({ http: ANY, maxConnections })).http.port,
  udp: async () => (await createTracker({ udp: ANY })).udp.port,
};

serve({
  /** @param {{ kind: keyof typeof STARTS, maxConnections?: number }} options @returns where it listens */
  start: async options => ({ host: HOST, port: await STARTS[options.kind](options) }),
  close() {},
});
