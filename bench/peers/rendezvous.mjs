// A tracker that tells whoever asks where the seed of the moment is. Only for clients that cannot be told by hand.
import { once } from 'node:events';
import { createServer } from 'node:http';

/** Seconds until a client asks again: once is enough. */
const INTERVAL_SECONDS = 1800;

export class Rendezvous {
  /** @type {{ host: string, port: number } | undefined} */
  seed;

  /** @param {string} host */
  static async open(host) {
    const rendezvous = new Rendezvous();
    rendezvous.server = createServer((request, response) => {
      const port = Number(new URL(request.url, 'http://tracker').searchParams.get('port'));
      response.end(rendezvous.answer(port));
    });
    rendezvous.server.listen(0, host);
    await once(rendezvous.server, 'listening');
    rendezvous.url = `http://${host}:${rendezvous.server.address().port}/announce`;
    return rendezvous;
  }

  /** Compact peers (BEP 23): nobody but the seed, and the seed nobody. */
  answer(askingPort) {
    const peers =
      this.seed === undefined || this.seed.port === askingPort ? Buffer.alloc(0) : compact(this.seed);
    return Buffer.concat([
      Buffer.from(`d8:intervali${INTERVAL_SECONDS}e5:peers${peers.length}:`),
      peers,
      Buffer.from('e'),
    ]);
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }
}

function compact({ host, port }) {
  return Buffer.from([...host.split('.').map(Number), port >>> 8, port & 255]);
}
