import { randomBytes, randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  formatAddress,
  formatMagnet,
  type PeerAddress,
  type Session,
  type SessionOptions,
} from '../../dist/index.js';
import { createTracker } from '../../dist/tracker/index.js';
import { fromHex, toHex } from '../../src/engine/bytes.js';
import { decodeExtendedHandshake, encodeExtendedHandshake } from '../../src/engine/protocol/peer/extended.js';
import { decodeFeatures } from '../../src/engine/protocol/peer/features.js';
import {
  decodeMetadataMessage,
  encodeMetadataMessage,
  METADATA_PART_BYTES,
} from '../../src/engine/protocol/peer/metadata.js';
import { newPeerId, RawListener, RawPeer } from '../hostile/raw-peer.js';
import { addressOf, KiB, makeSample, openSession, openStage, type Sample } from '../lib/e2e-stage.js';
import { LsdSpy } from '../lib/lsd-spy.js';
import { RawDhtNode } from '../lib/raw-dht-node.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';

/** A private torrent and a public one, sessions that use every way to find peers, and whoever listens on these ways. */
class World {
  private constructor(
    readonly stage: Stage,
    readonly secret: Sample,
    readonly open: Sample,
    readonly node: RawDhtNode,
    readonly lsd: LsdSpy,
  ) {}

  static async create(): Promise<World> {
    const stage = await openStage();
    const seed = randomInt(2 ** 30); // or runs of this file would find each other
    const secret = await makeSample(
      stage,
      { 'secret.bin': 300 * KiB },
      { name: 'secret', seed, private: true },
    );
    const open = await makeSample(stage, { 'open.bin': 300 * KiB }, { name: 'open', seed: seed + 1 });
    return new World(stage, secret, open, await RawDhtNode.open(stage), await LsdSpy.open(stage));
  }

  session(options: SessionOptions = {}): Promise<Session> {
    const ways = { dht: true, dhtBootstrap: [this.node.address], pex: true, lsd: true };
    return openSession(this.stage, { ...ways, workers: 0, ...options });
  }

  /** A session that has both torrents. */
  async seed(): Promise<Session> {
    const session = await this.session();
    for (const { torrent, dir } of [this.secret, this.open])
      await (await session.add(torrent, { dir, check: 'seed' })).checked();
    return session;
  }

  /** The public torrent has been told in every way: whatever there was to be told of the private one has been, too. */
  async told(session: Session): Promise<void> {
    const { infoHash } = this.open.metainfo;
    const { port } = addressOf(session);
    await this.node.query(
      ({ message: { query } }) =>
        query.method === 'announce_peer' && query.port === port && toHex(query.infoHash) === infoHash,
    );
    await this.lsd.announces(infoHash, 1, announce => announce.port === port);
  }

  /** Resolves when what the session sent until now has come: packets on loopback keep their order. */
  async settled(session: Session): Promise<void> {
    const mark = randomBytes(20).toString('hex');
    await session.dht!.get(mark);
    this.lsd.announce(9, mark);
    await this.lsd.announces(mark);
  }

  /** Packets, of DHT and LSD, in which the info-hash occurs, as bytes or as digits. */
  packetsOf({ metainfo: { infoHash } }: Sample): string[] {
    const bytes = Buffer.from(fromHex(infoHash));
    const dht = this.node.packets.filter(packet => Buffer.from(packet).includes(bytes));
    const lsd = this.lsd.heard.filter(({ text }) => text.toLowerCase().includes(infoHash));
    return [...dht.map(() => 'dht'), ...lsd.map(() => 'lsd')];
  }
}

/** Everything that a session says to a peer of a torrent. */
class Listening {
  private constructor(
    readonly peer: RawPeer,
    readonly bytes: Uint8Array[],
  ) {}

  static async dial({ stage, node }: World, session: Session, { metainfo }: Sample, host = '127.0.0.1') {
    const peer = await RawPeer.dial(addressOf(session), host);
    stage.defer(() => peer.destroy());
    return Listening.greet(peer, metainfo, node.address.port);
  }

  static async greet(peer: RawPeer, { infoHash, pieceCount }: Sample['metainfo'], dhtPort: number) {
    peer.record = [];
    const extensions = new Map([
      ['ut_pex', 1],
      ['ut_metadata', 2],
    ]);
    const payload = encodeExtendedHandshake({ extensions, port: 7000 });
    peer.expectPieces(pieceCount).handshake(infoHash, { fast: true, extended: true, dht: true }, newPeerId());
    peer.send({ type: 'extended', id: 0, payload }, { type: 'port', port: dhtPort }, { type: 'have-none' });
    await peer.message('extended', ({ id }) => id === 0);
    return new Listening(peer, peer.record);
  }

  get extensions(): string[] {
    const first = this.peer.messages.find(message => message.type === 'extended' && message.id === 0);
    const { extensions } = decodeExtendedHandshake((first as { payload: Uint8Array }).payload);
    return [...extensions.keys()];
  }

  get dhtBit(): boolean {
    return decodeFeatures(Buffer.concat(this.bytes).subarray(20, 28)).dht;
  }

  get ports(): number {
    return this.peer.count('port');
  }

  /** Peer exchange that came. */
  get exchanged(): number {
    return this.peer.messages.filter(message => message.type === 'extended' && message.id === 1).length;
  }

  /** Asks for something and gets it: what was to be said before has been said. */
  async answered(): Promise<void> {
    this.peer.send({ type: 'interested' });
    await this.peer.fetchBlock({ piece: 0, begin: 0, length: 16 * KiB });
  }
}

describe('a private torrent among others (BEP 27)', () => {
  it('is in no packet of the DHT and of local discovery', async () => {
    const world = await World.create();
    const session = await world.seed();
    await world.told(session);
    const [secret] = session.torrents;
    secret.pause();
    secret.resume();
    await session.listenOn({ port: 0 });
    await world.told(session);
    expect(new Set(world.packetsOf(world.open))).toEqual(new Set(['dht', 'lsd']));
    expect(world.packetsOf(world.secret)).toEqual([]);
  });

  it('has no DHT and no peer exchange in what is said to peers, as others have', async () => {
    const world = await World.create();
    const session = await world.seed();
    await session.dht!.ready();
    const secret = await Listening.dial(world, session, world.secret);
    const open = await Listening.dial(world, session, world.open);
    await Promise.all([secret.answered(), open.answered()]);
    const { dhtBit, ports } = open;
    expect({ dhtBit, ports }).toEqual({ dhtBit: true, ports: 1 });
    expect(open.extensions).toContain('ut_pex');
    expect([secret.dhtBit, secret.ports]).toEqual([false, 0]);
    expect(secret.extensions).not.toContain('ut_pex');
    expect(secret.extensions).toContain('ut_metadata'); // so that the list has been read
  });

  it('has peers who hear nothing of each other', async () => {
    const world = await World.create();
    const session = await world.seed();
    const both = (sample: Sample) =>
      Promise.all(['127.0.0.1', '127.0.0.2'].map(host => Listening.dial(world, session, sample, host)));
    const [secrets, [one]] = [await both(world.secret), await both(world.open)];
    await until('peer exchange', () => one.exchanged > 0);
    await Promise.all(secrets.map(peer => peer.answered()));
    expect(secrets.map(peer => peer.exchanged)).toEqual([0, 0]);
  }, 90_000);

  it('dials nobody of whom the DHT, local discovery or other peers tell', async () => {
    const world = await World.create();
    const session = await world.session({ dir: world.stage.path('target') });
    const [false_, true_] = [await RawListener.open(), await RawListener.open()];
    for (const listener of [false_, true_]) world.stage.defer(() => listener.close());
    await session.add(world.secret.torrent);
    await session.add(world.open.torrent);
    await world.told(session);
    world.lsd.announce(false_.address.port, world.secret.metainfo.infoHash);
    world.lsd.announce(true_.address.port, world.open.metainfo.infoHash);
    await true_.next();
    const told = await Listening.dial(world, session, world.secret);
    const { host, port } = false_.address;
    const added = Uint8Array.of(...host.split('.').map(Number), port >> 8, port & 255);
    const payload = Buffer.concat([Buffer.from('d5:added6:'), added, Buffer.from('7:added.f1:\x02e')]);
    told.peer.send({ type: 'extended', id: 3, payload }); // the id that it has in other torrents
    told.peer.send({ type: 'interested' });
    await told.peer.message('unchoke'); // so that what was told has been read
    session.get(world.secret.metainfo.infoHash)!.addPeer(true_.address);
    await true_.next();
    expect(false_.all).toEqual([]);
  });
});

describe('a magnet link to a private torrent', () => {
  /** Serves the metadata to whoever asks, and hears what it is told. */
  async function serve(peer: RawPeer, { infoHash, infoBytes }: Sample['metainfo']): Promise<void> {
    let id = 0;
    peer.onMessage = message => {
      if (message.type !== 'extended') return;
      if (message.id === 0) id = decodeExtendedHandshake(message.payload).extensions.get('ut_metadata') ?? 0;
      else if (message.id === 2) {
        const { type, part } = decodeMetadataMessage(message.payload)!;
        if (type !== 'request') return;
        const bytes = infoBytes.subarray(part * METADATA_PART_BYTES, (part + 1) * METADATA_PART_BYTES);
        const answer = encodeMetadataMessage({ type: 'data', part, totalBytes: infoBytes.length, bytes });
        peer.send({ type: 'extended', id, payload: answer });
      }
    };
    const extensions = new Map([['ut_metadata', 2]]);
    const payload = encodeExtendedHandshake({ extensions, metadataBytes: infoBytes.length });
    peer.handshake(infoHash).send({ type: 'extended', id: 0, payload }, { type: 'have-none' });
  }

  it('looks everywhere until it is known to be private, then forgets whom it has found so', async () => {
    const world = await World.create();
    const { metainfo } = world.secret;
    const { infoHash } = metainfo;
    const found = await RawListener.open();
    world.stage.defer(() => found.close());
    const tracker = await createTracker({ http: { host: '127.0.0.1', port: 0 } });
    world.stage.defer(() => tracker.close());
    const session = await world.session({ dir: world.stage.path('target') });
    const adding = session.add(formatMagnet({ infoHash, trackers: [tracker.http!.url] }));
    const { port } = addressOf(session);
    await world.node.query(({ message: { query } }) => query.method === 'get_peers');
    await world.lsd.announces(infoHash, 1, announce => announce.port === port);
    world.lsd.announce(found.address.port, infoHash);
    await serve(await found.next(), metainfo);
    const torrent = await adding;
    expect(torrent.metainfo.private).toBe(true);
    await world.settled(session);
    const known = world.packetsOf(world.secret).length;
    expect(known).toBeGreaterThan(0);

    // A torrent is let in by the tracker, and the one that was found by local discovery is not dialled again.
    const seed = await openSession(world.stage, { dir: world.secret.dir, workers: 0 });
    await seed.add(world.secret.torrent, { check: 'seed', trackers: [[tracker.http!.url]] });
    await until('an announce', () => tracker.stats().peers === 2);
    torrent.reannounce();
    await torrent.completed();
    await session.add(world.open.torrent, { dir: world.open.dir, check: 'seed' });
    await world.told(session);
    expect(world.packetsOf(world.secret).length).toBe(known);
    expect(found.all).toHaveLength(1);
    const names = torrent.stats().peers.map(({ address }) => address);
    expect(names).not.toContain(formatAddress(found.address as PeerAddress));
  });
});
