import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { KiB, makeSample } from '../lib/e2e-stage.js';
import { hashTree } from '../lib/sample-files.js';
import { missingNamespaces, TwoHosts } from '../lib/two-hosts.js';
import { LIBTORRENT_SCRIPT, libtorrent, PYTHON } from './clients/libtorrent.js';
import { skipReason } from './clients/required.js';
import { it } from './stage-test.js';

const ANNOUNCER = fileURLToPath(new URL('../lib/lsd-announcer.mjs', import.meta.url));
const BIN = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));
const ALONE = ['--no-dht', '--no-pex', '--no-state', '--json'];

/** By family: what each of the hosts is given, and where each listens. */
const CABLES = {
  4: { addresses: [['198.18.0.1/24'], ['198.18.0.2/24']], ours: '198.18.0.1', theirs: '198.18.0.2' },
  6: {
    addresses: [
      ['2001:db8::1/64', 'fe80::a/64'],
      ['2001:db8::2/64', 'fe80::b/64'],
    ],
    ours: '2001:db8::1',
    theirs: '2001:db8::2',
  },
} as const;

const missing = missingNamespaces() ?? skipReason([libtorrent]);

describe.skipIf(missing !== undefined)('libtorrent on the other end of a cable', () => {
  for (const family of [4, 6] as const) {
    const { addresses, ours, theirs } = CABLES[family];
    const at = family === 4 ? theirs : `[${theirs}]`;

    it(`reads our announces, and we read its, IPv${family}`, async ({ stage }) => {
      const sample = await makeSample(stage, { 'a.bin': 300 * KiB }, { seed: randomInt(2 ** 31) });
      const hosts = new TwoHosts(stage, addresses);
      const { infoHash } = sample.metainfo;
      const us = hosts.run(0, process.execPath, [ANNOUNCER, JSON.stringify({ address: ours, infoHash })]);
      await us.event('announcing');
      const args = [LIBTORRENT_SCRIPT, 'peer', sample.torrent, stage.path('target'), '--lsd', at];
      const other = hosts.run(1, PYTHON, args);
      const { port } = await other.event('listening');
      expect(await us.event('heard')).toMatchObject({ host: theirs, port });
      expect(await us.event('dialled')).toMatchObject({ host: theirs });
    });

    it(`and we need nothing but local discovery for it to download, IPv${family}`, async ({ stage }) => {
      const sample = await makeSample(stage, { 'a.bin': 300 * KiB }, { seed: randomInt(2 ** 31) });
      const hosts = new TwoHosts(stage, addresses);
      const seed = hosts.run(0, process.execPath, [
        BIN,
        'seed',
        sample.torrent,
        '--dir',
        sample.dir,
        ...ALONE,
      ]);
      await seed.line(/"event":"/);
      const target = stage.path('target');
      const other = hosts.run(1, PYTHON, [LIBTORRENT_SCRIPT, 'peer', sample.torrent, target, '--lsd', at]);
      await other.event('complete');
      expect(await hashTree(target)).toEqual(await hashTree(sample.dir));
    });

    it(`and nothing but local discovery for us to download, IPv${family}`, async ({ stage }) => {
      const sample = await makeSample(stage, { 'a.bin': 300 * KiB }, { seed: randomInt(2 ** 31) });
      const hosts = new TwoHosts(stage, addresses);
      const target = stage.path('target');
      const download = hosts.run(0, process.execPath, [
        ...[BIN, 'download', sample.torrent, '--dir', target, ...ALONE],
      ]);
      await download.line(/"event":"/);
      hosts.run(1, PYTHON, [LIBTORRENT_SCRIPT, 'peer', sample.torrent, sample.dir, '--seed', '--lsd', at]);
      await download.exits(0);
      expect(await hashTree(target)).toEqual(await hashTree(sample.dir));
    });
  }
});
