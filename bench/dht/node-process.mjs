// A node of the DHT on a socket, as a session has it, with a table and announced peers as in a network of 100,000.
import { performance } from 'node:perf_hooks';
import { randomId } from '../../dist/engine/dht/distance.js';
import { createSecretRng, dhtCrypto } from '../../dist/engine/discovery/dht-crypto.js';
import { createRng } from '../../dist/engine/policy/rng.js';
import { DhtEndpoint } from '../../dist/engine/session/dht-endpoint.js';
import { introduce } from '../../dist/sim/dht/introduce.js';
import { Population } from '../../dist/sim/dht/population.js';
import { serve } from '../lib/child.mjs';

const NODES = 100_000;
const K = 8;

/** The addresses of the table are made up: nothing leaves this machine. */
const refuses = host => !host.startsWith('127.');

let endpoint;

serve({
  async start() {
    const population = new Population({ nodes: NODES }, createRng(1));
    const rng = createSecretRng();
    const options = { family: 4, rng, crypto: dhtCrypto, id: randomId(createRng(2)) };
    endpoint = new DhtEndpoint(options, { refuses, onInput() {} });
    const self = { ...population.living[0], id: endpoint.node.id };
    introduce(endpoint.node, population.acquaintances(self, K, 3), performance.now());
    await endpoint.open({ host: '127.0.0.1', port: 0 });
    return endpoint.address;
  },
  stats: () => endpoint.node.stats(performance.now()),
  close() {},
});
