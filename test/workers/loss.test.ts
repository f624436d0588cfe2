import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ownersView } from '../../src/workers/threads.js';
import { Fixture, MODES, type Mode } from './fixture.js';

const KiB = 1024;
const PIECE = 16 * KiB;

/** No thread of this process has that id. */
const NO_THREAD = 0x7fffffff;

describe.each(MODES.filter(mode => mode !== 'inline'))('a worker that dies, %s', mode => {
  let f: Fixture;
  let seen: number;
  beforeEach(() => {
    seen = 0;
    f = new Fixture(mode as Mode, { onWorkerLost: () => seen++ });
  });
  afterEach(() => f.dispose());

  /** Queues `count` pieces; `onDone` is told the number that are done. */
  const queue = (count: number, onDone: (done: number) => void = () => {}) => {
    const fd = f.open('out');
    let done = 0;
    const pieces = Array.from({ length: count }, () => f.piece(PIECE));
    const answers = pieces.map(async (piece, i) => {
      const answer = await f.pool.verifyWrite({
        ...piece,
        extents: [{ fd, position: i * PIECE, length: PIECE }],
      });
      onDone(++done);
      return answer;
    });
    return { pieces, all: Promise.all(answers) };
  };

  it('in the middle of 200 jobs: all finish right', async () => {
    let ended: Promise<number> | undefined;
    const { pieces, all } = queue(200, done => {
      if (done === 50) ended = f.pool.threads.find(isUp)!.terminate();
    });
    expect((await all).every(Boolean)).toBe(true);
    await ended;
    expect(f.content('out').equals(Buffer.concat(pieces.map(piece => piece.bytes)))).toBe(true);
    expect(f.pool.stats()).toMatchObject({ lost: 1, tasks: 200, queued: 0, running: 0 });
    expect(seen).toBe(1);
  });

  it('while it is idle: the next job finds another', async () => {
    await queue(8).all;
    await allUp();
    await Promise.all(f.pool.threads.map(thread => thread.terminate()));
    expect(await queue(8).all).toHaveLength(8);
    expect(f.pool.stats().lost).toBe(2);
  });

  it('is replaced ten times over, and its work area is used again', async () => {
    await queue(4).all;
    for (let round = 0; round < 10; round++) {
      await allUp();
      let victim: Promise<number> | undefined;
      const { all } = queue(20, done => {
        if (done === 5) victim = f.pool.threads[round % f.pool.threads.length].terminate();
      });
      expect((await all).every(Boolean)).toBe(true);
      await victim;
    }
    expect(f.pool.stats().lost).toBe(10);
  });

  /** Node 20 aborts the process when a thread is ended before. */
  const isUp = ({ threadId }: { threadId: number }) =>
    ownersView(f.arena.buffer, f.arena.areas).includes(threadId);

  /** Resolves when no thread is about to start. */
  const allUp = async () => {
    while (!f.pool.threads.every(isUp)) await new Promise(setImmediate);
  };

  /** Threads that find no work area end as they start. Ending them from here then makes Node 20 abort the process. */
  const takeAllAreas = () => {
    const owners = ownersView(f.arena.buffer, f.arena.areas);
    for (let area = 1; area < owners.length; area++) Atomics.compareExchange(owners, area, 0, NO_THREAD);
  };

  it('before it has started: jobs do not wait for ever', async () => {
    takeAllAreas();
    expect((await queue(40).all).every(Boolean)).toBe(true);
    expect(f.pool.stats().lost).toBeGreaterThanOrEqual(1);
  });

  const LONG = 16 * KiB * KiB;

  /** Seven jobs: one that is seen when a worker is at it, and six that keep it for 150 ms or more: we may be slow to end it. */
  const occupy = (at: number, seenAt = at) => {
    f.arena.bytes[seenAt] = 0;
    const hash = () => f.pool.run('sha1', at + KiB, LONG - KiB, at + KiB);
    return [f.pool.run('fill', seenAt, 1, 1), ...Array.from({ length: 6 }, hash)];
  };

  /** Ends every worker once one is at the jobs of `occupy(at)`. */
  const endAll = async (at: number) => {
    while (f.arena.bytes[at] === 0) await new Promise(setImmediate);
    await Promise.all(f.pool.threads.map(thread => thread.terminate()));
  };

  it('again and again: its jobs fail with a code, and the pool closes', async () => {
    Object.assign(f.arena, { areas: 1 }); // that of the event loop: no thread finds one
    await expect(queue(4).all).rejects.toMatchObject({ code: 'ERR_WORKER_LOST' });
    await f.pool.close();
  });

  it('does not run a kernel twice that must run once', async () => {
    await queue(1).all;
    await allUp();
    const at = f.arena.slots.allocate(LONG);
    const others = occupy(at);
    const adding = f.pool.run('availabilityAdd', at, at + KiB, KiB);
    const lost = expect(adding).rejects.toMatchObject({ code: 'ERR_WORKER_LOST' });
    const behind = [...occupy(at, at + 1), f.pool.run('bitCount', at, KiB)]; // for the other worker
    await endAll(at);
    await lost;
    await Promise.all([...others, ...behind]);
    expect(f.pool.stats()).toMatchObject({ queued: 0, running: 0 });
  });

  it('does not take companions down: each job of its batch is run again alone', async () => {
    await queue(1).all;
    await allUp();
    const at = f.arena.slots.allocate(LONG);
    const { batches } = f.pool.stats();
    const first = occupy(at);
    const counts = Array.from({ length: 25 }, () => f.pool.run('bitCount', at + LONG / 2, KiB));
    await endAll(at);
    await Promise.all(first);
    expect(await Promise.all(counts)).toEqual(counts.map(() => 0));
    expect(f.pool.stats().batches - batches).toBeGreaterThanOrEqual(2 + 16);
  });
});
