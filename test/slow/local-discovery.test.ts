import { randomInt } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { formatMagnet } from '../../dist/index.js';
import { it } from '../interop/stage-test.js';
import { KiB, makeSample } from '../lib/e2e-stage.js';
import { hashTree } from '../lib/sample-files.js';
import { missingNamespaces, TwoHosts } from '../lib/two-hosts.js';

const BIN = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));
/** Local discovery is on by itself. */
const ALONE = ['--no-dht', '--no-pex', '--no-state', '--json'];

/** For measurements between networks (RFC 2544), and nothing but what an interface gives itself. */
const CABLES = {
  IPv4: [['198.18.0.1/24'], ['198.18.0.2/24']],
  'IPv6, global addresses': [
    ['fe80::a/64', '2001:db8::1/64'],
    ['fe80::b/64', '2001:db8::2/64'],
  ],
  'IPv6, link-local addresses alone': [['fe80::a/64'], ['fe80::b/64']],
  'both families': [
    ['198.18.0.1/24', 'fe80::a/64'],
    ['198.18.0.2/24', 'fe80::b/64'],
  ],
} as const;

describe.skipIf(missingNamespaces() !== undefined)('two hosts on one cable', () => {
  it.for(Object.keys(CABLES) as (keyof typeof CABLES)[])(
    'find each other, and a magnet link is enough: %s',
    async (kind, { stage }) => {
      const sample = await makeSample(stage, { 'a.bin': 300 * KiB }, { seed: randomInt(2 ** 31) });
      const hosts = new TwoHosts(stage, CABLES[kind]);
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
      const link = formatMagnet({ infoHash: sample.metainfo.infoHash });
      const download = hosts.run(1, process.execPath, [BIN, 'download', link, '--dir', target, ...ALONE]);
      await download.exits(0);
      expect(await hashTree(target)).toEqual(await hashTree(sample.dir));
    },
  );
});
