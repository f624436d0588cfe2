import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { createTracker } from '../../dist/tracker/index.js';
import { createMetainfo } from '../../src/engine/protocol/create-metainfo.js';
import { openSession, openStage } from '../lib/e2e-stage.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';

const TORRENTS = 240;

/** Our tracker behind a door that counts: requests at once, and connections. */
async function openDoor(stage: Stage) {
  const tracker = await createTracker({ http: { host: '127.0.0.1', port: 0 } });
  stage.defer(() => tracker.close());
  const counts = { inside: 0, most: 0, connections: 0, asked: [] as string[], hold: false };
  const door = createServer((request, response) => {
    counts.most = Math.max(counts.most, ++counts.inside);
    counts.asked.push(request.url!);
    response.once('close', () => counts.inside--);
    if (counts.hold) return;
    get({ port: tracker.http!.port, path: request.url }, answer => answer.pipe(response));
  });
  door.on('connection', () => counts.connections++);
  await new Promise<void>(resolve => door.listen(0, '127.0.0.1', resolve));
  stage.defer(() => {
    door.close();
    door.closeAllConnections();
  });
  return { counts, tracker, url: `http://127.0.0.1:${(door.address() as AddressInfo).port}/announce` };
}

/** Small ones that are never fetched. */
function torrentOf(number: number): Uint8Array {
  const pieces = new Uint8Array(20);
  new DataView(pieces.buffer).setUint32(0, number);
  const files = [{ path: [`${number}.bin`], length: 1 }];
  return createMetainfo({ name: `${number}.bin`, singleFile: true, files, pieceLength: 16384, pieces });
}

describe('the announces of hundreds of torrents', () => {
  it('come 8 at a time over connections that are kept, and what has no turn at the end is left out', {
    timeout: 60_000,
  }, async () => {
    const stage = await openStage();
    const { counts, tracker, url } = await openDoor(stage);
    const session = await openSession(stage, { dir: stage.path('target'), workers: 0 });
    for (let i = 0; i < TORRENTS; i++) await session.add(torrentOf(i), { trackers: [[url]] });
    await until('the last torrent', () => tracker.stats().torrents === TORRENTS);
    expect(counts.most).toBeLessThanOrEqual(8);

    counts.asked.length = 0;
    await session.listenOn({ port: 0 });
    await until('all announces of the new port', () => counts.asked.length === TORRENTS);
    expect(counts.most).toBeGreaterThan(4);
    expect(counts.most).toBeLessThanOrEqual(8);
    expect(counts.asked.every(path => path.includes(`port=${session.address!.port}&`))).toBe(true);
    expect(counts.connections).toBeLessThan(TORRENTS / 4);

    await until('the last answer', () => counts.inside === 0);
    counts.asked.length = 0;
    counts.hold = true;
    await session.close();
    expect(counts.asked.length).toBeGreaterThanOrEqual(8);
    expect(counts.asked.length).toBeLessThan(TORRENTS / 2);
    expect(counts.most).toBeLessThanOrEqual(8);
    expect(counts.asked.every(path => path.includes('event=stopped'))).toBe(true);
  });
});
