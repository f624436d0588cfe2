import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect } from 'vitest';
import { ask } from '../../examples/sockets/tcp-client.js';
import { it } from '../interop/stage-test.js';
import { until } from '../lib/until.js';
import { answerOf, BUILT, portOf, runExample, startServer } from './programs.js';

const HOST = '127.0.0.1';

for (const kind of ['udp', 'tcp'] as const) {
  describe(`${kind} programs`, () => {
    it('a line goes there and comes back', async ({ stage }) => {
      const { server, port } = await startServer(stage, kind);
      const client = () => runExample(stage, `${kind}-client`, HOST, port);
      expect(await answerOf(client(), 'mühle')).toBe('MÜHLE');
      expect(await answerOf(client(), '')).toBe('');
      expect(server.lines).toEqual([`${kind.toUpperCase()} server on ${HOST} port ${port}`]);
    });

    it('a server whose port is taken says so in one line', async ({ stage }) => {
      const { port } = await startServer(stage, kind);
      const second = runExample(stage, `${kind}-server`, HOST, port);
      await second.exits(1);
      expect(second.lines).toEqual([`error: ${HOST} port ${port}: another program has this port`]);
    });

    it('a client that finds nobody says so in one line', async ({ stage }) => {
      const { server, port } = await startServer(stage, kind);
      await server.stop('SIGKILL');
      const client = runExample(stage, `${kind}-client`, HOST, port);
      client.type('hello');
      await client.exits(1);
      expect(client.lines).toEqual([`error: ${HOST} port ${port}: nobody listens there`]);
    });
  });
}

it('a client without a line sends nothing', async ({ stage }) => {
  const client = runExample(stage, 'tcp-client', HOST, 9);
  client.endInput();
  await client.exits(1);
  expect(client.lines).toEqual([`error: ${HOST} port 9: there was no line to send`]);
});

it.for(['http', '65536', '-1', '12000 13000'])('%s is no port', async (text, { stage }) => {
  const program = runExample(stage, 'tcp-server', HOST, ...text.split(' '));
  await program.exits(2);
  expect(program.lines).toEqual(['usage: [host] [port], the port a number from 0 to 65535']);
});

it.skipIf(process.platform === 'win32')('a tcp server out of file descriptors goes on', async ({ stage }) => {
  // Both limits of the system: Node raises the soft one to the hard one.
  const limited = 'ulimit -n 40; exec "$0" "$@"';
  const server = stage.run('sh', ['-c', limited, process.execPath, `${BUILT}tcp-server.js`, HOST, '0']);
  const address = { host: HOST, port: portOf(await server.line(/ port \d+$/)) };
  const crowd = Array.from({ length: 60 }, () => connect(address).on('error', () => {}));
  // Who has no place is sent away at once; those who are in may stay and think.
  await Promise.race(crowd.map(socket => once(socket.resume(), 'close')));
  for (const socket of crowd) socket.destroy();
  await until(
    'an answer',
    async () => (await ask(Buffer.from('again'), address).catch(() => '')) === 'AGAIN',
  );
});
