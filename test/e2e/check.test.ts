import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { copyFile, mkdir, open, truncate } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { verifyTorrent } from '../../dist/index.js';
import { RawPeer } from '../hostile/raw-peer.js';
import { Peer } from '../lib/e2e-peer.js';
import {
  addressOf,
  KiB,
  MiB,
  makeSample,
  nextEvent,
  openSeed,
  openSession,
  openStage,
} from '../lib/e2e-stage.js';
import { hashFile, hashTree } from '../lib/sample-files.js';
import { until } from '../lib/until.js';

const PIECE = 64 * KiB;

async function scene(limit = 0) {
  const stage = await openStage();
  const sample = await makeSample(stage, { 'film.bin': 4 * MiB }, { pieceLength: PIECE });
  const seed = await openSeed(stage, sample, { limits: { up: limit } });
  const dir = stage.path('target');
  return { stage, sample, dir, peers: [addressOf(seed)], file: `${dir}/film.bin` };
}

async function flipByte(path: string, at: number): Promise<void> {
  const file = await open(path, 'r+');
  const byte = Buffer.alloc(1);
  await file.read(byte, 0, 1, at);
  byte[0] ^= 1;
  await file.write(byte, 0, 1, at);
  await file.close();
}

describe('recheck', () => {
  it('finds a flipped byte, and that piece alone is fetched again', async () => {
    const { stage, sample, dir, peers, file } = await scene();
    const session = await openSession(stage, { dir });
    const torrent = await session.add(sample.torrent, { peers });
    await torrent.completed();
    await flipByte(file, 7 * PIECE + 99);
    const again = nextEvent(torrent, 'piece');
    await torrent.recheck();
    expect(torrent.stats()).toMatchObject({ state: 'downloading', piecesDone: 63, done: 63 * PIECE });
    expect(await again).toMatchObject({ piece: 7 });
    await torrent.completed();
    expect(torrent.stats()).toMatchObject({ state: 'seeding', piecesDone: 64, downloaded: 65 * PIECE });
    expect(await hashTree(dir)).toEqual(await hashTree(sample.dir));
  });

  it('of good data changes nothing', async () => {
    const { stage, sample, dir, peers } = await scene();
    const session = await openSession(stage, { dir });
    const torrent = await session.add(sample.torrent, { peers });
    await torrent.completed();
    await torrent.recheck();
    await torrent.completed();
    expect(torrent.stats()).toMatchObject({ state: 'seeding', piecesDone: 64, downloaded: 64 * PIECE });
  });

  it('forgets what was read before: a damaged piece that was mended is sent as it is now', async () => {
    const { stage, sample } = await scene();
    const file = `${sample.dir}/film.bin`;
    await flipByte(file, 7 * PIECE);
    const session = await openSession(stage, { dir: sample.dir });
    const torrent = await session.add(sample.torrent, { check: 'seed' });
    await torrent.checked(); // before that nobody is let in
    const range = { piece: 7, begin: 0, length: 16 * KiB };
    const fetch = async () => {
      const peer = (await RawPeer.dial(addressOf(session))).expectPieces(64).handshake(torrent.infoHash);
      stage.defer(() => peer.socket.destroy());
      peer.send({ type: 'have-none' }, { type: 'interested' });
      await peer.message('unchoke');
      return (await peer.fetchBlock(range)).payload[0];
    };
    const damaged = await fetch();
    await flipByte(file, 7 * PIECE);
    await torrent.recheck();
    expect(torrent.state).toBe('seeding');
    expect(await fetch()).toBe(damaged ^ 1);
  });

  it('in mid-transfer: the transfer goes on', async () => {
    const { stage, sample, dir, peers } = await scene(6 * MiB);
    const session = await openSession(stage, { dir });
    const torrent = await session.add(sample.torrent, { peers });
    await nextEvent(torrent, 'piece');
    await torrent.recheck();
    expect(torrent.state).toBe('downloading');
    await torrent.completed();
    expect(await hashTree(dir)).toEqual(await hashTree(sample.dir));
  });
});

describe('the first check', () => {
  it('full: hashes what is there, and fetches what is bad', async () => {
    const { stage, sample, dir, peers, file } = await scene();
    const stateDir = stage.path('state');
    const first = await openSession(stage, { dir, stateDir });
    await (await first.add(sample.torrent, { peers })).completed();
    await first.close();
    // Decay of the disk leaves the file's time alone.
    const likeBefore = stage.path('time');
    execFileSync('touch', ['-r', file, likeBefore]);
    await flipByte(file, 0);
    await flipByte(file, 4 * MiB - 1);
    execFileSync('touch', ['-r', likeBefore, file]);

    const trusting = await openSession(stage, { dir, stateDir });
    const trusted = await trusting.add(sample.torrent);
    await trusted.checked();
    expect(trusted.stats().piecesDone).toBe(64);
    await trusting.close();

    const second = await openSession(stage, { dir, stateDir });
    const torrent = await second.add(sample.torrent, { check: 'full' });
    await torrent.checked();
    expect(torrent.stats().piecesDone).toBe(62);
    torrent.addPeer(peers[0]);
    await torrent.completed();
    expect(torrent.stats().downloaded).toBe(2 * PIECE);
    expect(await hashTree(dir)).toEqual(await hashTree(sample.dir));
  });

  it('auto without state: takes what a file that is too short has', async () => {
    const { stage, sample, dir, peers, file } = await scene();
    const first = await openSession(stage, { dir });
    await (await first.add(sample.torrent, { peers })).completed();
    await first.close();
    await truncate(file, 10 * PIECE + 5);

    const second = await openSession(stage, { dir });
    const torrent = await second.add(sample.torrent, { peers });
    await torrent.checked();
    expect(torrent.stats().piecesDone).toBe(10);
    await torrent.completed();
    expect(await hashTree(dir)).toEqual(await hashTree(sample.dir));
  });

  it('auto with state: nothing is fetched twice, and totals go on', async () => {
    const { stage, sample, dir, peers } = await scene();
    const stateDir = stage.path('state');
    const options = { dir, stateDir };
    const first = await openSession(stage, options);
    const half = await first.add(sample.torrent, { peers, sequential: true });
    half.select(32, 64, 'skip');
    await half.completed();
    await first.close();

    const second = await openSession(stage, options);
    const torrent = await second.add(sample.torrent, { peers });
    await torrent.checked();
    expect(torrent.stats().piecesDone).toBe(half.stats().piecesDone);
    await torrent.completed();
    expect(half.stats().downloaded + torrent.stats().downloaded).toBe(sample.metainfo.length);
    expect(await hashTree(dir)).toEqual(await hashTree(sample.dir));
  });

  it('what it proves without state survives a kill', async () => {
    const { stage, sample, dir, peers } = await scene(MiB);
    await mkdir(dir);
    await copyFile(`${sample.dir}/film.bin`, `${dir}/film.bin`);
    await truncate(`${dir}/film.bin`, 2 * MiB);
    const stateDir = stage.path('state');
    const start = () =>
      new Peer(stage, { session: { dir, stateDir }, torrent: sample.torrent, add: { peers } });
    const first = start();
    await first.event('checked', ({ piecesDone }) => piecesDone === 32);
    await first.event('piece');
    const journal = `${stateDir}/${sample.metainfo.infoHash}.hints`;
    await until('the journal', () => existsSync(journal) && statSync(journal).size > 0);
    await first.kill();
    const { piecesDone } = await start().event('checked');
    expect(piecesDone).toBeGreaterThanOrEqual(32);
  });

  it('verifyTorrent names the bad pieces and changes nothing', async () => {
    const { stage, sample, dir, peers, file } = await scene();
    const session = await openSession(stage, { dir });
    await (await session.add(sample.torrent, { peers })).completed();
    await session.close();
    await flipByte(file, 3 * PIECE);
    await flipByte(file, 9 * PIECE);
    const before = await hashFile(file);
    const progress: number[] = [];
    const result = await verifyTorrent(sample.torrent, { dir, onProgress: done => progress.push(done) });
    expect(result).toMatchObject({ pieces: 64, good: 62, bad: [3, 9], bytes: 4 * MiB });
    expect(progress.at(-1)).toBe(4 * MiB);
    expect(await hashFile(file)).toBe(before);
  });
});

describe('pause and resume', () => {
  it('added paused: asks for nothing until it is resumed', async () => {
    const { stage, sample, dir, peers } = await scene();
    const session = await openSession(stage, { dir });
    const torrent = await session.add(sample.torrent, { peers, paused: true });
    await torrent.checked();
    expect(torrent.state).toBe('paused');
    expect(session.stats().connections).toBe(0);
    torrent.resume();
    expect(torrent.state).toBe('downloading');
    await torrent.completed();
    expect(await hashTree(dir)).toEqual(await hashTree(sample.dir));
  });

  it('paused in mid-transfer, it leaves its peers and goes on where it was', async () => {
    const { stage, sample, dir, peers } = await scene(6 * MiB);
    const session = await openSession(stage, { dir });
    const torrent = await session.add(sample.torrent, { peers });
    await nextEvent(torrent, 'piece');
    const gone = nextEvent(torrent, 'peer-closed');
    torrent.pause();
    expect(torrent.state).toBe('paused');
    await gone;
    expect(torrent.stats().peers).toEqual([]);
    const { piecesDone } = torrent.stats();
    expect(piecesDone).toBeLessThan(64);
    torrent.resume();
    await torrent.completed();
    expect(torrent.stats().downloaded).toBeLessThan(sample.metainfo.length + 2 * MiB);
    expect(await hashTree(dir)).toEqual(await hashTree(sample.dir));
  });

  it('paused while it is checked, it stays paused', async () => {
    const { stage, sample, peers } = await scene();
    const session = await openSession(stage, { dir: sample.dir });
    const torrent = await session.add(sample.torrent, { peers, check: 'full' });
    expect(torrent.state).toBe('checking');
    torrent.pause();
    await torrent.checked();
    expect(torrent.stats()).toMatchObject({ state: 'paused', piecesDone: 64 });
  });

  it('resumed again while it is checked, it goes on', async () => {
    const { stage, sample, peers } = await scene();
    const session = await openSession(stage, { dir: sample.dir });
    const torrent = await session.add(sample.torrent, { peers, check: 'full', paused: true });
    torrent.resume();
    expect(torrent.state).toBe('checking');
    await torrent.checked();
    expect(torrent.stats()).toMatchObject({ state: 'seeding', piecesDone: 64 });
  });
});
