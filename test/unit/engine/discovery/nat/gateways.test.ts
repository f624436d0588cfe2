import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Gateway, Neighbourhood } from '../../../../../src/engine/discovery/nat/gateway.js';
import { MAX_ANSWER_BYTES } from '../../../../../src/engine/discovery/nat/http.js';
import { findGatewaysIn } from '../../../../../src/engine/discovery/port-mapping.js';
import { type Behaviour, FakeGateway } from '../../../../lib/fake-gateway.js';

const cleanups: (() => unknown)[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const cleanup of cleanups.splice(0)) cleanup();
});

const TCP = { protocol: 'tcp', internalPort: 6881, externalPort: 6881, lifetimeS: 7200 } as const;
const UDP = { ...TCP, protocol: 'udp' } as const;
const never = new AbortController().signal;

const start = async (behaviour: Partial<Behaviour>) => {
  const router = await FakeGateway.start(behaviour);
  cleanups.push(() => router.close());
  return router;
};

const around = ({ host, port, ssdpPort }: FakeGateway): Neighbourhood => ({
  localAddress: '127.0.0.1',
  gateway: host,
  port,
  ssdp: { host, port: ssdpPort },
});

/** The first that is found. */
const find = async (router: FakeGateway, signal = never): Promise<Gateway | undefined> => {
  for await (const gateway of findGatewaysIn(around(router), signal)) return gateway;
  return undefined;
};

/** The one that speaks this; waiting for those that do not answer takes no time. */
const findBy = async (protocol: Gateway['protocol'], behaviour: Partial<Behaviour> = {}) => {
  const router = await start({ speaks: [protocol], ...behaviour });
  const gateway = await hurry(() => find(router));
  expect(gateway?.protocol).toBe(protocol);
  return { router, gateway: gateway! };
};

/** Lets timers ring when nothing has happened for a while: all of it is in this process, and takes some rounds. */
const hurry = async <T>(work: () => Promise<T>): Promise<T> => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let settled = false;
  const done = work().finally(() => {
    settled = true;
  });
  done.catch(() => {});
  for (let idle = 0; !settled; idle++) {
    await new Promise(setImmediate);
    if (idle % 500 === 499) vi.advanceTimersToNextTimer();
  }
  vi.useRealTimers();
  return done;
};

describe.each(['pcp', 'nat-pmp', 'upnp'] as const)('a router that speaks %s', protocol => {
  it('is found, maps both protocols, and takes them back', async () => {
    const { router, gateway } = await findBy(protocol);
    for (const wanted of [TCP, UDP])
      expect(await gateway.map(wanted, never)).toEqual({
        externalPort: 6881,
        externalAddress: '203.0.113.7',
        lifetimeS: 7200,
      });
    expect(router.mapped()).toEqual(['tcp 6881', 'udp 6881']);
    expect(router.mappings.get('tcp 6881')?.client).toBe('127.0.0.1');
    for (const wanted of [TCP, UDP]) await gateway.unmap(wanted, never);
    expect(router.mapped()).toEqual([]);
  });

  it('renews what it has mapped', async () => {
    const { router, gateway } = await findBy(protocol);
    const first = await gateway.map(TCP, never);
    expect(await gateway.map(TCP, never)).toEqual(first);
    expect(router.mapped()).toEqual(['tcp 6881']);
  });

  it('maps again for whoever has found it anew', async () => {
    const { router, gateway } = await findBy(protocol);
    await gateway.map(TCP, never);
    const again = await hurry(() => find(router));
    await again!.map(TCP, never);
    await again!.unmap(TCP, never);
    expect(router.mapped()).toEqual([]);
  });

  it('gives another port when others have the one that is wanted', async () => {
    const { router, gateway } = await findBy(protocol, { taken: new Set([6881, 6882]) });
    const { externalPort } = await gateway.map(TCP, never);
    expect(externalPort).toBe(6883);
    await gateway.unmap({ ...TCP, externalPort }, never);
    expect(router.mapped()).toEqual([]);
  });

  it('refuses with a number', async () => {
    const { router, gateway } = await findBy(protocol);
    router.behaviour.error = protocol === 'upnp' ? 606 : 2;
    await expect(gateway.map(TCP, never)).rejects.toMatchObject({
      code: 'ERR_PORT_MAPPING',
      facts: { protocol, result: router.behaviour.error },
    });
  });

  it('is given up when it does not answer any more', async () => {
    const { router, gateway } = await findBy(protocol);
    Object.assign(router.behaviour, { speaks: [], body: 'hang' });
    await expect(hurry(() => gateway.map(TCP, never))).rejects.toMatchObject({
      code: 'ERR_PORT_MAPPING',
      facts: { gateway: '127.0.0.1', reason: 'no answer' },
    });
  });

  it('is given up at once when nobody listens any more', async () => {
    const { router, gateway } = await findBy(protocol);
    router.close();
    cleanups.length = 0;
    await expect(gateway.map(TCP, never)).rejects.toMatchObject({
      code: 'ERR_PORT_MAPPING',
      facts: { reason: 'ECONNREFUSED' },
    });
  });

  it('is not waited for when the signal says so', async () => {
    const { router, gateway } = await findBy(protocol);
    Object.assign(router.behaviour, { speaks: [], body: 'hang' });
    const ending = new AbortController();
    if (protocol === 'nat-pmp') router.behaviour.packet = new Uint8Array();
    const mapping = gateway.map(TCP, ending.signal);
    ending.abort();
    await expect(mapping).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });
});

describe('looking for a router', () => {
  it('asks by PCP first, and for no UPnP where that is spoken', async () => {
    const router = await start({});
    expect((await find(router))?.protocol).toBe('pcp');
    expect(router.requests).toEqual(['pcp announce']);
  });

  it('finds none where nobody answers, and has asked three times by UDP and twice for both kinds of router', async () => {
    const router = await start({ speaks: [] });
    expect(await hurry(() => find(router))).toBeUndefined();
    const count = (name: string) => router.requests.filter(request => request === name).length;
    expect(count('pcp unknown')).toBe(2); // the one between them is in NAT-PMP
    expect(count('ssdp')).toBe(4);
  });

  it('asks the next when the first does not do', async () => {
    const router = await start({});
    const names: string[] = [];
    for await (const { protocol } of findGatewaysIn(around(router), never)) names.push(protocol);
    expect(names).toEqual(['pcp', 'upnp']);
  });

  it('waits for nobody else when the router of the default route has answered a search', async () => {
    const { router } = await findBy('upnp');
    expect(router.requests.filter(request => request === 'ssdp')).toHaveLength(2);
  });

  it('ends with the signal', async () => {
    const router = await start({ speaks: [] });
    const ending = new AbortController();
    router.once('request', () => ending.abort());
    await expect(find(router, ending.signal)).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['a byte', Uint8Array.of(2)],
    ['half a header', Uint8Array.of(0, 128)],
    ['a header of PCP cut short', new Uint8Array(23).fill(0x82)],
    ['noise', new Uint8Array(1100).map((_, i) => i * 7)],
  ])('is not led astray by %s', async (_, packet) => {
    const router = await start({ speaks: ['pcp', 'nat-pmp'], packet });
    expect(await hurry(() => find(router))).toBeUndefined();
  });
});

it.each(['pcp', 'nat-pmp'] as const)('a router that gives port 0 by %s gives none', async protocol => {
  const { router, gateway } = await findBy(protocol);
  router.behaviour.shift = -6881;
  await expect(gateway.map(TCP, never)).rejects.toMatchObject({ facts: { reason: 'port 0' } });
});

it.each([
  ['nat-pmp', 'nat-pmp address', { packet: new Uint8Array() }],
  ['upnp', 'upnp GetExternalIPAddress', { body: 'hang' }],
] as const)(
  'a port is mapped by %s also when the router does not tell its address',
  async (protocol, question, silence) => {
    const { router, gateway } = await findBy(protocol);
    router.on('request', request => void (request === question && Object.assign(router.behaviour, silence)));
    expect(await hurry(() => gateway.map(TCP, never))).toEqual({
      externalPort: 6881,
      externalAddress: undefined,
      lifetimeS: 7200,
    });
  },
);

describe('UPnP', () => {
  it.each([1, 2] as const)('is spoken with version %i', async deviceVersion => {
    const { router, gateway } = await findBy('upnp', { deviceVersion });
    await gateway.map(TCP, never);
    expect(router.mapped()).toEqual(['tcp 6881']);
  });

  it('takes a lease without end where there is no other', async () => {
    const { router, gateway } = await findBy('upnp', { permanentOnly: true });
    expect((await gateway.map(TCP, never)).lifetimeS).toBe(Number.POSITIVE_INFINITY);
    expect(router.mappings.get('tcp 6881')?.lifetimeS).toBe(0);
    await gateway.unmap(TCP, never);
    expect(router.mapped()).toEqual([]);
  });

  it('gives up after some ports that others have', async () => {
    const { router, gateway } = await findBy('upnp', {
      taken: new Set(Array.from({ length: 100 }, (_, i) => 6881 + i)),
    });
    await expect(gateway.map(TCP, never)).rejects.toMatchObject({ facts: { result: 718 } });
    expect(router.requests.filter(request => request === 'upnp AddPortMapping')).toHaveLength(8);
  });

  it('has nothing to take back where the router has forgotten it', async () => {
    const { router, gateway } = await findBy('upnp');
    await gateway.map(TCP, never);
    router.restart();
    await gateway.unmap(TCP, never);
  });

  // Each leads to the router all the same, so that whoever follows is seen.
  it.each([
    ['another host', 'location', (port: string) => `http://127.0.0.2:${port}/rootDesc.xml`],
    ['another spelling', 'location', (port: string) => `http://[::ffff:127.0.0.1]:${port}/rootDesc.xml`],
    ['another scheme', 'location', (port: string) => `https://127.0.0.1:${port}/rootDesc.xml`],
    ['a file', 'location', () => 'file:///etc/passwd'],
    ['what is no URL', 'location', () => '::'],
    ['another host for actions', 'controlUrl', (port: string) => `http://127.0.0.2:${port}/ctl/IPConn`],
    [
      'actions of another host, of any scheme',
      'controlUrl',
      (port: string) => `//127.0.0.2:${port}/ctl/IPConn`,
    ],
  ] as const)('does not follow a device to %s', async (_, field, url) => {
    const router = await start({ speaks: ['upnp'] });
    router.behaviour[field] = url(new URL(router.url).port);
    expect(await hurry(() => find(router))).toBeUndefined();
    const asked = router.requests.filter(request => request.startsWith('upnp'));
    expect(asked).toEqual(field === 'location' ? [] : ['upnp /rootDesc.xml']);
  });

  it.each([
    ['nothing', ''],
    ['no XML', 'a fridge'],
    ['XML of something else', '<root><device><serviceList/></device></root>'],
    ['XML that is cut off', '<root><serviceList><service><serviceType>urn:schemas-upnp-org:service:WANIP'],
    ['elements in elements', '<a>'.repeat(20_000)],
    ['entities in entities', bomb()],
  ])('finds no router in %s', async (_, text) => {
    const router = await start({ speaks: ['upnp'], body: { text } });
    expect(await hurry(() => find(router))).toBeUndefined();
  });

  it('reads no more than 64 KiB of what does not end', async () => {
    const router = await start({ speaks: ['upnp'], body: 'endless' });
    expect(await hurry(() => find(router))).toBeUndefined();
    // The rest is what the sockets of both sides hold.
    expect(router.bytesSent).toBeLessThan(MAX_ANSWER_BYTES + 16 * 1024 * 1024);
  });

  it('reads a description that is not quite XML', async () => {
    const { router } = await findBy('upnp');
    const text =
      '<ROOT><device><serviceList><service><serviceType> urn:schemas-upnp-org:service:WANIPConnection:1 </serviceType>' +
      '<friendlyName>A & B</friendlyName><p:controlURL>/ctl/IPConn</p:controlURL></service></serviceList>';
    router.behaviour.body = { text };
    // The same text is the answer to actions, too: there is no address in it.
    expect(await hurry(() => find(router))).toBeUndefined();
    expect(router.requests).toContain('upnp GetExternalIPAddress');
  });

  it.each(['0.0.0.0', '', 'a fridge', '1.2.3.4.5'])(
    'takes no router whose address is %j',
    async externalAddress => {
      const router = await start({ speaks: ['upnp'], externalAddress });
      expect(await hurry(() => find(router))).toBeUndefined();
    },
  );

  it('asks no more than eight connections of a device', async () => {
    const router = await start({ speaks: ['upnp'], externalAddress: '0.0.0.0' });
    const service =
      '<service><serviceType>urn:schemas-upnp-org:service:WANIPConnection:1</serviceType>' +
      '<controlURL>/ctl/IPConn</controlURL></service>';
    router.behaviour.body = { text: `<root><serviceList>${service.repeat(100)}</serviceList></root>` };
    expect(await hurry(() => find(router))).toBeUndefined();
    expect(router.requests.filter(request => request === 'upnp GetExternalIPAddress')).toHaveLength(8);
  });

  it('asks the router of the default route first, though another has answered before it', async () => {
    const other = await start({ speaks: ['upnp'] });
    const router = await FakeGateway.start({ speaks: ['upnp'] }, { host: '127.0.0.2' });
    cleanups.push(() => router.close());
    const [first, second] = [await ssdpOf(other), await ssdpOf(router)];
    first.on('message', (_, { port, address }) => {
      first.send(answerOf(other), port, address, () => second.send(answerOf(router), port, address));
    });
    const ssdp = { host: '127.0.0.1', port: first.address().port };
    const names: string[] = [];
    for await (const { address } of findGatewaysIn({ ...around(other), gateway: router.host, ssdp }, never))
      names.push(address);
    expect(names).toEqual(['127.0.0.2', '127.0.0.1']);
  });

  it('is not spoken from where nothing can be sent to all', async () => {
    const router = await start({ speaks: ['upnp'] });
    const where = { ...around(router), localAddress: '255.255.255.255' };
    const found = hurry(async () => {
      for await (const gateway of findGatewaysIn(where, never)) return gateway;
      return undefined;
    });
    expect(await found).toBeUndefined();
  });

  it('does not read an answer of unusual length', async () => {
    const router = await start({ speaks: ['upnp'] });
    router.behaviour.location = `${router.url}/${'x'.repeat(3000)}`;
    expect(await hurry(() => find(router))).toBeUndefined();
    expect(router.requests.some(request => request.startsWith('upnp'))).toBe(false);
  });
});

describe('an answer of somebody else', () => {
  it('is not taken for the router', async () => {
    const router = await start({ speaks: [] });
    const stranger = createSocket('udp4').bind(0, '127.0.0.1');
    cleanups.push(() => stranger.close());
    await once(stranger, 'listening');
    router.once('from', ({ address, port }) =>
      stranger.send(Buffer.from([2, 0x80, 0, 0, ...Array(20).fill(0)]), port, address),
    );
    expect(await hurry(() => find(router))).toBeUndefined();
  });
});

async function ssdpOf({ host }: FakeGateway): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, host);
  cleanups.push(() => socket.close());
  await once(socket, 'listening');
  return socket;
}

function answerOf({ url }: FakeGateway): string {
  const target = 'urn:schemas-upnp-org:device:InternetGatewayDevice:1';
  return `HTTP/1.1 200 OK\r\nST: ${target}\r\nLOCATION: ${url}/rootDesc.xml\r\n\r\n`;
}

/** A billion laughs, were anybody to expand them. */
function bomb(): string {
  const entities = Array.from({ length: 10 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`);
  const service = 'urn:schemas-upnp-org:service:WANIPConnection:1';
  return `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY e0 "ha">${entities.join('')}]><root><service><serviceType>${service}</serviceType><controlURL>&e10;</controlURL></service></root>`;
}
