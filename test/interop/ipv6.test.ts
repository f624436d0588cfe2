import { basename } from 'node:path';
import { describe, expect } from 'vitest';
import { hashTree } from '../lib/sample-files.js';
import { libtorrent } from './clients/libtorrent.js';
import { skipReason } from './clients/required.js';
import { transmission } from './clients/transmission.js';
import { writeContent } from './content.js';
import { startMillrace, writeTorrent } from './millrace.js';
import { it } from './stage-test.js';

const host = '::1';

for (const client of [libtorrent, transmission])
  describe.skipIf(skipReason([client]) !== undefined)(`${client.name} on ::1`, () => {
    for (const seeds of [true, false])
      it(seeds ? 'fetches from us' : 'serves us', async ({ stage }) => {
        const source = await writeContent(stage.path('source'), 'single');
        const copy = stage.path('copy', basename(source));
        const torrent = stage.path('shared.torrent');
        await writeTorrent(source, torrent, { pieceLength: 256 * 1024 });
        const [ourDir, itsDir] = seeds ? ['source', 'copy'] : ['copy', 'source'];
        const role = seeds ? 'leech' : 'seed';
        const other = await client.start(stage, { torrent, dir: stage.path(itsDir), role, host });
        expect(other.address.host).toBe(host);
        const ours = await startMillrace(stage, {
          ...{ torrent, dir: stage.path(ourDir), host, peers: [other.address] },
        });
        await (seeds ? other.completed() : ours.torrent.completed({ signal: AbortSignal.timeout(60_000) }));
        expect(await hashTree(copy)).toEqual(await hashTree(source));
        expect(ours.complaints).toEqual([]);
        expect(other.complaints()).toEqual([]);
      });
  });
