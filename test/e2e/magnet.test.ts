import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  createTorrent,
  formatMagnet,
  type Magnet,
  type Metainfo,
  parseMetainfo,
  type Session,
} from '../../dist/index.js';
import { createTracker } from '../../dist/tracker/index.js';
import { decodeExtendedHandshake, encodeExtendedHandshake } from '../../src/engine/protocol/peer/extended.js';
import {
  decodeMetadataMessage,
  encodeMetadataMessage,
  METADATA_PART_BYTES,
  type MetadataMessage,
  metadataPartBytes,
  metadataParts,
} from '../../src/engine/protocol/peer/metadata.js';
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
import { SpyTracker } from '../lib/spy-tracker.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';

const linkOf = ({ metainfo }: Sample, parts: Partial<Magnet> = {}) =>
  formatMagnet({ infoHash: metainfo.infoHash, ...parts });

/** A torrent whose info dictionary has several parts. */
function makeLong(stage: Stage, pieces = 2000): Promise<Sample> {
  return makeSample(stage, { 'film.bin': pieces * 16 * KiB }, { pieceLength: 16 * KiB });
}

async function scene(files: Record<string, number> = { 'album/a.bin': 100 * KiB, 'album/b.bin': 3 }) {
  const stage = await openStage();
  const sample = await makeSample(stage, files);
  return { stage, sample, target: stage.path('target') };
}

async function expectFiles(stage: Stage, sample: Sample): Promise<void> {
  expect(await hashTree(stage.path('target'))).toEqual(await hashTree(sample.dir));
}

/** Speaks BEP 9 to a session by hand. */
class MetadataPeer {
  static readonly ID = 9;
  readonly got: MetadataMessage[] = [];
  told: ReturnType<typeof decodeExtendedHandshake> | undefined;

  constructor(readonly peer: RawPeer) {
    peer.onMessage = message => {
      if (message.type !== 'extended') return;
      if (message.id === 0) this.told = decodeExtendedHandshake(message.payload);
      if (message.id !== MetadataPeer.ID) return;
      const read = decodeMetadataMessage(message.payload)!;
      this.got.push(read);
      this.onMetadata?.(read);
    };
  }

  onMetadata: ((message: MetadataMessage) => void) | undefined;

  greet(infoHash: string, metadataBytes?: number, port?: number): this {
    const extensions = new Map([['ut_metadata', MetadataPeer.ID]]);
    const payload = encodeExtendedHandshake({ extensions, metadataBytes, port });
    this.peer.handshake(infoHash).send({ type: 'extended', id: 0, payload }, { type: 'have-none' });
    return this;
  }

  send(...messages: MetadataMessage[]): this {
    const id = this.told!.extensions.get('ut_metadata')!;
    const wire = (message: MetadataMessage) =>
      ({ type: 'extended', id, payload: encodeMetadataMessage(message) }) as const;
    this.peer.send(...messages.map(wire));
    return this;
  }

  /** Answers each request from these bytes. */
  serve(info: Uint8Array): this {
    this.onMetadata = ({ type, part }) => {
      if (type !== 'request') return;
      const at = part * METADATA_PART_BYTES;
      const bytes = info.subarray(at, at + metadataPartBytes(info.length, part));
      this.send({ type: 'data', part, totalBytes: info.length, bytes });
    };
    return this;
  }

  async greeted(): Promise<this> {
    await this.peer.until('a handshake', () => this.told !== undefined);
    return this;
  }
}

async function dial(session: Session, { infoHash }: Metainfo): Promise<MetadataPeer> {
  const peer = new MetadataPeer(await RawPeer.dial(addressOf(session)));
  return peer.greet(infoHash).greeted();
}

describe('a magnet link', () => {
  it('leads to the torrent by a peer that it names', async () => {
    const { stage, sample, target } = await scene();
    const seed = await openSeed(stage, sample);
    const session = await openSession(stage, { dir: target });
    const link = linkOf(sample, { name: '../not a name', peers: [addressOf(seed)] });
    const torrent = await session.add(link);
    expect(torrent.metainfo).toMatchObject({ name: 'album', infoHash: sample.metainfo.infoHash });
    expect(torrent.metainfo.infoBytes).toEqual(sample.metainfo.infoBytes);
    expect(session.get(torrent.infoHash)).toBe(torrent);
    await torrent.completed();
    await expectFiles(stage, sample);
  });

  it('leads there by a tracker that it names, which is the torrent’s from then on', async () => {
    const { stage, sample, target } = await scene();
    const tracker = await createTracker({ http: { host: '127.0.0.1', port: 0 } });
    stage.defer(() => tracker.close());
    const { url } = tracker.http!;
    const seed = await openSession(stage, { dir: sample.dir });
    await seed.add(sample.torrent, { check: 'seed', trackers: [[url]] });
    await until('an announce', () => tracker.stats().peers > 0);
    const session = await openSession(stage, { dir: target });
    const torrent = await session.add(linkOf(sample, { trackers: [url] }));
    await torrent.completed();
    expect(torrent.trackers).toEqual([[url]]);
    expect(torrent.metainfo.announce).toEqual([[url]]);
    await expectFiles(stage, sample);
  });

  it('leads there by a peer that dials us', async () => {
    const { stage, sample, target } = await scene();
    const session = await openSession(stage, { dir: target });
    const adding = session.add(linkOf(sample));
    const seed = await openSession(stage, { dir: sample.dir });
    await seed.add(sample.torrent, { check: 'seed', peers: [addressOf(session)] });
    await (await adding).completed();
    await expectFiles(stage, sample);
  });

  it('leads there among downloaders who have only links themselves', async () => {
    const { stage, sample, target } = await scene();
    const seed = await openSeed(stage, sample);
    const [one, two] = [
      await openSession(stage, { dir: target }),
      await openSession(stage, { dir: stage.path('other') }),
    ];
    const adding = one.add(linkOf(sample, { peers: [addressOf(two)] }));
    const second = two.add(linkOf(sample, { peers: [addressOf(one), addressOf(seed)] }));
    await Promise.all([(await adding).completed(), (await second).completed()]);
    await expectFiles(stage, sample);
  });

  it('of which files are selected fetches these', async () => {
    const { stage, sample, target } = await scene({ 'album/a.bin': 256 * KiB, 'album/b.bin': 200 * KiB });
    const seed = await openSeed(stage, sample);
    const session = await openSession(stage, { dir: target });
    const torrent = await session.add(linkOf(sample, { peers: [addressOf(seed)], selectOnly: [1, 7] }));
    expect(torrent.stats().wanted).toBe(200 * KiB);
    await torrent.completed();
    expect(torrent.files.map(({ done }) => done)).toEqual([0, 200 * KiB]);
  });

  it('of which files have priorities fetches them so, if there are such files', async () => {
    const { stage, sample, target } = await scene({ 'album/a.bin': 256 * KiB, 'album/b.bin': 200 * KiB });
    const peers = [addressOf(await openSeed(stage, sample))];
    const session = await openSession(stage, { dir: target });
    const wrong = session.add(linkOf(sample), { peers, priorities: { skip: [2] } });
    await expect(wrong).rejects.toMatchObject({ code: 'ERR_OPTION' });
    const torrent = await session.add(linkOf(sample), { peers, priorities: { skip: [0] } });
    await torrent.completed();
    expect(torrent.files.map(({ done }) => done)).toEqual([0, 200 * KiB]);
  });

  it('is in the session once, and not as a torrent before there is one', async () => {
    const { stage, sample } = await scene();
    const session = await openSession(stage);
    const abort = new AbortController();
    const adding = session.add(linkOf(sample), { signal: abort.signal });
    for (const again of [linkOf(sample), sample.torrent])
      await expect(session.add(again)).rejects.toMatchObject({ code: 'ERR_DUPLICATE_TORRENT' });
    expect(session.torrents).toEqual([]);
    abort.abort();
    await expect(adding).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    const torrent = await session.add(sample.torrent, { dir: sample.dir, check: 'seed' });
    await torrent.checked();
  });

  it('that leads nowhere ends with its session', async () => {
    const { stage, sample } = await scene();
    const session = await openSession(stage);
    const adding = session.add(linkOf(sample));
    const refusal = expect(adding).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await session.close();
    await refusal;
  });

  it('is told to trackers as a download, and as stopped when it is given up', async () => {
    const { stage, sample } = await scene();
    const tracker = await SpyTracker.open(stage);
    const session = await openSession(stage);
    const abort = new AbortController();
    const adding = session.add(linkOf(sample, { trackers: [tracker.url()] }), { signal: abort.signal });
    const [{ query }] = await tracker.announces(1);
    expect(query.get('event')).toBe('started');
    expect(Number(query.get('left'))).toBeGreaterThan(0);
    await until('its answer', () => session.light().announces.ok === 1); // who never answered is told nothing
    abort.abort();
    await expect(adding).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await tracker.announces(1, announce => announce.query.get('event') === 'stopped');
  });

  it('waits while there is no network', async () => {
    const { stage, sample, target } = await scene();
    const seed = await openSeed(stage, sample);
    const session = await openSession(stage, { dir: target, suspended: 'a test' });
    const adding = session.add(linkOf(sample, { peers: [addressOf(seed)] }));
    expect(session.light().connections).toBe(0);
    await session.restore();
    await (await adding).completed();
  });

  it('refuses wrong options at once', async () => {
    const { stage, sample } = await scene();
    const session = await openSession(stage);
    const pointer = { publicKey: 'f'.repeat(64) }; // where it points to would take a while to find out
    for (const wrong of [{ maxPeers: 0 }, { select: [-1] }, { priorities: { low: [0.5] } }])
      for (const link of [linkOf(sample), formatMagnet({ pointer })])
        await expect(session.add(link, wrong)).rejects.toMatchObject({ code: 'ERR_OPTION' });
  });
});

describe('metadata from peers who lie', () => {
  it('is fetched from others; the liar is banned', async () => {
    const { stage, sample, target } = await scene();
    const { infoHash, infoBytes } = sample.metainfo;
    const listener = await RawListener.open();
    stage.defer(() => listener.close());
    const session = await openSession(stage, { dir: target });
    const adding = session.add(linkOf(sample, { peers: [listener.address] }));
    const liar = new MetadataPeer(await listener.next());
    liar.serve(infoBytes.map(byte => byte ^ 1)).greet(infoHash, infoBytes.length);
    await liar.peer.gone;
    const seed = await openSession(stage, { dir: sample.dir });
    await seed.add(sample.torrent, { check: 'seed', peers: [addressOf(session)] });
    await (await adding).completed();
  });

  it('is not asked for when it is longer than it may be', async () => {
    const { stage, sample } = await scene();
    const listener = await RawListener.open();
    stage.defer(() => listener.close());
    const session = await openSession(stage);
    const adding = session.add(linkOf(sample, { peers: [listener.address] }));
    adding.catch(() => {});
    const liar = new MetadataPeer(await listener.next());
    liar.greet(sample.metainfo.infoHash, 2 ** 31 - 1);
    await liar.greeted();
    liar.send({ type: 'request', part: 0 });
    await liar.peer.until('an answer', () => liar.got.length > 0);
    expect(liar.got).toEqual([{ type: 'reject', part: 0 }]);
  });
});

describe('peers of a magnet link', () => {
  /** A session that looks for metadata, and how often somebody was let go. */
  async function seeking() {
    const { stage, sample, target } = await scene();
    const session = await openSession(stage, { dir: target });
    const adding = session.add(linkOf(sample));
    adding.catch(() => {});
    return { stage, sample, session, adding };
  }

  it.each<[string, (peer: MetadataPeer) => void]>([
    ['a block', ({ peer }) => void peer.sendBlock(0, 0, new Uint8Array(16 * KiB))],
    [
      'metadata that is none',
      ({ peer }) => void peer.send({ type: 'extended', id: 2, payload: Uint8Array.of(1) }),
    ],
    [
      'parts that nobody asked for, without end',
      peer => {
        const bytes = new Uint8Array(100);
        const data = { type: 'data', part: 0, totalBytes: 100, bytes } as const;
        peer.send(...Array(2000).fill(data));
      },
    ],
    ['requests without end', peer => void peer.send(...Array(2000).fill({ type: 'request', part: 0 }))],
  ])('are let go for %s, and the search goes on', async (_, act) => {
    const { stage, sample, session, adding } = await seeking();
    const peer = await dial(session, sample.metainfo);
    act(peer);
    await peer.peer.gone;
    const seed = await openSession(stage, { dir: sample.dir });
    await seed.add(sample.torrent, { check: 'seed', peers: [addressOf(session)] });
    await (await adding).completed();
  });

  it('may tell what they have, ask and chat, and stay', async () => {
    const { sample, session } = await seeking();
    const peer = await dial(session, sample.metainfo);
    peer.peer.send(
      { type: 'bitfield', bits: new Uint8Array(1000) },
      { type: 'have', piece: 17 },
      { type: 'unchoke' },
      { type: 'interested' },
      { type: 'request', piece: 0, begin: 0, length: 16 * KiB },
      { type: 'port', port: 6881 },
      { type: 'extended', id: 77, payload: Uint8Array.of(1) },
    );
    peer.send({ type: 'request', part: 0 });
    await peer.peer.until('an answer', () => peer.got.length > 0);
    expect(session.light().connections).toBe(1);
  });

  it('who dialled us and said where they listen are dialled for the torrent', async () => {
    const { stage, sample, session, adding } = await seeking();
    const { infoHash, infoBytes } = sample.metainfo;
    const listener = await RawListener.open();
    stage.defer(() => listener.close());
    const peer = new MetadataPeer(await RawPeer.dial(addressOf(session))).serve(infoBytes);
    peer.greet(infoHash, infoBytes.length, listener.address.port);
    await adding;
    await listener.next();
  });

  it('that have the same id from one host are one', async () => {
    const { sample, session } = await seeking();
    const { infoHash } = sample.metainfo;
    const [one, two] = [await RawPeer.dial(addressOf(session)), await RawPeer.dial(addressOf(session))];
    const peerId = newPeerId();
    one.handshake(infoHash, { extended: true }, peerId);
    await one.message('extended');
    two.handshake(infoHash, { extended: true }, peerId);
    await two.gone;
    expect(session.light().connections).toBe(1);
  });
});

describe('a torrent with metadata', () => {
  it.each([
    ['', {}],
    [', and goes on when a limit lets it', { up: 200_000 }],
  ])('tells its size and hands it on, part by part%s', async (_, limits) => {
    const stage = await openStage();
    const sample = await makeLong(stage);
    const { infoBytes } = sample.metainfo;
    const seed = await openSeed(stage, sample);
    seed.setLimits(limits);
    const peer = await dial(seed, sample.metainfo);
    expect(peer.told).toMatchObject({ metadataBytes: infoBytes.length });
    const parts = metadataParts(infoBytes.length);
    expect(parts).toBeGreaterThan(2);
    peer.send(...Array.from({ length: parts }, (_, part) => ({ type: 'request' as const, part })));
    await peer.peer.until('all parts', () => peer.got.length === parts);
    const bytes = peer.got.map(message =>
      message.type === 'data' ? Buffer.from(message.bytes) : Buffer.of(),
    );
    expect(Buffer.concat(bytes)).toEqual(Buffer.from(infoBytes));
  });

  it('hands it on twice to each peer, then rejects, then has enough', async () => {
    const { stage, sample } = await scene();
    const seed = await openSeed(stage, sample);
    const peer = await dial(seed, sample.metainfo);
    const requests = (count: number) =>
      Array.from({ length: count }, () => ({ type: 'request' as const, part: 0 }));
    peer.send(...requests(4), { type: 'request', part: 70 });
    await peer.peer.until('answers', () => peer.got.length === 5);
    expect(peer.got.filter(({ type }) => type === 'data')).toHaveLength(2);
    expect(peer.got.filter(({ type }) => type === 'reject')).toHaveLength(3);
    peer.send(...requests(2000));
    await peer.peer.gone;
    const other = await dial(seed, sample.metainfo);
    other.send(...requests(1));
    await other.peer.until('an answer', () => other.got.length === 1);
    expect(other.got[0].type).toBe('data');
  });

  it('rejects when the .torrent from which it would be read again is another one', async () => {
    const { stage, sample } = await scene();
    const seed = await openSession(stage, { dir: sample.dir });
    const torrent = await seed.add(sample.torrent, { check: 'seed' });
    await torrent.completed();
    await writeFile(sample.torrent, 'de');
    const peer = await dial(seed, sample.metainfo);
    peer.send({ type: 'request', part: 0 });
    await peer.peer.until('an answer', () => peer.got.length === 1);
    expect(peer.got).toEqual([{ type: 'reject', part: 0 }]);
  });

  it('hands it on when it is private, too: whoever is connected came by its tracker (BEP 27)', async () => {
    const stage = await openStage();
    const { dir } = await makeSample(stage, { 'film.bin': 100 });
    const { bytes } = await createTorrent(`${dir}/film.bin`, { workers: 0, private: true });
    const seed = await openSession(stage, { dir });
    await (await seed.add(bytes, { check: 'seed' })).checked();
    const session = await openSession(stage, { dir: stage.path('target') });
    const { infoHash } = parseMetainfo(bytes);
    const torrent = await session.add(formatMagnet({ infoHash }), { peers: [addressOf(seed)] });
    await torrent.completed();
    expect(torrent.metainfo.private).toBe(true);
    expect(await readFile(stage.path('target/film.bin'))).toEqual(await readFile(`${dir}/film.bin`));
  });
});
