import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/engine/policy/rng.js';
import { decodeResume } from '../../src/engine/storage/resume-format.js';
import { readExact } from '../lib/e2e-data.js';
import { Peer, type PeerSpec } from '../lib/e2e-peer.js';
import { addressOf, KiB, MiB, makeSample, openSeed, openStage, type Sample } from '../lib/e2e-stage.js';
import { hashTree } from '../lib/sample-files.js';

const KILLS = 20;
const PIECE = 128 * KiB;

/** Three files, of which two share a piece each with the next. */
const FILES = { 'box/a.bin': 90 * MiB + 1, 'box/b.bin': 1000, 'box/c.bin': 150 * MiB - 1 };

/** State is saved after 32 MiB: runs of this many pieces are killed before, while and after it is. */
const CHECKPOINT_PIECES = (32 * MiB) / PIECE;

describe('SIGKILL at 20 random moments of a download', () => {
  it('each restart continues, no claimed piece is bad, at most 64 MiB is fetched twice', async () => {
    const seed = Number(process.env.MILLRACE_SEED ?? 20260101);
    const rng = createRng(seed);
    const stage = await openStage();
    const sample = await makeSample(stage, FILES, { pieceLength: PIECE });
    const { length } = sample.metainfo;
    const source = await openSeed(stage, sample, { limits: { up: 16 * MiB } });
    const dir = stage.path('target');
    const stateDir = stage.path('state');
    const spec: PeerSpec = {
      session: { dir, stateDir, workers: 2 },
      torrent: sample.torrent,
      add: { peers: [addressOf(source)] },
    };

    let fetched = 0;
    let had = 0;
    let claimed = 0;
    const report: string[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      const peer = new Peer(stage, spec);
      // In the first check, early, or about when state is saved.
      const moment = kill % 5;
      const pieces = moment === 4 ? CHECKPOINT_PIECES + rng.below(40) : rng.below(60);
      let arrived = 0;
      let downloaded = 0;
      await new Promise<void>((resolve, reject) => {
        peer.watch(({ event, ...facts }) => {
          if (event === 'piece') arrived++;
          if (facts.downloaded !== undefined) downloaded = facts.downloaded as number;
          const due = moment === 0 ? event === 'listening' : arrived >= pieces && event !== 'listening';
          if (due) resolve(peer.kill());
          if (event === 'complete') reject(new Error('the download was over before it could be killed'));
        });
      });
      fetched += downloaded;
      const checked = peer.events.find(({ event }) => event === 'checked');
      if (checked !== undefined) {
        expect(checked.piecesDone).toBeGreaterThanOrEqual(claimed);
        had = checked.piecesDone as number;
      }
      claimed = await verifyClaims(sample, dir, stateDir);
      report.push(
        `kill ${kill}: ${had} pieces at start, ${arrived} more, ${(downloaded / PIECE).toFixed(1)} fetched, ${claimed} claimed`,
      );
    }

    const last = new Peer(stage, spec);
    const { piecesDone } = await last.event('checked');
    expect(piecesDone).toBeGreaterThanOrEqual(Math.max(had, claimed));
    fetched += (await last.event('complete')).downloaded as number;
    expect(await last.close()).toBe(0);
    expect(await hashTree(dir)).toEqual(await hashTree(sample.dir));
    expect(await verifyClaims(sample, dir, stateDir)).toBe(sample.metainfo.pieceCount);
    const twice = fetched - length;
    const sent = source.stats().torrents[0].uploaded - fetched;
    report.push(
      `${(twice / MiB).toFixed(1)} MiB fetched twice, ${(sent / MiB).toFixed(1)} MiB sent to the dead`,
    );
    console.log(`seed ${seed}\n${report.join('\n')}`);
    expect(twice).toBeLessThanOrEqual(64 * MiB);
  });
});

/** Hashes every piece that the resume file claims. @returns how many it claims */
async function verifyClaims({ metainfo }: Sample, dir: string, stateDir: string): Promise<number> {
  const { infoHash, pieceCount, pieceLength, length, files, pieces } = metainfo;
  const bytes = await readFile(`${stateDir}/${infoHash}.resume`).catch(error => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (bytes === undefined) return 0;
  const { claimed } = decodeResume({ infoHash, pieceCount, fileCount: files.length }, bytes);
  let count = 0;
  for (let piece = 0; piece < pieceCount; piece++) {
    if ((claimed[piece >>> 3] & (0x80 >>> (piece & 7))) === 0) continue;
    count++;
    const start = piece * pieceLength;
    const data = await readExact(dir, files, start, Math.min(length, start + pieceLength));
    const digest = createHash('sha1').update(data).digest();
    if (Buffer.compare(digest, pieces.subarray(20 * piece, 20 * piece + 20)) !== 0)
      throw new Error(`piece ${piece} is claimed and bad`);
  }
  return count;
}
