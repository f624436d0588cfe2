import { basename } from 'node:path';
import { describe, expect } from 'vitest';
import {
  createSession,
  formatAddress,
  formatMagnet,
  type PeerAddress,
  readTorrent,
  type Session,
} from '../../dist/index.js';
import { hashTree, writeSamples } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';
import { libtorrent } from './clients/libtorrent.js';
import { LibtorrentNodes } from './clients/libtorrent-dht.js';
import { skipReason } from './clients/required.js';
import { writeTorrent } from './millrace.js';
import { RawNode } from './raw-node.js';
import { it } from './stage-test.js';

/** Of each kind: the two together are the DHT. */
const NODES = 15;

const METADATA_MS = 5000;

async function openSession(
  stage: Stage,
  host: string,
  dhtBootstrap: readonly PeerAddress[],
): Promise<Session> {
  const options = { listen: { host, port: 0 }, workers: 0, dht: true, dhtBootstrap, pex: false, lsd: false };
  const session = await createSession(options);
  stage.defer(() => session.close());
  return session;
}

/** A DHT of 30 nodes on loopback: ours were told of the first one, the others of one of ours each. */
async function openNet(stage: Stage, host: string) {
  const others = await LibtorrentNodes.start(stage, host, NODES + 1); // and one that stays outside
  const ours: Session[] = [];
  for (let i = 0; i < NODES; i++) ours.push(await openSession(stage, host, [others.addresses[0]]));
  for (let node = 1; node < NODES; node++) others.do('bootstrap', { node, ...ours[node].address! });
  const all = [...others.addresses.slice(0, NODES), ...ours.map(({ address }) => address!)].map(
    formatAddress,
  );
  const visitor = await RawNode.open(stage, host, new Uint8Array(20).fill(9));
  const complete = async () => {
    const known = await visitor.walk(others.addresses[0]);
    return all.every(address => known.has(address));
  };
  await until('a DHT of all nodes', complete, { timeoutMs: 60_000, explain: () => others.program.tail() });
  return { others, ours, outside: NODES };
}

async function makeTorrent(stage: Stage, name: string) {
  const dir = stage.path(`${name}-source`);
  await writeSamples(dir, { [`${name}.bin`]: 1024 * 1024 + 7 }, name.length);
  const torrent = stage.path(`${name}.torrent`);
  await writeTorrent(stage.path(basename(dir), `${name}.bin`), torrent, { pieceLength: 16 * 1024 });
  const { infoHash } = await readTorrent(torrent);
  return { torrent, dir, infoHash, magnet: formatMagnet({ infoHash }) };
}

/** Resolves when one who has nothing to do with it finds the torrent. */
async function announced(session: Session, infoHash: string): Promise<void> {
  await until('an announce', async () => (await session.dht!.findPeers(infoHash)).length > 0);
}

describe.skipIf(skipReason([libtorrent]) !== undefined).each(['127.0.0.1', '::1'])(
  'a DHT of millrace and libtorrent at %s',
  host => {
    it('leads from a magnet link and one node to the file', async ({ stage }) => {
      const { others, ours, outside } = await openNet(stage, host);
      const [film, album] = [await makeTorrent(stage, 'film'), await makeTorrent(stage, 'album')];
      await ours[3].add(film.torrent, { dir: film.dir, check: 'seed' });
      others.do('seed', { node: 3, torrent: album.torrent, dir: album.dir });
      await Promise.all([film, album].map(({ infoHash }) => announced(ours[9], infoHash)));

      // One that enters by a node of libtorrent, and one that does by a node of ours.
      for (const [entry, { magnet, dir }] of [
        [others.addresses[7], film],
        [ours[7].address!, album],
        [ours[8].address!, film],
      ] as const) {
        const target = stage.path(`copy-${entry.port}`);
        const startMs = performance.now();
        const fresh = await openSession(stage, host, [entry]);
        const copy = await fresh.add(magnet, { dir: target });
        const metadataMs = performance.now() - startMs;
        expect(metadataMs).toBeLessThan(METADATA_MS);
        await copy.completed();
        expect(await hashTree(target)).toEqual(await hashTree(dir));
      }

      others.do('bootstrap', { node: outside, ...ours[5].address! });
      await others.know(1);
      others.do('download', { node: outside, magnet: film.magnet, dir: stage.path('theirs') });
      await others.event('complete', { node: outside });
      expect(await hashTree(stage.path('theirs'))).toEqual(await hashTree(film.dir));
    });
  },
);
