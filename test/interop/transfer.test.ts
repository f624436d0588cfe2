import { basename } from 'node:path';
import { describe, expect } from 'vitest';
import { createTracker } from '../../dist/tracker/index.js';
import { hashTree } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';
import { aria2 } from './clients/aria2.js';
import type { Client, OtherPeer, StartOptions } from './clients/client.js';
import { libtorrent } from './clients/libtorrent.js';
import { skipReason } from './clients/required.js';
import { transmission } from './clients/transmission.js';
import { EMPTY_FILE, writeContent } from './content.js';
import { type MillracePeer, startMillrace, writeTorrent } from './millrace.js';
import { it } from './stage-test.js';

type Direction = 'millrace seeds' | 'millrace downloads';

/** Who must be up first, so that the later one learns of it and dials. */
const FIRST: Record<string, (direction: Direction, content: string) => 'other' | 'millrace'> = {
  // Single file: we dial. Multi-file: it dials.
  libtorrent: (_direction, content) => (content === 'single' ? 'other' : 'millrace'),
  // As a seed it dials nobody.
  aria2: direction => (direction === 'millrace downloads' ? 'other' : 'millrace'),
  // It dials nobody on loopback.
  Transmission: () => 'other',
};

async function transfer(
  stage: Stage,
  client: Client,
  direction: Direction,
  content: 'single' | 'multi',
  pieceLength: number,
  superSeeding?: boolean,
): Promise<void> {
  const source = await writeContent(stage.path('source'), content);
  const copy = stage.path('copy', basename(source));
  const tracker = await createTracker({ http: { host: '127.0.0.1', port: 0 } });
  stage.defer(() => tracker.close());
  const torrent = stage.path('shared.torrent');
  const byTracker = client !== libtorrent;
  await writeTorrent(source, torrent, { pieceLength, announce: byTracker ? [[tracker.http!.url]] : [] });

  const seeds = direction === 'millrace seeds';
  const dirs = { seed: stage.path('source'), leech: stage.path('copy') };
  const roles = { millrace: seeds ? 'seed' : 'leech', other: seeds ? 'leech' : 'seed' } as const;
  const startOther = (dial: StartOptions['dial'] = []) =>
    client.start(stage, { torrent, dir: dirs[roles.other], role: roles.other, dial });
  const startOurs = (peers: StartOptions['dial'] = []) =>
    startMillrace(stage, { torrent, dir: dirs[roles.millrace], peers, superSeeding });
  const announced = () => until('an announce', () => !byTracker || tracker.stats().peers > 0);

  let other: OtherPeer;
  let ours: MillracePeer;
  if (FIRST[client.name](direction, content) === 'other') {
    other = await startOther();
    await announced();
    ours = await startOurs(byTracker ? [] : [other.address]);
  } else {
    ours = await startOurs();
    await announced();
    other = await startOther(byTracker ? [] : [ours.address]);
  }
  try {
    await (seeds ? other.completed() : ours.torrent.completed({ signal: AbortSignal.timeout(60_000) }));
  } catch (error) {
    throw new Error(`${error}\n${JSON.stringify(ours.torrent.stats(), undefined, 1)}\n${other.tail()}`);
  }
  const unwritten = (path: string) => seeds && client.skipsEmptyFiles === true && path === EMPTY_FILE;
  expect(await hashTree(copy)).toEqual(await hashTree(source, unwritten));
  expect(ours.complaints).toEqual([]);
  expect(other.complaints()).toEqual([]);
}

const directions: Direction[] = ['millrace seeds', 'millrace downloads'];
for (const client of [libtorrent, aria2, transmission])
  describe.skipIf(skipReason([client]) !== undefined).concurrent(client.name, () => {
    for (const direction of directions)
      for (const content of ['single', 'multi'] as const)
        for (const kiB of [256, 1024])
          it(`${direction}, ${content} file, pieces of ${kiB} KiB`, ({ stage }) =>
            transfer(stage, client, direction, content, kiB * 1024));

    it('millrace seeds piece by piece (BEP 16), pieces of 256 KiB', ({ stage }) =>
      transfer(stage, client, 'millrace seeds', 'single', 256 * 1024, true));
  });
