import { describe, expect, it } from 'vitest';
import type { PeerCore } from '../../../../src/engine/swarm/peer-core.js';
import { asked, Bench, BLOCK } from './bench.js';

/** A block of one byte over and over lands where the core wants it. */
function send(bench: Bench, peer: PeerCore, block: number, byte: number): void {
  const at = bench.core.beginBlock(peer, { piece: 0, begin: block * BLOCK, length: BLOCK }, bench.nowMs);
  if (at >= 0) bench.machine.kernels.fill(at, byte, BLOCK);
  bench.core.endBlock(peer, bench.nowMs);
  bench.turn();
}

/** One piece of two blocks; two seeds were asked for both. */
function pair() {
  const bench = new Bench({ pieceCount: 1, length: 2 * BLOCK, blocks: 2 });
  return { bench, good: bench.connectSeed(), liar: bench.connectSeed() };
}

const bans = (bench: Bench) => bench.take('ban').map(({ peer, address }) => [peer, address.host]);

describe('a bad piece', () => {
  it('of one peer alone convicts it', () => {
    const { bench, liar } = pair();
    for (const block of [0, 1]) send(bench, liar, block, 9);
    bench.verified(0, false);
    expect(bans(bench)).toEqual([[liar.key, liar.info.address.host]]);
    expect(bench.core.failedPieces).toBe(1);
    expect(bench.take('piece-failed')).toHaveLength(1);
  });

  it('of two peers puts both on parole: the next copy has one author', () => {
    const { bench, good, liar } = pair();
    send(bench, good, 0, 1);
    send(bench, liar, 1, 9);
    bench.verified(0, false);
    expect(bans(bench)).toEqual([]);
    expect([good.parole, liar.parole]).toEqual([true, true]);
    expect([asked(good).length, asked(liar).length].sort()).toEqual([0, 2]);
  });

  it('convicts the liar when the piece is good in the end, and nobody else', () => {
    const { bench, good, liar } = pair();
    send(bench, good, 0, 1);
    send(bench, liar, 1, 9);
    bench.verified(0, false);
    const [author, byte] = asked(good).length > 0 ? [good, 2] : [liar, 2]; // also a liar sends good data at times
    send(bench, author, 0, 1);
    send(bench, author, 1, byte);
    bench.verified(0);
    expect(bans(bench)).toEqual([[liar.key, liar.info.address.host]]);
    expect(author.parole).toBe(false);
  });

  it('convicts a liar that has left since, by its address', () => {
    const { bench, good, liar } = pair();
    bench.greet(liar, { port: 7000 });
    send(bench, good, 0, 1);
    send(bench, liar, 1, 9);
    bench.verified(0, false);
    bench.core.removePeer(liar.key, 0);
    bench.turn();
    for (const [block, byte] of [
      [0, 1],
      [1, 2],
    ])
      send(bench, good, block, byte);
    bench.verified(0);
    const [ban] = bench.take('ban');
    expect(ban).toMatchObject({ peer: liar.key, address: { host: liar.info.address.host, port: 7000 } });
  });

  it('that came from honest peers alone, our own memory at fault, bans nobody', () => {
    const { bench, good, liar: other } = pair();
    send(bench, good, 0, 1);
    send(bench, other, 1, 2);
    bench.verified(0, false);
    const author = asked(good).length > 0 ? good : other;
    for (const [block, byte] of [
      [0, 1],
      [1, 2],
    ])
      send(bench, author, block, byte);
    bench.verified(0);
    expect(bans(bench)).toEqual([]);
  });
});
