import { describe, expect, it } from 'vitest';
import { formatAddress, type Session, type Torrent } from '../../dist/index.js';
import { addressOf, KiB, makeSample, openSession, openStage, type Sample } from '../lib/e2e-stage.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';

const PEERS = 10;

interface Node {
  readonly session: Session;
  readonly torrent: Torrent;
  /** Where it listens, which it keeps when the session has ended. */
  readonly name: string;
}

/** Who is connected with whom, by where they listen: who was dialled has its own address, a caller another port. */
function edges(nodes: readonly Node[]): Set<string> {
  const found = new Set<string>();
  const names = new Set(nodes.map(({ name }) => name));
  for (const { torrent, name } of nodes)
    for (const peer of torrent.stats().peers)
      if (!peer.incoming && names.has(peer.address)) found.add([name, peer.address].sort().join(' '));
  return found;
}

/** How many are in one component with the first. */
function reached(nodes: readonly Node[]): number {
  const lines = Array.from(edges(nodes), edge => edge.split(' '));
  const seen = new Set([nodes[0].name]);
  for (const name of seen)
    for (const line of lines) if (line.includes(name)) for (const end of line) seen.add(end);
  return seen.size;
}

async function openNode(stage: Stage, sample: Sample, n: number, first?: Session): Promise<Node> {
  const session = await openSession(stage, { dir: stage.path(`node-${n}`), workers: 0, pex: true });
  const peers = first === undefined ? [] : [addressOf(first)];
  // Nobody has anything, so nobody completes and leaves: the connections are all that happens.
  const torrent = await session.add(sample.torrent, { peers });
  await torrent.checked();
  return { session, torrent, name: formatAddress(addressOf(session)) };
}

describe('a swarm by peer exchange alone', () => {
  it('of ten that know only the first is one component, also when that one leaves', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 300 * KiB });
    const first = await openNode(stage, sample, 0);
    const others: Node[] = [];
    for (let n = 1; n < PEERS; n++) others.push(await openNode(stage, sample, n, first.session));
    const all = [first, ...others];
    await until('one component without the first', () => reached(others) === PEERS - 1, {
      timeoutMs: 20_000,
    });
    expect(reached(all)).toBe(PEERS);
    expect(edges(all).size).toBeGreaterThan(PEERS - 1); // a star has one line to each
    const told = others.flatMap(({ torrent }) => torrent.stats().peers.filter(peer => peer.source === 'pex'));
    expect(told.length).toBeGreaterThan(0);
    await first.session.close();
    await until('the first has gone', () =>
      others.every(({ torrent }) => torrent.stats().peers.every(peer => peer.address !== first.name)),
    );
    expect(reached(others)).toBe(PEERS - 1);
  });
});
