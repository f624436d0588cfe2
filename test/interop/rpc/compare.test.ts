import { mkdir, rm } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { createTracker } from '../../../dist/tracker/index.js';
import type { Stage } from '../../lib/stage.js';
import { until } from '../../lib/until.js';
import { skipReason } from '../clients/required.js';
import { startMillrace } from '../millrace.js';
import { it } from '../stage-test.js';
import meant from './differences.json' with { type: 'json' };
import { type DaemonKind, ours, reference } from './lib/daemons.js';
import { differences, shape } from './lib/differences.js';
import { FIELDS } from './lib/fields.js';
import { runScript } from './lib/run-script.js';
import { script } from './lib/script.js';
import { addSample, sample } from './lib/torrents.js';

/** What 4.0 added to rows that 3.00 has. */
const LATER: readonly string[] = [
  '.files[].beginPiece: number',
  '.files[].endPiece: number',
  '.peers[].bytesToClient: number',
  '.peers[].bytesToPeer: number',
  '.trackerStats[].downloaderCount: number',
  '.trackerStats[].sitename: string',
  '.trackers[].sitename: string',
];

async function answersOf(stage: Stage, kind: DaemonKind, name: string): Promise<Map<string, unknown>> {
  const [album, single] = [await sample(stage, 'album'), await sample(stage, 'single')];
  const other = await sample(stage, 'album', 2);
  const daemon = await kind.start(stage, { name });
  const dir = stage.path(`${name}-dir`);
  await mkdir(dir);
  return runScript(daemon, script({ album, single, other, dir }), dir);
}

/** `step: difference`, for all steps. */
async function compared(stage: Stage, kind: DaemonKind): Promise<readonly string[]> {
  const wanted = await answersOf(stage, reference, 'first');
  const found = await answersOf(stage, kind, 'second');
  expect([...found.keys()]).toEqual([...wanted.keys()]);
  return [...wanted].flatMap(([step, answer]) =>
    differences(answer, found.get(step)).map(difference => `${step}: ${difference}`),
  );
}

/** Names and types of all that is told of a torrent that a tracker knows and a peer takes from; neither has all of it. */
async function shapeAtWork(stage: Stage, kind: DaemonKind): Promise<readonly string[]> {
  const tracker = await createTracker({ http: { host: '127.0.0.1', port: 0 } });
  stage.defer(() => tracker.close());
  const album = await sample(stage, 'album', kind.isReference ? 1 : 2, tracker.http!.url);
  const daemon = await kind.start(stage);
  await album.writeFiles(daemon.downloads);
  await rm(`${daemon.downloads}/album/two.bin`);
  await addSample(daemon, album);
  await daemon.rpc.call('torrent-set', { ids: [album.hash], labels: ['a'] });
  await startMillrace(stage, { torrent: album.path, dir: stage.path(kind.name), peers: [daemon.peers] });
  const torrent = await until('a peer and an announce', async () => {
    const found = await daemon.rpc.torrent<{
      peers: { progress: number }[];
      trackerStats: { lastAnnounceSucceeded: boolean }[];
    }>(album.hash, FIELDS);
    return found.peers[0]?.progress > 0 && found.trackerStats[0].lastAnnounceSucceeded && found;
  });
  return shape(torrent);
}

/** `*: ` begins what is so in the answer to any step. */
function covers(listed: string, difference: string): boolean {
  return listed === difference || (listed.startsWith('*: ') && difference.endsWith(listed.slice(1)));
}

describe.skipIf(skipReason([reference]) !== undefined)('answers to a script of requests', () => {
  it('transmission-daemon answers as another transmission-daemon', async ({ stage }) => {
    expect(await compared(stage, reference)).toEqual([]);
  });

  it('millrace answers as transmission-daemon, but for what is meant', async ({ stage }) => {
    const found = await compared(stage, ours);
    const listed = Object.values<readonly string[]>(meant).flat();
    expect({
      unlisted: found.filter(difference => !listed.some(line => covers(line, difference))),
      gone: listed.filter(line => !found.some(difference => covers(line, difference))),
    }).toEqual({ unlisted: [], gone: [] });
  });

  it('a torrent at work has all its fields, of the same types', async ({ stage }) => {
    const [wanted, found] = [await shapeAtWork(stage, reference), await shapeAtWork(stage, ours)];
    expect(wanted.filter(line => !found.includes(line))).toEqual([]);
    expect(found.filter(line => !wanted.includes(line))).toEqual(LATER);
  });
});
