import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fixture, MODES, type Mode } from './fixture.js';

const KiB = 1024;
const PIECE = 16 * KiB;

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
    const { pieces, all } = queue(200, done => {
      if (done === 50) void f.pool.threads[0].terminate();
    });
    expect((await all).every(Boolean)).toBe(true);
    expect(f.content('out').equals(Buffer.concat(pieces.map(piece => piece.bytes)))).toBe(true);
    expect(f.pool.stats()).toMatchObject({ lost: 1, tasks: 200, queued: 0, running: 0 });
    expect(seen).toBe(1);
  });

  it('while it is idle: the next job finds another', async () => {
    await queue(8).all;
    await Promise.all(f.pool.threads.map(thread => thread.terminate()));
    expect(await queue(8).all).toHaveLength(8);
    expect(f.pool.stats().lost).toBe(2);
  });

  it('is replaced ten times over, and its work area is used again', async () => {
    await queue(4).all;
    for (let round = 0; round < 10; round++) {
      let victim: Promise<number> | undefined;
      const { all } = queue(20, done => {
        if (done === 5) victim = f.pool.threads[round % f.pool.threads.length].terminate();
      });
      expect((await all).every(Boolean)).toBe(true);
      await victim;
    }
    expect(f.pool.stats().lost).toBe(10);
  });

  it('before it has started: jobs do not wait for ever', async () => {
    const first = queue(40);
    while (f.pool.threads.length === 0) await new Promise(setImmediate);
    const threads = [...f.pool.threads];
    await Promise.all(threads.map(thread => thread.terminate()));
    for (let i = 0; i < 4; i++) await Promise.all(f.pool.threads.map(thread => thread.terminate()));
    expect((await first.all).every(Boolean)).toBe(true);
  });

  it('again and again: its jobs fail with a code, and the pool closes', async ({ signal }) => {
    let code: string | undefined;
    void queue(4).all.catch(error => {
      code = error.code;
    });
    while (code === undefined && !signal.aborted) {
      await Promise.all(f.pool.threads.map(thread => thread.terminate()));
      await new Promise(setImmediate);
    }
    expect(code).toBe('ERR_WORKER_LOST');
    await f.pool.close();
  });

  /** Ends every worker just after it got its jobs; those here take it some milliseconds. */
  const endAll = async () => {
    await new Promise(setImmediate);
    await Promise.all(f.pool.threads.map(thread => thread.terminate()));
  };
  const LONG = 16 * KiB * KiB;

  it('does not run a kernel twice that must run once', async () => {
    await queue(1).all;
    const at = f.arena.slots.allocate(LONG + LONG / 16);
    const adding = f.pool.run('availabilityAdd', at, at + LONG, LONG / 2);
    const lost = expect(adding).rejects.toMatchObject({ code: 'ERR_WORKER_LOST' });
    await endAll();
    await lost;
    expect(f.pool.stats()).toMatchObject({ queued: 0, running: 0 });
  });

  it('does not take companions down: each job of its batch is run again alone', async () => {
    await queue(1).all;
    const at = f.arena.slots.allocate(LONG);
    const { batches } = f.pool.stats();
    const counts = Array.from({ length: 16 }, () => f.pool.run('bitCount', at, LONG));
    await endAll();
    expect(await Promise.all(counts)).toEqual(counts.map(() => 0));
    expect(f.pool.stats().batches - batches).toBeGreaterThanOrEqual(2 + 8);
  });
});
