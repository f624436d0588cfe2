import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { utf8 } from '../../../../src/engine/bytes.js';
import { createTrackerClients } from '../../../../src/engine/discovery/tracker-clients.js';
import { MillraceError } from '../../../../src/engine/errors.js';

const REQUEST = {
  infoHash: utf8('aaaaaaaaaaaaaaaaaaaa'),
  peerId: utf8('pppppppppppppppppppp'),
  port: 6881,
  uploaded: 0,
  downloaded: 0,
  left: 1,
  key: 0,
};
const SUSPENDED = new MillraceError('ERR_NET_SUSPENDED', 'no network: test');

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** Trackers that never answer, and clients that have asked both. */
async function underWay() {
  const http = createServer().listen(0, '127.0.0.1');
  await once(http, 'listening');
  const udp = createSocket('udp4').bind(0, '127.0.0.1');
  await once(udp, 'listening');
  const clients = createTrackerClients();
  open.push(
    () => http.close().closeAllConnections(),
    () => udp.close(),
    () => clients.close(),
  );
  const urls = [
    `http://127.0.0.1:${(http.address() as AddressInfo).port}/announce`,
    `udp://127.0.0.1:${udp.address().port}`,
  ];
  const ask = () => urls.map(url => clients.announce(url, REQUEST));
  const [asked, packet] = [once(http, 'request'), once(udp, 'message')];
  const requests = ask();
  for (const request of requests) request.catch(() => {});
  const [, response] = await asked;
  const [, { port }] = await packet;
  return { clients, ask, requests, http, udp, response, port };
}

describe('tracker clients', () => {
  it('suspended end what is under way, and ask nothing', async () => {
    const { clients, ask, requests, response, port } = await underWay();
    const cut = once(response, 'close');
    clients.suspend(SUSPENDED);
    for (const request of requests) await expect(request).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await cut;
    const again = createSocket('udp4').bind({ port, exclusive: true }); // ours is closed
    open.push(() => again.close());
    await once(again, 'listening');
    for (const request of ask()) await expect(request).rejects.toBe(SUSPENDED);
  });

  it('restored ask again, from another UDP socket', async () => {
    const { clients, ask, http, udp, port } = await underWay();
    clients.suspend(SUSPENDED);
    clients.restore();
    const [asked, packet] = [once(http, 'request'), once(udp, 'message')];
    for (const request of ask()) request.catch(() => {});
    await asked;
    const [, from] = await packet;
    expect(from.port).not.toBe(port);
  });

  it('closed stay so', async () => {
    const { clients, ask } = await underWay();
    clients.close();
    clients.suspend(SUSPENDED);
    clients.restore();
    for (const request of ask()) await expect(request).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});
