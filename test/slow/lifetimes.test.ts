import { readdirSync } from 'node:fs';
import net from 'node:net';
import { describe, expect, it } from 'vitest';
import { createSession } from '../../dist/index.js';
import { addressOf, KiB, MiB, makeSample, openSeed, openSession, openStage } from '../lib/e2e-stage.js';
import { hashTree } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';

const LIBRARY = JSON.stringify(new URL('../../dist/index.js', import.meta.url).href);

/** Runs a program that must end by itself; after its last line nothing may keep it alive for even a second. */
async function runToEnd(stage: Stage, script: string): Promise<void> {
  const program = stage.run(process.execPath, [
    '--input-type=module',
    '-e',
    `import { createSession, createTorrent, verifyTorrent } from ${LIBRARY};
     const done = () => {
       const timers = process.getActiveResourcesInfo().filter(name => name === 'Timeout').length;
       console.log(JSON.stringify({ event: 'closed', timers }));
       process.on('exit', () => console.log(JSON.stringify({ event: 'gone', ms: performance.now() - atMs })));
       const atMs = performance.now();
     };
     ${script}`,
  ]);
  const { timers } = await program.event('closed');
  await program.exits(0, 5_000);
  const { ms } = await program.event('gone');
  expect(timers).toBe(0);
  expect(ms).toBeLessThan(1000);
}

describe('after close() the process ends by itself', () => {
  const scene = async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 8 * MiB });
    const dir = JSON.stringify(sample.dir);
    const torrent = JSON.stringify(sample.torrent);
    const target = JSON.stringify(stage.path('target'));
    return { stage, sample, dir, torrent, target };
  };

  it('right after it was made', async () => {
    const { stage } = await scene();
    await runToEnd(stage, `const session = await createSession(); await session.close(); done();`);
  });

  it('by asyncDispose, without a port', async () => {
    const { stage } = await scene();
    await runToEnd(
      stage,
      `const session = await createSession({ listen: false }); await session[Symbol.asyncDispose](); done();`,
    );
  });

  it('by the signal that it was made with', async () => {
    const { stage, dir, torrent } = await scene();
    await runToEnd(
      stage,
      `const stop = new AbortController();
       const session = await createSession({ dir: ${dir}, signal: stop.signal });
       const torrent = await session.add(${torrent});
       await torrent.checked();
       stop.abort();
       await torrent.left();
       await session.close();
       done();`,
    );
  });

  it('while a check runs', async () => {
    const { stage, dir, torrent } = await scene();
    await runToEnd(
      stage,
      `const session = await createSession({ dir: ${dir}, listen: { host: '127.0.0.1' } });
       const torrent = await session.add(${torrent}, { check: 'full' });
       const checked = torrent.checked().catch(error => error.code);
       await session.close();
       if ((await checked) !== 'ERR_CLOSED') throw new Error('checked');
       done();`,
    );
  });

  it('in mid-transfer', async () => {
    const { stage, sample, torrent, target } = await scene();
    const seed = await openSeed(stage, sample, { limits: { up: 4 * MiB } });
    await runToEnd(
      stage,
      `const session = await createSession({ dir: ${target}, stateDir: ${target} + '-state', limits: { down: ${2 * MiB} } });
       const torrent = await session.add(${torrent}, { peers: [${JSON.stringify(addressOf(seed))}] });
       await new Promise(resolve => torrent.on('piece', resolve));
       const completed = torrent.completed().catch(error => error.code);
       await session.close();
       if ((await completed) !== 'ERR_CLOSED') throw new Error('completed');
       done();`,
    );
  });

  it('after a transfer, with files and workers in use', async () => {
    const { stage, sample, torrent, target } = await scene();
    const seed = await openSeed(stage, sample);
    await runToEnd(
      stage,
      `const session = await createSession({ dir: ${target}, stateDir: ${target} + '-state' });
       const torrent = await session.add(${torrent}, { peers: [${JSON.stringify(addressOf(seed))}] });
       await torrent.completed();
       await session.close();
       done();`,
    );
  });

  it('with a tracker that takes connections and never answers, within 5 s and a little', async () => {
    const { stage, dir, torrent } = await scene();
    const dead = net.createServer(() => {});
    await new Promise<void>(resolve => dead.listen(0, '127.0.0.1', resolve));
    stage.defer(() => new Promise(resolve => dead.close(resolve)));
    const { port } = dead.address() as net.AddressInfo;
    const startMs = performance.now();
    await runToEnd(
      stage,
      `const session = await createSession({ dir: ${dir} });
       const torrent = await session.add(${torrent}, {
         check: 'seed',
         trackers: [['http://127.0.0.1:${port}/announce', 'udp://127.0.0.1:${port}/announce']],
       });
       await torrent.checked();
       await session.close();
       done();`,
    );
    expect(performance.now() - startMs).toBeLessThan(8000);
  });

  it('createTorrent and verifyTorrent leave nothing either', async () => {
    const { stage, sample, dir, torrent } = await scene();
    await runToEnd(
      stage,
      `await createTorrent(${JSON.stringify(`${sample.dir}/film.bin`)});
       await verifyTorrent(${torrent}, { dir: ${dir} });
       done();`,
    );
  });
});

describe('an open session keeps its process alive', () => {
  it('also without a port, with a limit that pauses reading', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': MiB });
    const seed = await openSeed(stage, sample);
    await runToEnd(
      stage,
      `const session = await createSession({ dir: ${JSON.stringify(stage.path('target'))}, listen: false, limits: { down: ${2 * MiB} } });
       const torrent = await session.add(${JSON.stringify(sample.torrent)}, { peers: [${JSON.stringify(addressOf(seed))}] });
       await torrent.completed();
       await session.close();
       done();`,
    );
  });
});

describe('close', () => {
  it('is one wait however often it is called, and refuses what comes after', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': MiB });
    const session = await openSession(stage, { dir: sample.dir });
    const torrent = await session.add(sample.torrent);
    await torrent.checked();
    const closing = session.close();
    expect(session.close()).toBe(closing);
    await closing;
    expect(session.torrents).toEqual([]);
    expect(torrent.state).toBe('closed');
    await expect(session.add(sample.torrent)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('a closed torrent still answers, and disturbs nobody', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': MiB });
    const session = await openSession(stage, { dir: sample.dir, stateDir: stage.path('state') });
    const torrent = await session.add(sample.torrent);
    await torrent.checked();
    await torrent.close();
    await torrent.close();
    expect(session.get(sample.metainfo.infoHash)).toBeUndefined();
    const other = await session.add(sample.torrent, { dir: stage.path('empty') });
    await other.checked();

    const before = other.stats();
    torrent.select(0, 4, 'high');
    torrent.files[0].priority = 'skip';
    torrent.setSequential(true);
    torrent.setLimits({ down: 1 });
    torrent.pause();
    torrent.resume();
    torrent.addPeer({ host: '127.0.0.1', port: 1 });
    expect(torrent.stats()).toMatchObject({ state: 'closed', piecesDone: 16 });
    expect(other.stats()).toEqual(before);
    for (const wait of [
      () => torrent.recheck(),
      () => torrent.saveResume(),
      () => torrent.files[0].read(new Uint8Array(10)),
      () => torrent.files[0].stream().getReader().read(),
    ])
      await expect(wait()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    for await (const event of torrent.events()) throw new Error(`event ${event.type} of a closed torrent`);
    await torrent.left();

    const seed = await openSeed(stage, sample);
    other.addPeer(addressOf(seed));
    await other.completed();
  });

  it('in a check: what the check still finds does not get into the next torrent', async () => {
    const stage = await openStage();
    const full = await makeSample(stage, { 'film.bin': 16 * MiB }, { pieceLength: 256 * KiB });
    const empty = await makeSample(
      stage,
      { 'song.bin': 16 * MiB },
      { pieceLength: 256 * KiB, name: 'e', seed: 2 },
    );
    const session = await openSession(stage, { dir: full.dir });
    for (let round = 0; round < 5; round++) {
      const checking = await session.add(full.metainfo, { check: 'full' });
      while (session.stats().workers.running === 0) await new Promise(setImmediate);
      const closing = checking.close();
      while (session.stats().memory.tableBytes > 0) await new Promise(setImmediate);
      // Its tables lie where those of the first lay.
      const next = await session.add(empty.metainfo, { dir: stage.path('empty'), paused: true });
      await closing;
      await next.checked();
      while (session.stats().workers.running > 0) await new Promise(setImmediate);
      expect(next.files[0].done).toBe(0);
      await next.close();
    }
    expect(session.stats().memory.usedBytes).toBe(0);
  });

  it('in mid-transfer: gives all memory back, and all files', async () => {
    const stage = await openStage();
    const sample = await makeSample(stage, { 'film.bin': 16 * MiB }, { pieceLength: 256 * KiB });
    const seed = await openSeed(stage, sample, { limits: { up: 6 * MiB } });
    const session = await openSession(stage, { dir: stage.path('target') });
    const before = session.stats().memory;
    for (let round = 0; round < 6; round++) {
      const torrent = await session.add(sample.torrent, { peers: [addressOf(seed)], check: 'auto' });
      await torrent.checked();
      const { piecesDone } = torrent.stats();
      // It is closed between the answer of a worker and the turn that would take it in.
      while (torrent.stats().piecesDone === piecesDone) await new Promise(setImmediate);
      await torrent.close();
    }
    expect(session.stats().memory).toEqual(before);
    const open = readdirSync('/proc/self/fd').length;
    expect(open).toBeLessThan(200);
    const torrent = await session.add(sample.torrent, { peers: [addressOf(seed)] });
    await torrent.completed();
    expect(await hashTree(stage.path('target'))).toEqual(await hashTree(sample.dir));
  });

  it('a session whose signal is aborted already does not start', async () => {
    await expect(createSession({ signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ERR_ABORTED',
    });
  });
});
