import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DhtSocket } from '../../../../src/engine/discovery/dht-socket.js';
import type { PeerAddress } from '../../../../src/engine/ids.js';
import { MAX_PACKET_BYTES } from '../../../../src/engine/protocol/dht/limits.js';

const LOOPBACK = { 4: '127.0.0.1', 6: '::1' } as const;

interface Packet {
  readonly bytes: Uint8Array;
  readonly from: PeerAddress;
}

async function open(family: 4 | 6, port = 0) {
  const packets: Packet[] = [];
  let wake = () => {};
  const socket = await DhtSocket.open({
    family,
    at: { host: LOOPBACK[family], port },
    onPacket(bytes, from) {
      packets.push({ bytes, from });
      wake();
    },
  });
  onTestFinished(() => socket.close());
  const arrived = async (count: number) => {
    while (packets.length < count) await new Promise<void>(resolve => (wake = resolve));
    return packets;
  };
  return { socket, arrived };
}

async function rawSocket(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, LOOPBACK[4]);
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  return socket;
}

describe.each([4, 6] as const)('a socket of IPv%i', family => {
  it('sends from where it receives', async () => {
    const [a, b] = [await open(family), await open(family)];
    a.socket.send(Uint8Array.of(1, 2, 3), b.socket.address);
    const [{ bytes, from }] = await b.arrived(1);
    expect([...bytes]).toEqual([1, 2, 3]);
    expect(from).toEqual(a.socket.address);
  });

  it('cannot have a port that another has', async () => {
    const { port } = (await open(family)).socket.address;
    await expect(open(family, port)).rejects.toMatchObject({ code: 'ERR_NET_ADDRESS_IN_USE' });
  });
});

describe('a socket of packets', () => {
  it('has a coded error for an address that is not of this machine', async () => {
    const at = { host: '192.0.2.1', port: 0 }; // for documentation (RFC 5737)
    const opened = DhtSocket.open({ family: 4, at, onPacket: () => {} });
    await expect(opened).rejects.toMatchObject({
      code: 'ERR_NET_ADDRESS',
      facts: { osCode: 'EADDRNOTAVAIL' },
    });
  });

  it('passes over what is longer than any packet of the DHT', async () => {
    const [raw, { socket, arrived }] = [await rawSocket(), await open(4)];
    const { host, port } = socket.address;
    for (const length of [MAX_PACKET_BYTES + 1, MAX_PACKET_BYTES, 0])
      raw.send(new Uint8Array(length), port, host);
    expect((await arrived(2)).map(({ bytes }) => bytes.length)).toEqual([MAX_PACKET_BYTES, 0]);
  });

  it('takes no harm from packets that cannot be sent', async () => {
    const [a, b] = [await open(4), await open(4)];
    a.socket.send(Uint8Array.of(1), { host: '255.255.255.255', port: 9 }); // not allowed
    a.socket.send(Uint8Array.of(1), { host: '::1', port: 9 }); // of the other family
    a.socket.send(Uint8Array.of(1), { host: LOOPBACK[4], port: 0 });
    a.socket.send(Uint8Array.of(1), { host: LOOPBACK[4], port: 70_000 });
    const { port } = (await rawSocket()).address() as AddressInfo;
    a.socket.send(Uint8Array.of(1), { host: LOOPBACK[4], port });
    a.socket.send(Uint8Array.of(7), b.socket.address);
    expect((await b.arrived(1))[0].bytes[0]).toBe(7);
  });

  it('neither sends nor fails once it is closed', async () => {
    const [a, b] = [await open(4), await open(4)];
    a.socket.close();
    a.socket.close();
    a.socket.send(Uint8Array.of(1), b.socket.address);
    const c = await open(4);
    c.socket.send(Uint8Array.of(2), b.socket.address);
    expect((await b.arrived(1))[0].bytes[0]).toBe(2);
  });
});
