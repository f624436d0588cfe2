import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { type Metainfo, parseMetainfo } from '../../dist/index.js';
import { encode } from '../../src/engine/protocol/bencode.js';
import { openStage } from '../lib/e2e-stage.js';
import { sampleBytes } from '../lib/sample-files.js';
import type { Stage } from '../lib/stage.js';
import { message, u32 } from './bytes.js';
import type { RawPeer } from './raw-peer.js';
import { BLOCK, type Content, Honest, KiB, MiB, makeContent, Target } from './world.js';

/** What lies in memory beside and before what a peer asks for; it must never leave. */
const CANARY = Buffer.from('canary-of-somebody-else/');

/** A torrent whose every byte is canary, all over the slots of a session that has served it. */
function canaryContent(length: number): Content {
  const pieceLength = 32 * KiB;
  const bytes = Buffer.alloc(length, CANARY);
  const pieces = new Uint8Array(20 * Math.ceil(length / pieceLength));
  for (let at = 0; at < length; at += pieceLength)
    pieces.set(
      createHash('sha1')
        .update(bytes.subarray(at, at + pieceLength))
        .digest(),
      (20 * at) / pieceLength,
    );
  const torrent = encode({ info: { length, name: 'content.bin', 'piece length': pieceLength, pieces } });
  return { bytes, torrent, metainfo: parseMetainfo(torrent) };
}

/** A raw peer, unchoked, at a seed whose memory is full of canaries and that now seeds the torrent too. */
async function seedOver(
  stage: Stage,
  dir: string,
  torrent: Uint8Array,
  metainfo: Metainfo,
): Promise<RawPeer> {
  const target = await Target.seed(stage, canaryContent(12 * MiB), { memoryBytes: 8 * MiB });
  // Who only waits may still want the pieces, so they stay in memory.
  const idle = await target.dial();
  idle.handshake(target.content.metainfo.infoHash).send({ type: 'interested' });
  await idle.message('unchoke');
  await (await Honest.open(target)).fetch();
  expect(target.session.stats().memory.usedBytes, 'slots in use').toBeGreaterThan(6 * MiB);
  const seeding = await target.session.add(torrent, { dir, check: 'seed' });
  await seeding.checked();
  const peer = await target.dial();
  peer.expectPieces(metainfo.pieceCount).record = [];
  peer.handshake(metainfo.infoHash).send({ type: 'interested' });
  await peer.message('unchoke');
  return peer;
}

function expectNoCanary(peer: RawPeer): void {
  const sent = Buffer.concat(peer.record!);
  expect(sent.length).toBe(peer.received);
  for (let from = 0; from < CANARY.length; from++) {
    const part = Buffer.concat([CANARY.subarray(from), CANARY.subarray(0, from)]).subarray(0, 8);
    expect(sent.includes(part), 'a canary got out').toBe(false);
  }
}

it('a short last piece: its own bytes, to the byte, and not one of what lies behind', async () => {
  const stage = await openStage();
  const dir = stage.path('mine');
  await mkdir(dir);
  const content = makeContent(2 * 32 * KiB + 20_001);
  await writeFile(`${dir}/content.bin`, content.bytes);
  const peer = await seedOver(stage, dir, content.torrent, content.metainfo);
  const lengths = [
    [0, 1],
    [0, BLOCK],
    [BLOCK, 20_001 - BLOCK],
    [0, 20_001],
    [20_000, 1],
  ];
  for (const [begin, length] of lengths) {
    const block = await peer.fetchBlock({ piece: 2, begin, length });
    const at = 2 * 32 * KiB + begin;
    expect(Buffer.compare(block.payload, content.bytes.subarray(at, at + length))).toBe(0);
    peer.blocks.length = 0;
  }
  peer.raw(message(6, u32(2, BLOCK, BLOCK)));
  await peer.gone;
  expect(peer.blocks).toEqual([]);
  expectNoCanary(peer);
});

it('padding is zeros, whatever was in the slot before', async () => {
  const stage = await openStage();
  const dir = stage.path('mine');
  await mkdir(`${dir}/box`, { recursive: true });
  const first = sampleBytes(5000, 1);
  const second = sampleBytes(BLOCK, 2);
  await writeFile(`${dir}/box/a`, first);
  await writeFile(`${dir}/box/b`, second);
  const bytes = new Uint8Array(2 * BLOCK);
  bytes.set(first);
  bytes.set(second, BLOCK);
  const torrent = encode({
    info: {
      files: [
        { length: 5000, path: ['a'] },
        { attr: 'p', length: BLOCK - 5000, path: ['.pad', '1'] },
        { length: BLOCK, path: ['b'] },
      ],
      name: 'box',
      'piece length': 2 * BLOCK,
      pieces: createHash('sha1').update(bytes).digest(),
    },
  });
  const metainfo = parseMetainfo(torrent);
  const peer = await seedOver(stage, dir, torrent, metainfo);
  const block = await peer.fetchBlock({ piece: 0, begin: 0, length: 2 * BLOCK });
  expect(Buffer.compare(block.payload, bytes)).toBe(0);
  expectNoCanary(peer);
});
