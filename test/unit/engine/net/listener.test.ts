import net from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EVERYWHERE, type Listener, listen } from '../../../../src/engine/net/listener.js';
import { freePort } from '../../../lib/free-port.js';

/** For documentation (RFC 5737): no machine has it. */
const NOBODYS = '192.0.2.1';

async function open(host: string, port = 0, everywhere?: readonly string[]) {
  const came: (string | undefined)[] = [];
  const accept = (socket: net.Socket) => {
    came.push(socket.remoteAddress);
    socket.destroy();
  };
  const listener = await listen({ host, port }, accept, everywhere);
  onTestFinished(() => listener.close());
  return { listener, came };
}

function dial(host: string, { addresses }: Listener): Promise<string> {
  return new Promise(resolve => {
    const socket = net.connect({ host, port: addresses[0].port });
    socket.on('error', error => resolve((error as NodeJS.ErrnoException).code ?? ''));
    socket.on('close', () => resolve('closed'));
  });
}

/** @returns a port that is taken in the one family alone: of others an old connection may have it in the other. */
async function occupy(host: string): Promise<number> {
  const port = await freePort();
  await open(host, port);
  return port;
}

describe('listen', () => {
  it('takes peers of both families on one port, and tells IPv4 from IPv6', async () => {
    const { listener, came } = await open(EVERYWHERE);
    const [{ port }] = listener.addresses;
    expect(listener.addresses).toEqual([
      { host: '0.0.0.0', port },
      { host: '::', port },
    ]);
    for (const host of ['127.0.0.1', '::1']) expect(await dial(host, listener)).toBe('closed');
    expect(came).toEqual(['127.0.0.1', '::1']);
    await listener.close();
    for (const host of ['127.0.0.1', '::1']) expect(await dial(host, listener)).toBe('ECONNREFUSED');
  });

  it.each([
    ['0.0.0.0', '::1'],
    ['::', '127.0.0.1'],
    ['::1', '127.0.0.1'],
    ['127.0.0.1', '::1'],
  ])('%s is one family alone', async (host, other) => {
    const { listener } = await open(host);
    expect(listener.addresses.map(address => address.host)).toEqual([host]);
    expect(await dial(other, listener)).toBe('ECONNREFUSED');
  });

  it.each(['0.0.0.0', '::'])('is not content with one family: %s is taken', async host => {
    const port = await occupy(host);
    await expect(open(EVERYWHERE, port)).rejects.toMatchObject({ code: 'ERR_NET_ADDRESS_IN_USE' });
    const other = host === '::' ? '0.0.0.0' : '::';
    await open(other, port); // nothing was left listening
  });

  it('does without a family that the machine lacks', async () => {
    const port = await freePort();
    for (const hosts of [
      ['127.0.0.1', NOBODYS],
      [NOBODYS, '::1'],
    ]) {
      const { listener } = await open(EVERYWHERE, port, hosts);
      expect(listener.addresses).toEqual([{ host: hosts.find(host => host !== NOBODYS), port }]);
      await listener.close();
    }
    await expect(open(EVERYWHERE, port, [NOBODYS])).rejects.toMatchObject({ code: 'ERR_NET_ADDRESS' });
  });

  it('looks for another port when the one that was found is taken in the other family', async () => {
    let tries = 0;
    /** The first host once more is a port that is taken. */
    const hosts = (takenFor: number) => ({
      *[Symbol.iterator]() {
        tries++;
        yield '127.0.0.1';
        yield tries <= takenFor ? '127.0.0.1' : '::1';
      },
    });
    const { listener } = await open(EVERYWHERE, 0, hosts(3) as unknown as string[]);
    expect(listener.addresses.map(({ host }) => host)).toEqual(['127.0.0.1', '::1']);
    expect(tries).toBe(4);
    await expect(open(EVERYWHERE, 0, hosts(1000) as unknown as string[])).rejects.toMatchObject({
      code: 'ERR_NET_ADDRESS_IN_USE',
    });
    expect(tries).toBe(24);
  });
});
