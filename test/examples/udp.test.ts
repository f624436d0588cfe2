import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ask } from '../../examples/sockets/udp-client.js';
import { createUpperCaseServer } from '../../examples/sockets/udp-server.js';

const HOST = '127.0.0.1';

let server: Socket;
let address: { host: string; port: number };

beforeEach(async () => {
  server = createUpperCaseServer(HOST);
  server.bind(0, HOST);
  await once(server, 'listening');
  address = { host: HOST, port: server.address().port };
});
afterEach(() => new Promise<void>(done => server.close(done)));

describe('the UDP server', () => {
  it('answers an empty datagram with an empty one', async () => {
    expect(await ask(Buffer.alloc(0), address)).toBe('');
  });

  it('answers the largest datagram with as much as the buffer holds', async () => {
    const client = createSocket('udp4');
    client.send(Buffer.alloc(65_507, 'é'), address.port, HOST);
    const [answer] = (await once(client, 'message')) as [Buffer];
    client.close();
    expect(answer.toString()).toBe('É'.repeat(1024));
  });

  it('answers bytes that are no UTF-8', async () => {
    expect(await ask(Buffer.of(0xc3, 0x28, 0xff, 0x61, 0xe2, 0x82), address)).toBe('\ufffd(\ufffdA');
  });

  it('goes on when the sender is gone before its answer comes', async () => {
    for (let i = 0; i < 20; i++) {
      const client = createSocket('udp4');
      await new Promise<void>(sent => client.send('bye', address.port, HOST, () => client.close(sent)));
    }
    expect(await ask(Buffer.from('still there'), address)).toBe('STILL THERE');
  });

  it.each([
    ['a port that nobody can send to', { address: HOST, port: 0 }],
    ['an address that cannot be reached', { address: '255.255.255.255', port: 9 }],
  ])('goes on after a datagram from %s', async (_, from) => {
    server.emit('message', Buffer.from('forged'), { ...from, family: 'IPv4', size: 6 });
    expect(await ask(Buffer.from('still there'), address)).toBe('STILL THERE');
  });
});

it('the UDP client listens to nobody but the server it asked', async () => {
  const stranger = createSocket('udp4');
  server.removeAllListeners('message');
  server.on('message', (message, { port }) => {
    stranger.send('forged', port, HOST, () => server.send(`from ${message}`, port, HOST));
  });
  expect(await ask(Buffer.from('the server'), address)).toBe('from the server');
  stranger.close();
});

it('the UDP client gives up on an answer that does not come', async () => {
  server.removeAllListeners('message');
  await expect(ask(Buffer.from('lost'), address, 20)).rejects.toMatchObject({ code: 'ABORT_ERR' });
});
