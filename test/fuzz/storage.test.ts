import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasBit, noBits } from '../../src/engine/bits.js';
import { FileMap, type MappedFile } from '../../src/engine/storage/file-map.js';
import { createFileStore } from '../../src/engine/storage/file-store.js';
import { HandleCache } from '../../src/engine/storage/handle-cache.js';
import { createMemoryStore } from '../../src/engine/storage/memory-store.js';
import { recover } from '../../src/engine/storage/recover.js';
import { decodeResume, encodeResume } from '../../src/engine/storage/resume-format.js';
import type { Storage } from '../../src/engine/swarm/ports.js';
import { pattern } from '../unit/engine/storage/support.js';

const TIME_BOX_MS = 1500;

let root: string;
let folders = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-fuzz-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const layouts = fc
  .array(fc.record({ length: fc.oneof(fc.constant(0), fc.nat(40)), pad: fc.boolean(), deep: fc.boolean() }), {
    minLength: 1,
    maxLength: 12,
  })
  .map(rows => {
    let offset = 0;
    return rows.map(({ length, pad, deep }, i): MappedFile => {
      const file = { path: deep ? ['d', `e${i % 2}`, `f${i}`] : [`f${i}`], length, offset, pad };
      offset += length;
      return file;
    });
  });

const sizeOf = (files: readonly MappedFile[]) => files.reduce((sum, { length }) => sum + length, 0);

describe('a storage is a plain buffer whose padding is zero', () => {
  const stores: [string, number, (files: readonly MappedFile[]) => Storage][] = [
    ['memory', 500, files => createMemoryStore({ files, length: sizeOf(files), chunkBytes: 13 })],
    [
      'files',
      60,
      files =>
        createFileStore({
          dir: join(root, `${folders++}`),
          files,
          length: sizeOf(files),
          handles: new HandleCache({ maxHandles: 2 }),
          preallocate: 'full',
        }),
    ],
  ];
  const steps = fc.array(
    fc.record({ at: fc.nat(1000), length: fc.nat(80), write: fc.boolean(), seed: fc.nat(9) }),
    {
      maxLength: 12,
    },
  );

  it.each(stores)('%s', async (_, numRuns, create) => {
    const endMs = performance.now() + TIME_BOX_MS;
    await fc.assert(
      fc.asyncProperty(layouts, steps, async (files, moves) => {
        // fast-check's own limit of time leaves the run that is under way behind, at work in a folder that is removed
        if (performance.now() > endMs) return;
        const length = sizeOf(files);
        const model = new Uint8Array(length);
        const storage = create(files);
        await storage.open();
        await storage.write(0, model);
        for (const { at: wanted, length: size, write, seed } of moves) {
          const at = wanted % (length + 1);
          const bytes = pattern(Math.min(size, length - at), seed);
          if (write) {
            await storage.write(at, bytes);
            model.set(bytes, at);
            for (const file of files) if (file.pad) model.fill(0, file.offset, file.offset + file.length);
          } else {
            await storage.read(at, bytes);
            expect(bytes).toEqual(model.slice(at, at + bytes.length));
          }
        }
        const all = new Uint8Array(length);
        await storage.read(0, all);
        expect(all).toEqual(model);
        await storage.close();
      }),
      { numRuns },
    );
  });
});

it('runs cover a range exactly, in order', () => {
  fc.assert(
    fc.property(layouts, fc.nat(1000), fc.nat(200), (files, wanted, size) => {
      const map = new FileMap(files);
      const start = wanted % (map.length + 1);
      const length = Math.min(size, map.length - start);
      let at = start;
      for (const run of map.runs(start, length)) {
        expect(run.length).toBeGreaterThan(0);
        expect(files[run.file].offset + run.position).toBe(at);
        expect(run.position + run.length).toBeLessThanOrEqual(files[run.file].length);
        at += run.length;
      }
      expect(at).toBe(start + length);
    }),
    { numRuns: 1000, interruptAfterTimeLimit: TIME_BOX_MS },
  );
});

it('recovery never trusts a piece that touches a changed file, and forgets no claim', () => {
  const stamp = fc.record({ size: fc.integer({ min: -1, max: 2 }), mtimeMs: fc.nat(1) });
  const stampLists = fc.array(stamp, { minLength: 12, maxLength: 12 });
  fc.assert(
    fc.property(
      layouts,
      stampLists,
      stampLists,
      fc.uint8Array({ minLength: 60, maxLength: 60 }),
      (files, then, now, bytes) => {
        const map = new FileMap(files);
        const count = Math.ceil(map.length / 8);
        const claimed = bytes.slice(0, noBits(count).length);
        const hints = [...bytes.slice(-5)];
        const { trusted, recheck } = recover({ claimed, hints, stamps: then }, now, map, 8);
        for (let piece = 0; piece < count; piece++) {
          const runs = map.runs(8 * piece, Math.min(8, map.length - 8 * piece)).filter(({ pad }) => !pad);
          const sure = runs.every(
            ({ file: f }) =>
              now[f].size >= 0 && now[f].size === then[f].size && now[f].mtimeMs === then[f].mtimeMs,
          );
          expect(hasBit(trusted, piece)).toBe(hasBit(claimed, piece) && sure);
          const known = hasBit(claimed, piece) || hints.includes(piece);
          expect(hasBit(recheck, piece)).toBe(known && !hasBit(trusted, piece));
        }
      },
    ),
    { numRuns: 500, interruptAfterTimeLimit: TIME_BOX_MS },
  );
});

it('a resume file is read as written or refused with a code', () => {
  const shape = { infoHash: 'ab'.repeat(20), pieceCount: 19, fileCount: 2 };
  const numbers = fc.double({ noNaN: true });
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 3, maxLength: 3 }),
      fc.array(numbers, { minLength: 6, maxLength: 6 }),
      (claimed, n) => {
        const stamps = [
          { size: n[0], mtimeMs: n[1] },
          { size: n[2], mtimeMs: n[3] },
        ];
        const record = { claimed, stamps, uploaded: n[4], downloaded: n[5] };
        expect(decodeResume(shape, encodeResume(shape, record))).toEqual(record);
      },
    ),
    { numRuns: 300, interruptAfterTimeLimit: TIME_BOX_MS },
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
      expect(() => decodeResume(shape, bytes)).toThrow(
        expect.objectContaining({ code: 'ERR_RESUME_INVALID' }),
      );
    }),
    { numRuns: 300, interruptAfterTimeLimit: TIME_BOX_MS },
  );
});
