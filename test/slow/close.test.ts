import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { MiB, makeSample, nextEvent, openSession, openStage } from '../lib/e2e-stage.js';

it('close waits for a tracker that does not take `stopped` for 4 s and no longer', async () => {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'film.bin': MiB });
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    const event = /event=(\w+)/.exec(request.url ?? '')?.[1] ?? '';
    asked.push(event);
    if (event === 'started') response.end('d8:intervali1800e5:peers0:e');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stage.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const session = await openSession(stage, { dir: sample.dir });
  const torrent = await session.add(sample.torrent, {
    check: 'seed',
    trackers: [[`http://127.0.0.1:${port}/announce`]],
  });
  await nextEvent(torrent, 'tracker', ({ state }) => state === 'working');
  const startMs = performance.now();
  await session.close();
  const ms = performance.now() - startMs;
  expect(asked).toEqual(['started', 'stopped']);
  expect(ms).toBeGreaterThan(3500);
  expect(ms).toBeLessThan(5000);
});
