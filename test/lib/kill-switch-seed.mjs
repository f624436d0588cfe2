/**
 * A seed that is bound to an address and uses no network while the machine has not got it; a program of its own, for it
 * runs in a network namespace. `argv[2]`: address, folder, .torrent and trackers as JSON.
 */
import { AddressWatch } from '../../dist/daemon/networking/address-watch.js';
import { createSession } from '../../dist/index.js';

const { address, dir, torrent, trackers } = JSON.parse(process.argv[2]);
const tell = (event, facts) => console.log(JSON.stringify({ event, ...facts }));

const session = await createSession({ dir, bind: address, lsd: true, limits: { up: 128 * 1024 } });
const seeding = await session.add(torrent, { check: 'seed', trackers });
seeding.on('peer', () => tell('peer'));
seeding.on('tracker', ({ url, state }) => tell(`tracker-${state}`, { url }));
const port = session.address.port;
tell('seed', { listening: session.address });

new AddressWatch({
  address,
  onChange: async present => {
    if (!present) {
      session.suspend(`${address} is gone`);
      setImmediate(() => tell('suspended', { state: seeding.state }));
      return;
    }
    session.setLimits({});
    await session.restore();
    tell('restored', { same: session.address.port === port });
  },
});
process.stdin.resume().on('end', () => session.close());
