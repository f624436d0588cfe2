import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { describe, expect, it, onTestFinished } from 'vitest';
import { latin1, utf8 } from '../../../../src/engine/bytes.js';
import type { SystemInterfaces } from '../../../../src/engine/discovery/local-interfaces.js';
import { LsdSocket, type LsdSocketOptions } from '../../../../src/engine/discovery/lsd-socket.js';
import type { PeerAddress } from '../../../../src/engine/ids.js';
import { LSD_GROUPS } from '../../../../src/engine/protocol/lsd.js';
import { until } from '../../../lib/until.js';

/** Other programs announce on this machine too, tests among them. */
let tests = 0;
const ours = `millrace-${process.pid}-`;

/** The loopback interface: `lo` on Linux. */
const [loopback, lo] = Object.entries(networkInterfaces()).find(([, infos]) => infos?.[0].internal) as [
  string,
  NetworkInterfaceInfo[],
];
const like = (address: string, cidr: string) => [{ ...lo[0], address, cidr } as NetworkInterfaceInfo];

class Member {
  readonly packets: { text: string; from: PeerAddress }[] = [];
  readonly troubles: [string, Readonly<Record<string, unknown>>][] = [];
  readonly socket: LsdSocket;

  constructor(options: Partial<LsdSocketOptions> = {}) {
    this.socket = new LsdSocket({
      at: '127.0.0.1',
      onPacket: (packet, from) => {
        const text = latin1(packet);
        if (text.startsWith(ours)) this.packets.push({ text, from });
      },
      onTrouble: (what, facts) => void this.troubles.push([what, facts]),
      ...options,
    });
    onTestFinished(() => this.socket.close());
  }

  async hears(text: string): Promise<PeerAddress> {
    const { from } = await until(text, () => this.packets.find(packet => packet.text === text), {
      timeoutMs: 5_000,
      everyMs: 5,
    });
    return from;
  }
}

const open = async (options?: Partial<LsdSocketOptions>) => {
  const member = new Member(options);
  await member.socket.look();
  return member;
};

const text = () => `${ours}${++tests}`;

async function raw(): Promise<Socket> {
  const socket = createSocket('udp4');
  onTestFinished(() => void socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

describe('a member of the group', () => {
  it('is heard by others on the machine, and by itself', async () => {
    const [one, two] = [await open(), await open()];
    expect(one.socket.joined.map(({ zone }) => zone)).toHaveLength(1);
    const said = text();
    one.socket.send(utf8(said));
    for (const member of [one, two]) expect((await member.hears(said)).host).toBe('127.0.0.1');
  });

  it('sends packets one after the other', async () => {
    const member = await open();
    const said = Array.from({ length: 50 }, text);
    for (const packet of said) member.socket.send(utf8(packet));
    await member.hears(said[49]);
    expect(member.packets.map(packet => packet.text)).toEqual(said);
  });

  it.runIf(process.platform === 'linux')('sends from the address where it is reached', async () => {
    const hearer = await open();
    const member = await open({ at: '127.0.0.9' });
    const said = text();
    member.socket.send(utf8(said));
    expect((await hearer.hears(said)).host).toBe('127.0.0.9');
  });

  it.runIf(process.platform === 'linux')('sends each packet by each of its interfaces', async () => {
    const one = like('127.0.0.1', '127.0.0.0/8');
    const two = like('127.0.0.2', '127.0.0.0/8');
    const member = await open({ at: '0.0.0.0', interfaces: () => ({ one, two }) });
    const said = Array.from({ length: 20 }, text);
    for (const packet of said) member.socket.send(utf8(packet));
    await until('all', () => member.packets.length >= 2 * said.length, { timeoutMs: 5_000 });
    const heard = member.packets.map(packet => [packet.text, packet.from.host]);
    expect(heard).toEqual(said.flatMap(packet => ['127.0.0.1', '127.0.0.2'].map(host => [packet, host])));
  });

  it.runIf(process.platform !== 'win32')('gets nothing that is sent to it alone', async () => {
    const member = await open();
    const socket = await raw();
    const alone = text();
    socket.send(alone, LSD_GROUPS[4].port, '127.0.0.1');
    const said = text();
    socket.setMulticastInterface('127.0.0.1');
    socket.send(said, LSD_GROUPS[4].port, LSD_GROUPS[4].host);
    await member.hears(said);
    expect(member.packets.map(packet => packet.text)).toEqual([said]);
  });

  it('does not hear who is not in a network of its interfaces', async () => {
    const network = (cidr: string) => ({ lo: like('127.0.0.1', cidr) });
    const near = await open({ interfaces: () => network('127.0.0.1/8') });
    const far = await open({ interfaces: () => network('127.0.0.1/32') });
    const socket = createSocket('udp4');
    onTestFinished(() => void socket.close());
    socket.bind(0, '127.0.0.2');
    await once(socket, 'listening');
    socket.setMulticastInterface('127.0.0.1');
    const [said, then] = [text(), text()];
    socket.send(said, LSD_GROUPS[4].port, LSD_GROUPS[4].host);
    await near.hears(said);
    near.socket.send(utf8(then));
    await far.hears(then);
    expect(far.packets.map(packet => packet.text)).toEqual([then]);
  });

  it('that has been closed hears and sends nothing, and can be opened again', async () => {
    const [one, two] = [await open(), await open()];
    const [before, between, after] = [text(), text(), text()];
    one.socket.send(utf8(before));
    await two.hears(before);
    two.socket.close();
    two.socket.send(utf8(text()));
    expect(two.socket.joined).toEqual([]);
    one.socket.send(utf8(between));
    await one.hears(between);
    await two.socket.look();
    one.socket.send(utf8(after));
    await two.hears(after);
    expect(two.packets.map(packet => packet.text)).toEqual([before, after]);
  });

  it('that is closed while it opens stays closed', async () => {
    const member = new Member();
    const opening = member.socket.look();
    member.socket.close();
    await opening;
    expect(member.socket.joined).toEqual([]);
    expect(member.troubles).toEqual([]);
  });
});

describe('interfaces that come and go', () => {
  it('are noticed at the next look, and what comes is told', async () => {
    let system: SystemInterfaces = {};
    const hearer = await open();
    const member = new Member({ interfaces: () => system });
    expect(await member.socket.look()).toBe(false);
    member.socket.send(utf8(text()));
    system = networkInterfaces();
    expect(await member.socket.look()).toBe(true);
    expect(await member.socket.look()).toBe(false);
    const said = text();
    member.socket.send(utf8(said));
    await hearer.hears(said);
    system = {};
    expect(await member.socket.look()).toBe(false);
    expect(member.socket.joined).toEqual([]);
    expect(member.troubles).toEqual([]);
    expect(hearer.packets.map(packet => packet.text)).toEqual([said]);
  });

  it('that cannot do multicast are told of once, and the others go on', async () => {
    const broken = like('203.0.113.1', '203.0.113.1/24');
    const member = await open({ at: '0.0.0.0', interfaces: () => ({ broken, [loopback]: lo }) });
    await member.socket.look();
    expect(member.troubles).toEqual([
      [
        'no multicast',
        expect.objectContaining({ family: 4, interface: 'broken', osCode: expect.any(String) }),
      ],
    ]);
    expect(member.socket.joined.map(({ name }) => name)).toEqual([loopback]);
    const said = text();
    member.socket.send(utf8(said));
    await member.hears(said);
  });

  it('cannot be listed: there are none for now', async () => {
    const member = await open({
      interfaces: () => {
        throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      },
    });
    expect(member.troubles).toEqual([
      ['interfaces cannot be listed', expect.objectContaining({ osCode: 'EMFILE' })],
    ]);
  });
});

it('an address that nobody has is trouble, not a failure', async () => {
  const gone = like('203.0.113.1', '203.0.113.1/24');
  const member = await open({ at: '203.0.113.1', interfaces: () => ({ gone }) });
  expect(member.troubles).toEqual([
    ['cannot be bound', expect.objectContaining({ osCode: 'EADDRNOTAVAIL' })],
  ]);
  expect(member.socket.joined).toEqual([]);
});
