import { describe, expect, it } from 'vitest';
import { createTracker } from '../../dist/tracker/index.js';
import { Peer } from '../lib/e2e-peer.js';
import { KiB, MiB, makeSample, openStage } from '../lib/e2e-stage.js';
import { hashTree } from '../lib/sample-files.js';

const DOWNLOADERS = 20;
/** Those that are killed and come back on other ports. */
const VICTIMS = [2, 9, 16];

describe('1 seed and 20 downloaders as processes', () => {
  it('three of them are killed and restarted on other ports: all finish, every byte right', async () => {
    const stage = await openStage();
    const tracker = await createTracker({ http: { port: 0, host: '127.0.0.1' }, intervalSeconds: 5 });
    stage.defer(() => tracker.close());
    const sample = await makeSample(stage, { 'film.bin': 24 * MiB + 77 }, { pieceLength: 64 * KiB });
    const { torrent, metainfo, dir } = sample;
    const trackers = [[tracker.http!.url]];
    const session = { workers: 1, kernels: 'native', memoryBytes: 16 * MiB } as const;
    const seed = new Peer(stage, {
      session: { ...session, dir, limits: { up: 6 * MiB } },
      torrent,
      add: { trackers },
    });
    await seed.event('tracker', ({ state }) => state === 'working');

    const start = (number: number) =>
      new Peer(stage, {
        session: { ...session, dir: stage.path(`${number}`), stateDir: stage.path(`${number}-state`) },
        torrent,
        add: { trackers },
      });
    const peers = Array.from({ length: DOWNLOADERS }, (_, number) => start(number));
    await Promise.all(
      VICTIMS.map(async number => {
        const victim = peers[number];
        const port = (await victim.address()).port;
        let pieces = 0;
        await new Promise<void>((resolve, reject) => {
          victim.watch(({ event }) => {
            if (event === 'piece' && ++pieces === Math.floor(metainfo.pieceCount / 4)) resolve(victim.kill());
            if (event === 'complete') reject(new Error(`${number} was complete before it could be killed`));
          });
        });
        peers[number] = start(number);
        expect((await peers[number].address()).port).not.toBe(port);
        expect((await peers[number].event('checked')).piecesDone).toBeGreaterThan(0);
      }),
    );

    await Promise.all(peers.map(peer => peer.event('complete')));
    const all = await Promise.all(peers.map(async peer => (await peer.stats()).torrents[0]));
    const traded = all.reduce((sum, { uploaded }) => sum + uploaded, 0);
    const { uploaded } = (await seed.stats()).torrents[0];
    console.log(
      `the seed sent ${(uploaded / metainfo.length).toFixed(2)} copies, ` +
        `the others ${(traded / metainfo.length).toFixed(2)} of ${DOWNLOADERS}`,
    );
    expect(uploaded).toBeLessThan(0.5 * DOWNLOADERS * metainfo.length);
    expect(await Promise.all([seed, ...peers].map(peer => peer.close()))).toEqual(
      Array(DOWNLOADERS + 1).fill(0),
    );
    const wanted = await hashTree(dir);
    for (let number = 0; number < DOWNLOADERS; number++)
      expect(await hashTree(stage.path(`${number}`))).toEqual(wanted);
    // The three that were killed said no goodbye; their old addresses run out by themselves.
    expect(tracker.stats().peers).toBeLessThanOrEqual(VICTIMS.length);
  });
});
