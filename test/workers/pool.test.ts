import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MillraceError } from '../../src/engine/errors.js';
import { Fixture, MODES, sha1, sha256 } from './fixture.js';

const KiB = 1024;

describe.each(MODES)('worker pool, %s', mode => {
  let f: Fixture;
  beforeEach(() => {
    f = new Fixture(mode);
  });
  afterEach(() => f.dispose());

  it('writes a piece that matches its digest, and only that', async () => {
    const fd = f.open('out');
    const good = f.piece(64 * KiB);
    const bad = f.piece(64 * KiB);
    const answers = await Promise.all([
      f.pool.verifyWrite({ ...good, extents: [{ fd, position: 0, length: 64 * KiB }] }),
      f.pool.verifyWrite({
        ...bad,
        digest: good.digest,
        extents: [{ fd, position: 64 * KiB, length: 64 * KiB }],
      }),
      f.pool.verifyWrite(good),
    ]);
    expect(answers).toEqual([true, false, true]);
    expect(f.content('out').equals(good.bytes)).toBe(true);
    expect(f.pool.stats()).toMatchObject({ queued: 0, running: 0, tasks: 3, pieces: 3, lost: 0 });
  });

  it('counts the time of hashes and of file calls', async () => {
    const fd = f.open('out');
    const piece = f.piece(256 * KiB);
    expect(f.pool.stats()).toMatchObject({ hashMs: 0, fileMs: 0 });
    await f.pool.verifyWrite(piece);
    const hashed = f.pool.stats();
    expect(hashed.hashMs).toBeGreaterThan(0);
    expect(hashed.fileMs).toBe(0);
    await f.pool.verifyWrite({ ...piece, extents: [{ fd, position: 0, length: 256 * KiB }] });
    const written = f.pool.stats();
    expect(written.hashMs).toBeGreaterThan(hashed.hashMs);
    expect(written.fileMs).toBeGreaterThan(hashed.fileMs);
    await f.pool.read({ ...piece, extents: [{ fd, position: 0, length: 256 * KiB }] });
    expect(f.pool.stats().hashMs).toBe(written.hashMs);
    expect(f.pool.stats().fileMs).toBeGreaterThan(written.fileMs);
  });

  it('spreads a piece over files and skips padding', async () => {
    const [one, two] = [f.open('one'), f.open('two')];
    const piece = f.piece(1000);
    piece.bytes.fill(0, 300, 500);
    const extents = [
      { fd: one, position: 7, length: 300 },
      { fd: -1, position: 0, length: 200 },
      { fd: two, position: 0, length: 500 },
    ];
    expect(await f.pool.verifyWrite({ ...piece, digest: sha1(piece.bytes), extents })).toBe(true);
    expect(f.content('one').subarray(7).equals(piece.bytes.subarray(0, 300))).toBe(true);
    expect(f.content('two').equals(piece.bytes.subarray(500))).toBe(true);

    const copy = f.piece(1000);
    await f.pool.read({ at: copy.at, length: 1000, extents });
    expect([...copy.bytes]).toEqual([...piece.bytes]);
  });

  it.each([300, 3000])('writes pieces over %d files each', async files => {
    const fd = f.open('out');
    const pieces = Array.from({ length: 20 }, () => f.piece(4 * files));
    const answers = pieces.map((piece, i) => {
      const from = 4 * files * i;
      const extents = Array.from({ length: files }, (_, k) => ({ fd, position: from + 4 * k, length: 4 }));
      return f.pool.verifyWrite({ ...piece, extents });
    });
    expect((await Promise.all(answers)).every(Boolean)).toBe(true);
    expect(f.content('out').equals(Buffer.concat(pieces.map(({ bytes }) => bytes)))).toBe(true);
  });

  it('keeps a batch of mixed lengths and answers apart', async () => {
    const fd = f.open('mixed');
    const lengths = [1, 55, 64, 16384, 16384, 16384, 5000, 16384, 16384, 0, 64, 3, 64, 64, 16384, 77, 64];
    let position = 0;
    const jobs = lengths.map((length, i) => {
      const piece = f.piece(length);
      const extents = [{ fd, position, length }];
      position += length;
      return {
        ...piece,
        extents,
        digest: i % 4 === 1 ? sha1(new Uint8Array([i])) : piece.digest,
        good: i % 4 !== 1,
      };
    });
    const answers = await Promise.all(jobs.map(job => f.pool.verifyWrite(job)));
    expect(answers).toEqual(jobs.map(job => job.good));
    const written = f.content('mixed');
    for (const { good, bytes, extents } of jobs) {
      if (good)
        expect(written.subarray(extents[0].position).subarray(0, bytes.length).equals(bytes)).toBe(true);
    }
    expect(f.pool.stats().batches).toBeLessThan(lengths.length);
  });

  it.each([
    ['one piece', 16 * KiB],
    ['three pieces', 3 * 16 * KiB],
    ['more than there are', 20 * 16 * KiB],
  ])('hashes pieces through a slot of %s', async (_, length) => {
    const source = f.piece(10 * 16 * KiB + 77);
    const [one, two] = [f.open('one'), f.open('two')];
    // The first file ends inside a piece, padding follows it, the last piece is short.
    source.bytes.fill(0, 70_000, 70_500);
    writeSync(one, source.bytes, 0, 70_000, 0);
    writeSync(two, source.bytes, 70_500, source.length - 70_500, 9);
    const digests = await f.pool.hashPieces({
      at: f.piece(length).at,
      length,
      pieceLength: 16 * KiB,
      extents: [
        { fd: one, position: 0, length: 70_000 },
        { fd: -1, position: 0, length: 500 },
        { fd: two, position: 9, length: source.length - 70_500 },
      ],
    });
    const pieces = Array.from({ length: 11 }, (_, i) =>
      source.bytes.subarray(i * 16 * KiB, (i + 1) * 16 * KiB),
    );
    expect(Buffer.from(digests).equals(Buffer.concat(pieces.map(sha1)))).toBe(true);
    expect(f.pool.stats()).toMatchObject({ tasks: 1, pieces: 11 });
  });

  it('hashes no pieces of a file that is too short', async () => {
    writeFileSync(join(f.folder, 'data'), new Uint8Array(1000));
    const fd = f.open('data', 'r');
    const slot = { at: f.piece(16 * KiB).at, length: 16 * KiB, pieceLength: 16 * KiB };
    const hashing = f.pool.hashPieces({ ...slot, extents: [{ fd, position: 0, length: 1001 }] });
    await expect(hashing).rejects.toMatchObject({ facts: { code: 'EOF' } });
  });

  it('takes no pieces that are larger than their slot', async () => {
    const slot = { at: f.piece(KiB).at, length: KiB, extents: [] };
    await expect(f.pool.hashPieces({ ...slot, pieceLength: KiB + 1 })).rejects.toThrow(RangeError);
    await expect(f.pool.hashPieces({ ...slot, pieceLength: 0 })).rejects.toThrow(RangeError);
  });

  it('makes the digests of node:crypto', async () => {
    const source = f.piece(5 * 20_000);
    writeFileSync(join(f.folder, 'data'), source.bytes);
    const fd = f.open('data', 'r');
    const into = f.piece(5 * 20_000);
    for (const [algorithm, expected] of [
      ['sha1', sha1],
      ['sha256', sha256],
    ] as const) {
      const range = (i: number) => [i * 20_000, (i + 1) * 20_000] as const;
      const digests = await Promise.all(
        [0, 1, 2, 3, 4].map(i =>
          f.pool.digest({
            at: into.at + i * 20_000,
            length: 20_000,
            extents: [{ fd, position: i * 20_000, length: 20_000 }],
            algorithm,
          }),
        ),
      );
      expect(digests).toEqual([0, 1, 2, 3, 4].map(i => expected(source.bytes.subarray(...range(i)))));
    }
  });

  it('fails the job whose file fails and no other', async () => {
    const fd = f.open('out');
    const closed = openSync(join(f.folder, 'gone'), 'w');
    closeSync(closed);
    const folder = f.open('.', 'r');
    const jobs = Array.from({ length: 8 }, (_, i) => ({ ...f.piece(16 * KiB), i }));
    const files = new Map([
      [2, closed],
      [5, folder],
    ]);
    const answers = await Promise.allSettled(
      jobs.map(({ i, ...job }) =>
        f.pool.verifyWrite({
          ...job,
          extents: [{ fd: files.get(i) ?? fd, position: i * 16 * KiB, length: 16 * KiB }],
        }),
      ),
    );
    const codes = answers.map(answer =>
      answer.status === 'fulfilled' ? answer.value : answer.reason.facts.code,
    );
    expect(codes).toEqual([true, true, 'EBADF', true, true, 'EBADF', true, true]);
    for (const { i, bytes } of jobs) {
      if (!files.has(i))
        expect(
          f
            .content('out')
            .subarray(i * 16 * KiB, (i + 1) * 16 * KiB)
            .equals(bytes),
        ).toBe(true);
    }
    const reading = f.pool.read({ ...jobs[0], extents: [{ fd: folder, position: 0, length: 16 * KiB }] });
    await expect(reading).rejects.toMatchObject({
      code: 'ERR_STORAGE_IO',
      facts: { code: 'EISDIR', syscall: 'read' },
    });
  });

  it('maps failures with the function it was given', async () => {
    const g = new Fixture(mode, { mapError: ({ code }) => new MillraceError('ERR_STORAGE_MISSING', code) });
    const fd = g.open('short');
    const into = g.piece(100);
    const reading = g.pool.read({ ...into, extents: [{ fd, position: 0, length: 100 }] });
    await expect(reading).rejects.toMatchObject({ code: 'ERR_STORAGE_MISSING', message: 'EOF' });
    await g.dispose();
  });

  it('runs kernels as tasks', async () => {
    const { heap, bytes, buffer } = f.arena;
    const bits = heap.allocate(64);
    bytes.fill(0b1010_0000, bits, bits + 64);
    expect(await f.pool.run('bitCount', bits, 64)).toBe(128);
    expect(await f.pool.run('bitIntersects', bits, bits, 64)).toBe(true);
    const rates = heap.allocate(4 * 8);
    new Float64Array(buffer, rates, 4).set([1, 9, 4, 7]);
    const out = heap.allocate(16);
    await f.pool.run('rankTop', rates, 4, 3, 1, out);
    expect([...new Uint32Array(buffer, out, 3)]).toEqual([1, 3, 2]);
  });

  it('refuses addresses outside of the memory', async () => {
    const end = f.arena.buffer.byteLength;
    await expect(f.pool.verifyWrite({ at: end - 1, length: 2, digest: new Uint8Array(20) })).rejects.toThrow(
      RangeError,
    );
    await expect(f.pool.verifyWrite({ at: -1, length: 2, digest: new Uint8Array(20) })).rejects.toThrow(
      RangeError,
    );
    await expect(f.pool.verifyWrite({ at: 0, length: 2, digest: new Uint8Array(19) })).rejects.toThrow(
      RangeError,
    );
    await expect(f.pool.read({ at: 0, length: 2, extents: [] })).rejects.toThrow(
      'extents have 0 bytes, the slot has 2',
    );
  });

  it('keeps nothing of 20,000 tiny jobs', async () => {
    const fd = f.open('tiny');
    const digest = sha1(new Uint8Array(16));
    let next = 0;
    const runner = async () => {
      for (let i = next++; i < 20_000; i = next++) {
        const at = f.arena.slots.allocate(16);
        f.arena.bytes.fill(0, at, at + 16);
        expect(
          await f.pool.verifyWrite({
            at,
            length: 16,
            digest,
            extents: [{ fd, position: 16 * i, length: 16 }],
          }),
        ).toBe(true);
        f.arena.slots.release(at);
      }
    };
    await Promise.all(Array.from({ length: 256 }, runner));
    expect(f.arena.slots.usedBytes).toBe(0);
    expect(f.pool.stats()).toMatchObject({ queued: 0, running: 0, tasks: 20_000 });
    expect(f.content('tiny').length).toBe(320_000);
  });

  it('finishes what it accepted when it is closed, and takes nothing more', async () => {
    const fd = f.open('out');
    const jobs = Array.from({ length: 40 }, (_, i) =>
      f.pool.verifyWrite({ ...f.piece(1000), extents: [{ fd, position: 1000 * i, length: 1000 }] }),
    );
    await jobs[0];
    const threads = [...f.pool.threads];
    const closed = f.pool.close();
    await expect(f.pool.run('bitCount', 0, 16)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await closed;
    expect(new Set(await Promise.all(jobs))).toEqual(new Set([true]));
    expect(threads).toHaveLength(mode === 'inline' ? 0 : 2);
    expect(threads.map(thread => thread.threadId)).toEqual(threads.map(() => -1)); // ended
    await f.pool.close();
  });
});
