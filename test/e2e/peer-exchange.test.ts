import { describe, expect, it } from 'vitest';
import {
  formatAddress,
  formatMagnet,
  type Metainfo,
  type PeerAddress,
  type Session,
  type Torrent,
} from '../../dist/index.js';
import { decodeExtendedHandshake, encodeExtendedHandshake } from '../../src/engine/protocol/peer/extended.js';
import {
  decodePexMessage,
  encodePexMessage,
  type PexMessage,
  UT_PEX,
} from '../../src/engine/protocol/peer/pex.js';
import { newPeerId, RawListener, RawPeer } from '../hostile/raw-peer.js';
import {
  addressOf,
  KiB,
  makeSample,
  openSeed,
  openSession,
  openStage,
  type Sample,
} from '../lib/e2e-stage.js';
import { hashTree } from '../lib/sample-files.js';
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

async function listen(stage: Stage, host?: string): Promise<RawListener> {
  const listener = await RawListener.open(host);
  stage.defer(() => listener.close());
  return listener;
}

/** Takes part in the exchange by hand. */
class Talker {
  static readonly ID = 9;
  told: ReturnType<typeof decodeExtendedHandshake> | undefined;
  readonly heard: PexMessage[] = [];

  constructor(
    readonly peer: RawPeer,
    { infoHash, pieceCount }: Metainfo,
  ) {
    peer.onMessage = message => {
      if (message.type !== 'extended') return;
      if (message.id === 0) this.told = decodeExtendedHandshake(message.payload);
      if (message.id === Talker.ID) this.heard.push(decodePexMessage(message.payload));
    };
    const extensions = new Map([[UT_PEX, Talker.ID]]);
    peer.expectPieces(pieceCount).handshake(infoHash);
    peer.send(
      { type: 'extended', id: 0, payload: encodeExtendedHandshake({ extensions }) },
      { type: 'have-none' },
    );
  }

  static async dial(session: Session, metainfo: Metainfo, host?: string): Promise<Talker> {
    const talker = new Talker(await RawPeer.dial(addressOf(session), host), metainfo);
    await talker.peer.until('a handshake', () => talker.told !== undefined);
    return talker;
  }

  /** The id under which the session wants to be told of peers. */
  get wanted(): number | undefined {
    return this.told?.extensions.get(UT_PEX);
  }

  tell(id: number, ...addresses: PeerAddress[]): void {
    const added = addresses.map(address => ({ ...address, flags: 0 }));
    this.peer.send({ type: 'extended', id, payload: encodePexMessage({ added, dropped: [] }) });
  }

  /** Resolves when what was sent so far has been read: a greeting of ours is answered by none, an interest by an unchoke. */
  async settled(): Promise<void> {
    this.peer.send({ type: 'interested' });
    await this.peer.message('unchoke');
  }
}

describe('what a peer tells', () => {
  it('is dialled', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 100 * KiB });
    const session = await openSeed(stage, sample);
    const [named, talker] = [await listen(stage), await Talker.dial(session, sample.metainfo)];
    talker.tell(talker.wanted!, named.address);
    new Talker(await named.next(), sample.metainfo);
    const [torrent] = session.torrents;
    const found = await until('the peer', () => torrent.stats().peers.find(peer => peer.source === 'pex'));
    expect(found).toMatchObject({ address: formatAddress(named.address), sources: ['pex'], incoming: false });
  });

  it('is dialled over IPv6', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 100 * KiB });
    const session = await openSeed(stage, sample, { listen: { host: '::1' } });
    const named = await listen(stage, '::1');
    const talker = await Talker.dial(session, sample.metainfo, '::1');
    talker.tell(talker.wanted!, named.address);
    new Talker(await named.next(), sample.metainfo);
    await talker.peer.until('what it is told', () => talker.heard.length > 0);
    const [told] = talker.heard.flatMap(({ added }) => added);
    expect(told).toMatchObject({ host: '::1', port: named.address.port });
  });

  it('is not listened to while the exchange is off', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 100 * KiB });
    const session = await openSeed(stage, sample, { pex: false });
    const [named, talker] = [await listen(stage), await Talker.dial(session, sample.metainfo)];
    expect(talker.wanted).toBe(0);
    talker.tell(3, named.address);
    await talker.settled();
    expect(session.torrents[0].stats().knownPeers).toBe(0);
    session.setDiscovery({ pex: true });
    await talker.peer.until('the id', () => talker.wanted === 3);
    talker.tell(3, named.address);
    new Talker(await named.next(), sample.metainfo);
    session.setDiscovery({ pex: false });
    await talker.peer.until('no id', () => talker.wanted === 0);
  });

  it('is nothing in a private torrent', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 100 * KiB }, { private: true });
    const session = await openSeed(stage, sample, { pex: true });
    const [named, talker] = [await listen(stage), await Talker.dial(session, sample.metainfo)];
    expect(talker.told!.extensions.has(UT_PEX)).toBe(false);
    talker.tell(3, named.address);
    await talker.settled();
    session.setDiscovery({ pex: false });
    session.setDiscovery({ pex: true });
    talker.tell(3, named.address);
    const another = await Talker.dial(session, sample.metainfo);
    await until('both', () => session.torrents[0].stats().peers.length === 2);
    expect(another.told!.extensions.has(UT_PEX)).toBe(false);
    expect([session.torrents[0].stats().knownPeers, named.all, talker.heard]).toEqual([0, [], []]);
  });

  it('leads a magnet link to the metadata, by a peer that has none', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 100 * KiB });
    const seed = await openSeed(stage, sample);
    const named = await listen(stage);
    const session = await openSession(stage, { dir: stage.path('target') });
    const { infoHash } = sample.metainfo;
    const adding = session.add(formatMagnet({ infoHash, peers: [named.address] }));
    const talker = new Talker(await named.next(), sample.metainfo);
    await talker.peer.until('a handshake', () => talker.told !== undefined);
    talker.tell(talker.wanted!, addressOf(seed));
    const torrent = await adding;
    await torrent.completed();
    expect(await hashTree(stage.path('target'))).toEqual(await hashTree(sample.dir));
  });
});

describe('a magnet link that names one leecher', () => {
  it('finds the seed by it', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 4096 * KiB });
    const seed = await openSeed(stage, sample);
    const leecher = await openSession(stage, { dir: stage.path('leecher'), limits: { peerDown: 128 * KiB } });
    const slow = await leecher.add(sample.torrent, { peers: [addressOf(seed)] });
    await until('the seed', () => slow.stats().peers.length > 0);
    const session = await openSession(stage, { dir: stage.path('target') });
    const { infoHash } = sample.metainfo;
    const torrent = await session.add(formatMagnet({ infoHash, peers: [addressOf(leecher)] }));
    await torrent.completed();
    expect(slow.stats().done).toBeLessThan(slow.stats().wanted);
    expect(await hashTree(stage.path('target'))).toEqual(await hashTree(sample.dir));
  });
});

it('a peer that got lost while it was of use is dialled again', async () => {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'film.bin': 100 * KiB });
  const session = await openSeed(stage, sample);
  const named = await listen(stage);
  session.torrents[0].addPeer(named.address);
  for (let time = 0; time < 3; time++) {
    const { peer } = new Talker(await named.next(), sample.metainfo);
    peer.send({ type: 'interested' });
    await peer.message('unchoke');
    peer.send({ type: 'request', piece: 0, begin: 0, length: 16 * KiB });
    await peer.blockCount(1);
    peer.socket.resetAndDestroy();
  }
});

describe('a peer that comes back from another address', () => {
  it('is the same peer, with what it has taken before', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 100 * KiB });
    const session = await openSeed(stage, sample);
    const peerId = newPeerId();
    const taken: number[] = [];
    for (const host of ['127.0.0.1', '127.0.0.2', '127.0.0.3']) {
      const peer = await RawPeer.dial(addressOf(session), host);
      peer.expectPieces(sample.metainfo.pieceCount).handshake(sample.metainfo.infoHash, {}, peerId);
      peer.send({ type: 'interested' });
      await peer.message('unchoke');
      peer.send({ type: 'request', piece: 0, begin: 0, length: 16 * KiB });
      await peer.blockCount(1);
      const [stats] = session.torrents[0].stats().peers;
      taken.push(stats.uploaded);
      peer.destroy();
      await until('its end', () => session.torrents[0].light().peers === 0);
    }
    expect(taken).toEqual([16, 32, 48].map(kib => kib * KiB));
  });

  it('is let in next to its old connection, which stays as long as it speaks', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 100 * KiB });
    const session = await openSeed(stage, sample);
    const peerId = newPeerId();
    const join = async (host: string) => {
      const peer = await RawPeer.dial(addressOf(session), host);
      peer.expectPieces(sample.metainfo.pieceCount).handshake(sample.metainfo.infoHash, {}, peerId);
      peer.send({ type: 'interested' });
      await peer.message('unchoke');
      return peer;
    };
    const owner = await join('127.0.0.1');
    await join('127.0.0.2');
    owner.send({ type: 'request', piece: 0, begin: 0, length: 16 * KiB });
    await owner.blockCount(1);
    expect(session.torrents[0].stats().peers).toHaveLength(2);
  });
});
