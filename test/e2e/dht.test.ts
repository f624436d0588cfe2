import { mkdir, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  createDhtKeys,
  formatAddress,
  formatMagnet,
  type PeerAddress,
  type Session,
  type SessionOptions,
} from '../../dist/index.js';
import { fromHex, toHex, utf8 } from '../../src/engine/bytes.js';
import { encode } from '../../src/engine/protocol/bencode.js';
import { encodeDhtMessage } from '../../src/engine/protocol/dht/krpc.js';
import { decodeFeatures } from '../../src/engine/protocol/peer/features.js';
import { RawPeer } from '../hostile/raw-peer.js';
import { DaemonProcess } from '../lib/daemon-process.js';
import { addressOf, KiB, makeSample, openSession, openStage, type Sample } from '../lib/e2e-stage.js';
import { fakeNames } from '../lib/fake-names.js';
import { freePort } from '../lib/free-port.js';
import { RawDhtNode, type SeenQuery } from '../lib/raw-dht-node.js';
import { hashTree } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { until } from '../lib/until.js';

const HOSTS = ['127.0.0.1', '::1'] as const;

const PING = { type: 'query', transaction: utf8('aa'), query: { method: 'ping' } } as const;

/**
 * Unless a port is asked for, one that was free for packets, too: tests tell others of it. The system finds one that is
 * free for connections, and now and then somebody has it for packets.
 */
async function openNode(stage: Stage, options: SessionOptions = {}): Promise<Session> {
  for (;;) {
    const session = await openSession(stage, { dht: true, dhtBootstrap: [], workers: 0, ...options });
    const { dht, addresses } = session;
    if (dht === undefined || addresses.length === 0 || addressOf(session).port === portOf(options))
      return session;
    await until('sockets', () => dht.addresses.length === addresses.length);
    if (dht.addresses.every(({ port }) => port === addressOf(session).port)) return session;
    await session.close();
  }
}

const portOf = ({ listen }: SessionOptions) => (listen ? listen.port : undefined);

/** A DHT of sessions, each of which is told of the first one alone. */
async function openNet(stage: Stage, size: number, host: string = HOSTS[0]): Promise<Session[]> {
  const listen = { host };
  const sessions = [await openNode(stage, { listen })];
  const dhtBootstrap = [addressOf(sessions[0])];
  for (let i = 1; i < size; i++) sessions.push(await openNode(stage, { listen, dhtBootstrap }));
  await Promise.all(sessions.map(session => session.dht!.ready()));
  return sessions;
}

/** Resolves when peers are taken in. */
async function seed(session: Session, { torrent, dir }: Sample): Promise<void> {
  const added = await session.add(torrent, { dir, check: 'seed' });
  await added.checked();
}

function noted() {
  const lines: string[] = [];
  const note = (_: object, line: string) => void lines.push(line);
  return { lines, log: { debug() {}, info: note, warn: note, error: note } };
}

async function makePrivate(stage: Stage): Promise<Sample> {
  return makeSample(stage, { 'secret.bin': 40 * KiB }, { name: 'private', private: true });
}

const isOf =
  (infoHash: string) =>
  ({ message: { query } }: SeenQuery): boolean =>
    'infoHash' in query && toHex(query.infoHash) === infoHash;

describe.each(HOSTS)('the DHT of sessions at %s', host => {
  it('leads from a magnet link without trackers to the file', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'album/a.bin': 100 * KiB, 'album/b.bin': 3 });
    const { infoHash } = sample.metainfo;
    const sessions = await openNet(stage, 8, host);
    await seed(sessions[3], sample);
    const torrent = await sessions[6].add(formatMagnet({ infoHash }), { dir: stage.path('target') });
    await torrent.completed();
    expect(await hashTree(stage.path('target'))).toEqual(await hashTree(sample.dir));
    const peers = await sessions[1].dht!.findPeers(infoHash);
    expect(peers).toContainEqual(addressOf(sessions[3]));
  });

  it('is entered without any other node after a restart', async () => {
    const stage = await openStage();
    const [other] = await openNet(stage, 2, host);
    const options = { listen: { host }, stateDir: stage.path('state') };
    const before = await openNode(stage, { ...options, dhtBootstrap: [addressOf(other)] });
    await before.dht!.ready();
    const { id } = before.dht!.stats().families[0];
    await before.close();
    expect((await stat(`${stage.path('state')}/dht.nodes`)).size).toBeGreaterThan(40);
    const after = await openNode(stage, options);
    await after.dht!.ready();
    expect(after.dht!.stats().families[0].id).toBe(id);
  });

  it('is entered by the port message of a peer', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'a.bin': 40 * KiB });
    const [a, b] = [await openNode(stage, { listen: { host } }), await openNode(stage, { listen: { host } })];
    await seed(a, sample);
    await b.add(sample.torrent, { dir: stage.path('target'), peers: [addressOf(a)] });
    await Promise.all([a.dht!.ready(), b.dht!.ready()]);
    expect(a.dht!.stats().goodNodes + b.dht!.stats().goodNodes).toBe(2);
  });
});

describe('a session as a node of the DHT', () => {
  it('announces the port that it listens on, and whether it is a seed', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'a.bin': 40 * KiB });
    const node = await RawDhtNode.open(stage);
    const session = await openNode(stage, { dhtBootstrap: [node.address] });
    await seed(session, sample);
    const { message, from } = await node.query(({ message }) => message.query.method === 'announce_peer');
    expect(from).toEqual(addressOf(session));
    expect(message.query).toMatchObject({ port: addressOf(session).port, impliedPort: true, seed: true });
  });

  it('is one node for each family that the session listens on, at one port', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'a.bin': 40 * KiB });
    const nodes = await Promise.all(HOSTS.map(host => RawDhtNode.open(stage, host)));
    const dhtBootstrap = nodes.map(({ address }) => address);
    const session = await openNode(stage, { dhtBootstrap, listen: { host: '*' } });
    await seed(session, sample);
    for (const [i, node] of nodes.entries()) {
      const { from } = await node.query(({ message }) => message.query.method === 'announce_peer');
      expect(from).toEqual({ host: HOSTS[i], port: addressOf(session).port });
    }
    expect(session.dht!.addresses).toEqual(session.addresses);
    expect(session.light().dht!.goodNodes).toBe(2);
  });

  it('announces in a family as soon as somebody of it answers, however late', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'a.bin': 40 * KiB });
    const [early, late] = await Promise.all(HOSTS.map(host => RawDhtNode.open(stage, host)));
    const session = await openNode(stage, { dhtBootstrap: [early.address], listen: { host: '*' } });
    await seed(session, sample);
    const isAnnounce = ({ message }: SeenQuery) => message.query.method === 'announce_peer';
    await early.query(isAnnounce);
    await session.dht!.addNode(late.address);
    await late.query(isAnnounce);
  });

  it('is entered by a node that a magnet link names', async () => {
    const stage = await openStage();
    const node = await RawDhtNode.open(stage);
    const session = await openNode(stage);
    const controller = new AbortController();
    const infoHash = 'ab'.repeat(20);
    const adding = session.add(formatMagnet({ infoHash, nodes: [node.address] }), controller);
    await node.query(isOf(infoHash));
    controller.abort();
    await expect(adding).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  });

  it('neither asks nor answers who is blocked', async () => {
    const stage = await openStage();
    const [friend, foe] = [await RawDhtNode.open(stage), await RawDhtNode.open(stage, '127.0.0.3')];
    const session = await openNode(stage);
    session.setBlocked(host => host === foe.address.host);
    const target = addressOf(session);
    const asked = async (node: RawDhtNode) => {
      await node.send(encodeDhtMessage({ ...PING, id: node.id }), target);
      await session.dht!.addNode(node.address);
    };
    await asked(foe);
    await asked(friend);
    await session.dht!.ready();
    await friend.packet(packet => Buffer.from(packet).includes('1:t2:aa'));
    expect(foe.packets).toEqual([]);
    expect(session.light()).toMatchObject({ blocked: 0, dht: { queriesIn: 1 } });
  });

  it('says nothing of private torrents, neither to nodes nor to peers', async () => {
    const stage = await openStage();
    const [open, secret] = [await makeSample(stage, { 'a.bin': 40 * KiB }), await makePrivate(stage)];
    const node = await RawDhtNode.open(stage);
    const session = await openNode(stage, { dhtBootstrap: [node.address] });
    await seed(session, secret);
    await seed(session, open);
    const told = async ({ infoHash, pieceCount }: Sample['metainfo']) => {
      const peer = (await RawPeer.dial(addressOf(session))).expectPieces(pieceCount);
      stage.defer(() => peer.destroy());
      peer.record = [];
      peer.handshake(infoHash, { fast: true, extended: true, dht: true });
      await peer.message('have-all');
      // what comes next came after a port message, had there been one
      peer.send({ type: 'port', port: node.address.port }, { type: 'interested' });
      await peer.message('unchoke');
      const { dht } = decodeFeatures(Buffer.concat(peer.record).subarray(20, 28));
      return { dht, port: peer.messages.find(({ type }) => type === 'port') };
    };
    expect(await told(secret.metainfo)).toEqual({ dht: false, port: undefined });
    expect(await told(open.metainfo)).toEqual({
      dht: true,
      port: { type: 'port', port: addressOf(session).port },
    });
    await node.query(isOf(open.metainfo.infoHash));
    await node.query(({ message }) => message.query.method === 'announce_peer');
    const hash = Buffer.from(secret.metainfo.infoHash, 'hex');
    expect(node.packets.filter(packet => Buffer.from(packet).includes(hash))).toEqual([]);
  });

  it('asks nobody of whom the peer of a private torrent tells', async () => {
    const stage = await openStage();
    const [open, secret] = [await makeSample(stage, { 'a.bin': 40 * KiB }), await makePrivate(stage)];
    const [named, whispered] = [await RawDhtNode.open(stage), await RawDhtNode.open(stage)];
    const session = await openNode(stage);
    for (const [sample, node] of [
      [secret, whispered],
      [open, named],
    ] as const) {
      await seed(session, sample);
      const { infoHash, pieceCount } = sample.metainfo;
      const peer = (await RawPeer.dial(addressOf(session))).expectPieces(pieceCount);
      stage.defer(() => peer.destroy());
      peer.handshake(infoHash, { fast: true, dht: true }).send({ type: 'port', port: node.address.port });
      await peer.message('have-all');
    }
    await named.query(() => true);
    expect(whispered.packets).toEqual([]);
  });

  it('asks one node that a peer names, however many it names', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'a.bin': 40 * KiB });
    const [named, more, last] = [
      await RawDhtNode.open(stage),
      await RawDhtNode.open(stage),
      await RawDhtNode.open(stage),
    ];
    const session = await openNode(stage);
    await seed(session, sample);
    const { infoHash, pieceCount } = sample.metainfo;
    const peer = (await RawPeer.dial(addressOf(session))).expectPieces(pieceCount);
    stage.defer(() => peer.destroy());
    peer.handshake(infoHash, { fast: true, dht: true });
    for (const node of [named, more]) peer.send({ type: 'port', port: node.address.port });
    peer.send({ type: 'interested' });
    await peer.message('unchoke'); // all that came before has been read
    await session.dht!.addNode(last.address);
    await named.query(() => true);
    await last.query(() => true); // who was named before it would have been asked before it
    expect(more.packets).toEqual([]);
  });

  it('keeps what others put, checks what it gets, and finds out who has a torrent', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'a.bin': 40 * KiB });
    const { infoHash } = sample.metainfo;
    const [first, second, third] = await openNet(stage, 5);
    const value = { name: 'a value', list: [1, utf8('two')] };
    const { target, nodes } = await first.dht!.put(value);
    expect(nodes).toBeGreaterThan(0);
    const found = await third.dht!.get(target);
    expect(found).toMatchObject({ seq: undefined, bytes: encode(value) });
    expect(await third.dht!.get('00'.repeat(20))).toBeUndefined();

    const keys = createDhtKeys();
    const salt = utf8('news');
    await first.dht!.putMutable({ ...keys, salt, value: 'one' });
    expect(await second.dht!.putMutable({ ...keys, salt, value: 'two' })).toMatchObject({ seq: 2 });
    expect(await third.dht!.get({ publicKey: keys.publicKey, salt })).toMatchObject({
      ...{ seq: 2, value: utf8('two') },
    });
    const old = first.dht!.putMutable({ ...keys, salt, value: 'one and a half', seq: 1 });
    await expect(old).rejects.toMatchObject({ code: 'ERR_DHT_OUTDATED' });
    const other = first.dht!.putMutable({ ...keys, salt, value: 'three', seq: 3, cas: 1 });
    await expect(other).rejects.toMatchObject({ code: 'ERR_DHT_OUTDATED', facts: { refused: 301 } });
    expect((await third.dht!.get({ publicKey: keys.publicKey, salt }))!.seq).toBe(2); // nobody took it
    await expect(first.dht!.put('x'.repeat(1001))).rejects.toMatchObject({ code: 'ERR_DHT_VALUE' });
    for (const wrong of [{ seq: 2.5 }, { seq: -1 }, { seq: 3, cas: Number.NaN }])
      await expect(first.dht!.putMutable({ ...keys, salt, value: 'x', ...wrong })).rejects.toThrow(
        RangeError,
      );

    await seed(second, sample);
    await until('a seed', async () => (await first.dht!.scrape(infoHash))?.seeds === 1);
    expect(await first.dht!.sample({ target: infoHash })).toContain(infoHash);
    expect(first.light().dht).toMatchObject({ goodNodes: 4 });
    expect(first.dht!.stats().families).toHaveLength(1);
  });

  it('follows a magnet link to what its publisher points to', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'a.bin': 40 * KiB });
    const [first, second, third] = await openNet(stage, 4);
    await seed(first, sample);
    const keys = createDhtKeys();
    const pointer = { publicKey: toHex(keys.publicKey), salt: toHex(utf8('n')) };
    const value = { ih: fromHex(sample.metainfo.infoHash) };
    await second.dht!.putMutable({ ...keys, salt: fromHex(pointer.salt), value });
    const torrent = await third.add(formatMagnet({ pointer }), { dir: stage.path('target') });
    await torrent.completed();
    expect(torrent.infoHash).toBe(sample.metainfo.infoHash);
    const off = await openSession(stage, {});
    await expect(off.add(formatMagnet({ pointer }))).rejects.toMatchObject({
      ...{ code: 'ERR_DHT_OFF', facts: { reason: 'option' } },
    });
  });

  it('tells a daemon, too, what a publisher points to', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'a.bin': 40 * KiB });
    const { infoHash } = sample.metainfo;
    const [first, second] = await openNet(stage, 4);
    await seed(first, sample);
    const keys = createDhtKeys();
    await second.dht!.putMutable({ ...keys, value: { ih: fromHex(infoHash) } });
    const daemon = new DaemonProcess(stage, {
      ...{ 'state-dir': stage.path('state'), 'download-dir': stage.path('target') },
      ...{ dht: 'true', 'dht-bootstrap': formatAddress(addressOf(first)) },
    });
    const filename = formatMagnet({ pointer: { publicKey: toHex(keys.publicKey) } });
    const added = await daemon.call('torrent-add', { filename });
    expect(added).toMatchObject({ 'torrent-added': { hashString: infoHash } });
    await until('all of it', async () => {
      const [{ percentDone }] = await daemon.torrents<{ percentDone: number }>(['percentDone']);
      return percentDone === 1;
    });
    expect(await daemon.call('torrent-add', { filename })).toHaveProperty('torrent-duplicate');
  });

  it('is none while there is no network, and at another port after a move', async () => {
    const stage = await openStage();
    const node = await RawDhtNode.open(stage);
    const session = await openNode(stage, { dhtBootstrap: [node.address] });
    const sample = await makeSample(stage, { 'a.bin': 40 * KiB });
    await seed(session, sample);
    const dht = session.dht!;
    await dht.ready();
    const running = dht.get('11'.repeat(20));
    session.suspend('a test');
    await expect(running).rejects.toMatchObject({ code: 'ERR_NET_SUSPENDED' });
    await expect(dht.get('11'.repeat(20))).rejects.toMatchObject({ code: 'ERR_NET_SUSPENDED' });
    expect(dht.addresses).toEqual([]);
    await session.restore();
    await until('the socket', () => dht.addresses.length > 0);
    expect(dht.addresses).toEqual(session.addresses);
    await dht.get('11'.repeat(20));

    const before = addressOf(session).port;
    await session.listenOn({ port: 0 });
    await until('the other port', () => dht.addresses[0].port !== before);
    expect(dht.addresses).toEqual(session.addresses);
    await dht.get('22'.repeat(20));
    const { from } = await node.query(
      ({ message: { query } }) => query.method === 'get' && toHex(query.target) === '22'.repeat(20),
    );
    expect(from).toEqual(addressOf(session));
    const announced = await node.query(
      ({ message, from: { port } }) => message.query.method === 'announce_peer' && port !== before,
    );
    expect(announced.message.query).toMatchObject({ port: addressOf(session).port });
  });

  it('tells what the other family knows when it moves away from one in the middle of a search', async () => {
    const stage = await openStage();
    const nodes = await Promise.all(HOSTS.map(host => RawDhtNode.open(stage, host)));
    const dhtBootstrap = nodes.map(({ address }) => address);
    const session = await openNode(stage, { dhtBootstrap, listen: { host: '*' } });
    const dht = session.dht!;
    await until('both families', () => dht.stats().goodNodes === 2);
    nodes[1].mute = true;
    const searching = dht.findPeers('11'.repeat(20));
    await nodes[1].query(isOf('11'.repeat(20)));
    await session.listenOn({ host: HOSTS[0], port: 0 });
    expect(await searching).toEqual([]);
    expect(dht.addresses).toHaveLength(1);
  });

  it('takes another port when the one for packets is taken, and announces by number', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'a.bin': 40 * KiB });
    const node = await RawDhtNode.open(stage);
    const other = await RawDhtNode.open(stage, HOSTS[0], await freePort()); // or an old connection may have it
    const { lines, log } = noted();
    const session = await openNode(stage, { dhtBootstrap: [node.address], listen: other.address, log });
    await seed(session, sample);
    const { message, from } = await node.query(({ message }) => message.query.method === 'announce_peer');
    expect(message.query).toMatchObject({ port: other.address.port });
    expect(message.query).not.toMatchObject({ impliedPort: true });
    expect(from.port).not.toBe(other.address.port);
    expect(lines).toContainEqual(expect.stringContaining('takes any'));
  });

  it('is another node than a session beside it with the same folder', async () => {
    const stage = await openStage();
    const options = { dhtBootstrap: [(await RawDhtNode.open(stage)).address], stateDir: stage.path('state') };
    const openOne = async () => {
      const session = await openNode(stage, options);
      await session.dht!.ready();
      return { session, id: session.dht!.stats().families[0].id };
    };
    const former = await openOne();
    await former.session.close();
    const [one, two] = [await openOne(), await openOne()];
    expect(one.id).toBe(former.id);
    expect(two.id).not.toBe(one.id);
    await two.session.close();
    await one.session.close();
    expect((await openOne()).id).toBe(one.id);
  });

  it('begins anew when what it had saved is damaged, and says so', async () => {
    const stage = await openStage();
    const stateDir = stage.path('state');
    const node = await RawDhtNode.open(stage);
    await mkdir(stateDir);
    await writeFile(`${stateDir}/dht.nodes`, 'd2:v4');
    const { lines, log } = noted();
    const session = await openNode(stage, { dhtBootstrap: [node.address], stateDir, log });
    await session.dht!.ready();
    expect(lines).toContainEqual(expect.stringContaining('cannot be used'));
    await session.close();
    expect((await stat(`${stateDir}/dht.nodes`)).size).toBeGreaterThan(40);
  });

  it('is turned on and off while it runs', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'a.bin': 40 * KiB });
    const node = await RawDhtNode.open(stage);
    const session = await openSession(stage, { dhtBootstrap: [node.address] });
    expect(session.dht).toBeUndefined();
    await seed(session, sample);
    session.setDiscovery({ dht: true });
    const { dht } = session;
    await node.query(isOf(sample.metainfo.infoHash));
    session.setDiscovery({ dht: false });
    expect(session.dht).toBeUndefined();
    expect(session.light().dht).toBeUndefined();
    await expect(dht!.get('11'.repeat(20))).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    session.setDiscovery({ dht: true });
    await session.dht!.ready();
  });

  it('stays out of it behind a proxy', async () => {
    const stage = await openStage();
    const { lines, log } = noted();
    const session = await openNode(stage, { proxy: { host: '127.0.0.1', port: 9 }, log });
    expect(session.dht).toBeUndefined();
    expect(lines).toContainEqual(expect.stringContaining('proxy'));
  });

  it('answers nobody when it is read-only or does not listen, and announces what it listens for', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'a.bin': 40 * KiB });
    const node = await RawDhtNode.open(stage);
    const dhtBootstrap = [node.address];
    const silent = await openNode(stage, { dhtBootstrap, listen: false, bind: '127.0.0.1' });
    await seed(silent, sample);
    const { message } = await node.query(isOf(sample.metainfo.infoHash));
    expect(message.readOnly).toBe(true);
    const shy = await openNode(stage, { dhtBootstrap, dhtReadOnly: true });
    await seed(shy, sample);
    const announce = await node.query(({ message }) => message.query.method === 'announce_peer');
    expect(announce.message.readOnly).toBe(true);
    expect(announce.from).toEqual(addressOf(shy)); // never of the one that does not listen
    await node.send(encodeDhtMessage({ ...PING, id: node.id }), addressOf(shy));
    await shy.dht!.get('11'.repeat(20)); // an answer would have come before
    expect(node.packets.filter(packet => Buffer.from(packet).includes('1:t2:aa'))).toEqual([]);
  });

  it('begins with nobody when nobody answers, and says so', async () => {
    fakeNames({}); // where there is no name server it takes long to hear so
    const stage = await openStage();
    const session = await openNode(stage, { dhtBootstrap: [{ host: 'no-such-host.invalid', port: 6881 }] });
    const controller = new AbortController();
    const waiting = session.dht!.get('11'.repeat(20), { signal: controller.signal });
    controller.abort();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED' });
    await expect(session.dht!.addNode({ host: 'no-such-host.invalid', port: 1 })).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_NET/),
    });
    const ready = session.dht!.ready();
    await session.close();
    await expect(ready).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});

describe.skipIf(process.platform !== 'linux')('a session that is bound to an address', () => {
  it('asks nodes from there', async () => {
    const stage = await openStage();
    const node = await RawDhtNode.open(stage);
    const bound = { dhtBootstrap: [node.address], bind: '127.0.0.2' };
    const session = await openNode(stage, { ...bound, listen: {} });
    const dialler = await openNode(stage, { ...bound, listen: false });
    const hosts: PeerAddress[] = [];
    for (const { dht } of [session, dialler]) {
      await dht!.ready();
      hosts.push(...dht!.addresses);
    }
    expect(hosts.map(({ host }) => host)).toEqual(['127.0.0.2', '127.0.0.2']);
    expect(new Set(node.queries.map(({ from }) => from.host))).toEqual(new Set(['127.0.0.2']));
  });
});
