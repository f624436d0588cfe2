import { existsSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { until } from '../../lib/until.js';
import { skipReason } from '../clients/required.js';
import { it } from '../stage-test.js';
import { BOTH } from './lib/daemons.js';
import { browserProgram, Flood } from './lib/flood.js';
import { sample } from './lib/torrents.js';

for (const kind of BOTH)
  describe.skipIf(skipReason([kind, browserProgram]) !== undefined)(`Flood and ${kind.name}`, () => {
    it('connect, add, list, stop, start, look at it, remove', async ({ stage }) => {
      const album = await sample(stage, 'album');
      const daemon = await kind.start(stage);
      await album.writeFiles(daemon.downloads);
      const flood = await Flood.open(stage, daemon);
      expect(await flood.page.locator('.torrent').count()).toBe(0);
      expect(await flood.add(album.path)).toBe(daemon.downloads);
      await flood.untilStatus('album', 'seeding');
      await flood.untilStatus('album', 'complete');
      await flood.shot('list');
      await flood.select('album');
      await flood.press('stop');
      await flood.untilStatus('album', 'stopped');
      expect(await daemon.rpc.torrent(album.hash, ['status'])).toEqual({ status: 0 });
      await flood.shot('stopped');
      await flood.press('start');
      await flood.untilStatus('album', 'seeding');
      await flood.details('album', {
        Details: [album.hash.toUpperCase(), daemon.downloads, 'a comment'],
        Files: ['one.bin', 'two.bin'],
        Peers: ['Peers'],
        Trackers: ['http://127.0.0.1:9/announce'],
      });
      await flood.remove();
      await until('the row to go', async () => (await flood.statuses('album')) === undefined);
      await until('the files to go', () => !existsSync(`${daemon.downloads}/album/one.bin`));
      await flood.shot('removed');
      expect(flood.errors).toEqual([]);
    });
  });
