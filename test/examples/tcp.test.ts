import { once } from 'node:events';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { ask } from '../../examples/sockets/tcp-client.js';
import { createUpperCaseServer } from '../../examples/sockets/tcp-server.js';
import { BUFFER_BYTES } from '../../examples/sockets/upper-case.js';

const HOST = '127.0.0.1';

let server: Server;
let address: { host: string; port: number };
const clients: Socket[] = [];

async function listen(patienceMs?: number): Promise<void> {
  server = createUpperCaseServer(patienceMs);
  await once(server.listen(0, HOST), 'listening');
  address = { host: HOST, port: (server.address() as AddressInfo).port };
}

/** Both ends of a new connection. */
async function open(): Promise<{ client: Socket; accepted: Socket }> {
  const accepting = once(server, 'connection');
  const client = connect(address);
  clients.push(client);
  client.on('error', () => {});
  const [[accepted]] = await Promise.all([accepting, once(client, 'connect')]);
  return { client, accepted };
}

/** However it ends. */
function closed(socket: Socket): Promise<void> {
  return new Promise(done => socket.once('close', () => done()));
}

async function readAll(client: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of client) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await new Promise(done => server.close(done));
});

describe('the TCP server', () => {
  it('serves many clients at the same time', async () => {
    await listen();
    const all = [];
    for (let i = 0; i < 50; i++) all.push(await open());
    // The last that came asks first, while all others still think.
    for (const { client } of all.reverse()) {
      client.write('mill');
      expect(await readAll(client)).toBe('MILL');
    }
  });

  it('waits for the rest of a character that came in two pieces', async () => {
    await listen();
    const { client, accepted } = await open();
    const message = Buffer.from('race à la €');
    client.write(message.subarray(0, -1));
    await once(accepted, 'data');
    client.write(message.subarray(-1));
    expect(await readAll(client)).toBe('RACE À LA €');
  });

  it('drops half a character when the client has no more', async () => {
    await listen();
    const { client } = await open();
    client.end(Buffer.from('né').subarray(0, 2));
    expect(await readAll(client)).toBe('N');
  });

  it('answers nothing with nothing', async () => {
    await listen();
    expect(await ask(Buffer.alloc(0), address)).toBe('');
  });

  it('answers the first 2048 bytes of a longer message, and the answer arrives', async () => {
    await listen();
    const { client } = await open();
    client.end(Buffer.alloc(4_000_000, 'é'));
    expect(await readAll(client)).toBe('É'.repeat(BUFFER_BYTES / 2));
  });

  it('keeps nothing of what a client sends that never reads', async () => {
    await listen();
    const { client, accepted } = await open();
    const bytes = 8_000_000;
    let most = 0;
    const received = new Promise<void>(done => {
      accepted.on('data', () => {
        most = Math.max(most, accepted.writableLength + accepted.readableLength);
        if (accepted.bytesRead >= bytes) done();
      });
    });
    client.pause().write(Buffer.alloc(bytes, 'x'));
    await received;
    expect(most).toBeLessThanOrEqual(BUFFER_BYTES + accepted.readableHighWaterMark);
  });

  it('ends with a client that says nothing', async () => {
    await listen(20);
    const { accepted } = await open();
    await closed(accepted);
  });

  it('ends with a client that never stops sending, however busy the connection is', async () => {
    await listen(200);
    const { client, accepted } = await open();
    client.setNoDelay();
    const send = () => client.writable && client.write('x', () => void setImmediate().then(send));
    send();
    await closed(accepted);
  });

  it('goes on when a client breaks off', async () => {
    await listen();
    const { client, accepted } = await open();
    client.resetAndDestroy();
    await closed(accepted);
    expect(await ask(Buffer.from('still there'), address)).toBe('STILL THERE');
  });
});

it('the TCP client prints an answer that comes in pieces as one', async () => {
  await listen();
  server.removeAllListeners('connection');
  server.on('connection', async socket => {
    const euro = Buffer.from('€');
    socket.resume().write(euro.subarray(0, 1));
    await once(socket, 'end');
    // The client reads the first piece in the round of the event loop that is between these two.
    await setImmediate();
    await setImmediate();
    socket.end(euro.subarray(1));
  });
  expect(await ask(Buffer.from('?'), address)).toBe('€');
});

it('the TCP client takes no more than the buffer from a server that never ends', async () => {
  await listen();
  server.removeAllListeners('connection');
  server.on('connection', socket => {
    socket.on('error', () => {}).resume();
    const send = () =>
      socket.writable && socket.write('x'.repeat(1000), () => void setImmediate().then(send));
    send();
  });
  expect(await ask(Buffer.from('?'), address)).toBe('x'.repeat(BUFFER_BYTES));
});

it('the TCP client gives up on a server that sleeps', async () => {
  await listen();
  server.removeAllListeners('connection');
  server.on('connection', socket => clients.push(socket));
  await expect(ask(Buffer.from('hello'), address, 20)).rejects.toMatchObject({ code: 'ABORT_ERR' });
});
