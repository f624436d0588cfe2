import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { createTracker, type Tracker } from '../../dist/tracker/index.js';
import type { Program } from '../lib/program.js';
import { hashTree } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';
import { aria2 } from './clients/aria2.js';
import { libtorrent } from './clients/libtorrent.js';
import { skipReason } from './clients/required.js';
import { transmission } from './clients/transmission.js';
import { EMPTY_FILE, writeContent } from './content.js';
import { it } from './stage-test.js';

const BIN = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));

function millrace(stage: Stage, ...args: string[]): Program {
  return stage.run(process.execPath, [BIN, ...args, '--json']);
}

async function prepare(stage: Stage): Promise<{ source: string; torrent: string; tracker: Tracker }> {
  const tracker = await createTracker({ http: { host: '127.0.0.1', port: 0 } });
  stage.defer(() => tracker.close());
  const source = await writeContent(stage.path('source'), 'multi');
  const torrent = stage.path('made.torrent');
  await millrace(stage, 'create', source, '--out', torrent, '--announce', tracker.http!.url).exits();
  return { source, torrent, tracker };
}

/** Both commands take them: loopback, and no state outside the stage. */
const PEER = ['--host', '127.0.0.1', '--no-state', '--workers', '1', '--no-dht', '--no-lsd'];

describe.concurrent('command line', () => {
  it.skipIf(skipReason([libtorrent]) !== undefined)('download from libtorrent', async ({ stage }) => {
    const { source, torrent } = await prepare(stage);
    const other = await libtorrent.start(stage, { torrent, dir: stage.path('source'), role: 'seed' });
    const peer = `${other.address.host}:${other.address.port}`;
    const download = millrace(
      stage,
      'download',
      torrent,
      '--dir',
      stage.path('copy'),
      '--peer',
      peer,
      ...PEER,
    );
    const { bytes } = await download.event('complete');
    await download.exits();
    expect(bytes).toBeGreaterThan(0);
    expect(await hashTree(stage.path('copy', 'multi'))).toEqual(await hashTree(source));
    expect(other.complaints()).toEqual([]);
  });

  it.skipIf(skipReason([aria2]) !== undefined)('seed to aria2', async ({ stage }) => {
    const { source, torrent, tracker } = await prepare(stage);
    const seed = millrace(stage, 'seed', torrent, '--dir', stage.path('source'), ...PEER);
    await seed.event('listening');
    await until('our announce', () => tracker.stats().peers > 0, { explain: () => seed.tail() });
    const other = await aria2.start(stage, { torrent, dir: stage.path('copy'), role: 'leech' });
    await other.completed();
    expect(await hashTree(stage.path('copy', 'multi'))).toEqual(await hashTree(source));
    expect(other.complaints()).toEqual([]);
  });

  it.skipIf(skipReason([transmission]) !== undefined)('seed to Transmission', async ({ stage }) => {
    const { source, torrent, tracker } = await prepare(stage);
    const other = await transmission.start(stage, { torrent, dir: stage.path('copy'), role: 'leech' });
    await until('the announce of Transmission', () => tracker.stats().peers > 0, {
      explain: () => other.tail(),
    });
    const seed = millrace(stage, 'seed', torrent, '--dir', stage.path('source'), ...PEER);
    await seed.event('listening');
    await other.completed();
    const isEmpty = (path: string) => path === EMPTY_FILE;
    expect(await hashTree(stage.path('copy', 'multi'))).toEqual(await hashTree(source, isEmpty));
    expect(other.complaints()).toEqual([]);
  });
});
