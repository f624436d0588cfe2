import { readdirSync } from 'node:fs';
import { readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listBits, noBits, setBit } from '../../../../src/engine/bits.js';
import { FileMap } from '../../../../src/engine/storage/file-map.js';
import { createFileStore } from '../../../../src/engine/storage/file-store.js';
import { HandleCache } from '../../../../src/engine/storage/handle-cache.js';
import { createMemoryStore } from '../../../../src/engine/storage/memory-store.js';
import { createFaultyStorage } from '../../../../src/engine/storage/middleware/faulty.js';
import { createSlowStorage } from '../../../../src/engine/storage/middleware/slow.js';
import { recover } from '../../../../src/engine/storage/recover.js';
import { type ResumeState, ResumeStore } from '../../../../src/engine/storage/resume.js';
import type { Storage } from '../../../../src/engine/swarm/ports.js';
import { filesOf, pattern, temporaryFolder } from './support.js';

const infoHash = '0123456789abcdef0123456789abcdef01234567';
const pieceCount = 20;

function resumeIn(stateDir: string, shape: { pieceCount?: number; fileCount?: number } = {}): ResumeStore {
  return new ResumeStore({ stateDir, infoHash, pieceCount, fileCount: 1, ...shape });
}

function bits(...pieces: number[]): Uint8Array {
  const field = noBits(pieceCount);
  for (const piece of pieces) setBit(field, piece);
  return field;
}

function claimsOf(state: ResumeState | undefined) {
  return state && { claimed: listBits(state.claimed), hints: [...state.hints].sort((a, b) => a - b) };
}

const memory = () => createMemoryStore({ length: 200 });
const totals = { uploaded: 0, downloaded: 0 };

describe('ResumeStore', () => {
  it('gives back what was checkpointed, privately', async () => {
    const dir = join(await temporaryFolder(), 'a', 'state');
    const storage = memory();
    await storage.write(0, pattern(5));
    const resume = resumeIn(dir);
    expect(await resume.load()).toBeUndefined();
    await resume.checkpoint({ have: bits(0, 7, 19), storage, uploaded: 2 ** 40, downloaded: 123 });
    await resume.close();
    const state = await resumeIn(dir).load();
    expect(state).toMatchObject({ uploaded: 2 ** 40, downloaded: 123, stamps: await storage.stamps() });
    expect(claimsOf(state)).toEqual({ claimed: [0, 7, 19], hints: [] });
    expect(readdirSync(dir).sort()).toEqual([`${infoHash}.hints`, `${infoHash}.resume`]);
    expect((await stat(dir)).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(dir)) expect((await stat(join(dir, name))).mode & 0o777).toBe(0o600);
  });

  it('syncs, then takes stamps, then writes: the claim comes last', async () => {
    const dir = await temporaryFolder();
    const log: string[] = [];
    const note = (what: string) => log.push(`${what}, files: ${readdirSync(dir).length}`);
    const storage: Storage = Object.assign(memory(), {
      sync: async () => {
        note('sync begins');
        await new Promise(resolve => setImmediate(resolve));
        note('sync ends');
      },
      stamps: async () => {
        note('stamps');
        return [{ size: 1, mtimeMs: 1 }];
      },
    });
    await resumeIn(dir).checkpoint({ have: bits(1), storage, ...totals });
    expect(log).toEqual(['sync begins, files: 0', 'sync ends, files: 0', 'stamps, files: 0']);
    expect(readdirSync(dir)).toHaveLength(2);
  });

  it('leaves the old state when the data cannot be made durable', async () => {
    const dir = await temporaryFolder();
    const resume = resumeIn(dir);
    const storage = createFaultyStorage(memory(), [{ operation: 'sync', nth: 2, code: 'EIO' }]);
    await resume.checkpoint({ have: bits(1), storage, ...totals });
    const failing = resume.checkpoint({ have: bits(1, 2), storage, ...totals });
    await expect(failing).rejects.toMatchObject({ code: 'ERR_STORAGE_IO' });
    expect(claimsOf(await resumeIn(dir).load())).toEqual({ claimed: [1], hints: [] });
    await resume.checkpoint({ have: bits(1, 3), storage, ...totals });
    expect(claimsOf(await resumeIn(dir).load())).toEqual({ claimed: [1, 3], hints: [] });
    await resume.close();
  });

  it('runs one at a time; of those that wait only the newest, which answers for all', async () => {
    const dir = await temporaryFolder();
    const resume = resumeIn(dir);
    const storage = createSlowStorage(memory());
    storage.hold('sync');
    const first = resume.checkpoint({ have: bits(1), storage, ...totals });
    const second = resume.checkpoint({ have: bits(1, 2), storage, ...totals });
    const third = resume.checkpoint({ have: bits(1, 2, 3), storage, ...totals });
    await storage.held(1);
    expect(storage.waiting).toBe(1);
    storage.step();
    await first;
    expect(claimsOf(await resumeIn(dir).load())?.claimed).toEqual([1]);
    await storage.held(1);
    storage.step();
    await Promise.all([second, third]);
    expect(storage.waiting).toBe(0);
    expect(claimsOf(await resumeIn(dir).load())?.claimed).toEqual([1, 2, 3]);
    await resume.close();
    await expect(resume.checkpoint({ have: bits(1), storage, ...totals })).rejects.toMatchObject({
      code: 'ERR_CLOSED',
    });
  });

  it('close waits for the checkpoints that were asked for', async () => {
    const dir = await temporaryFolder();
    const resume = resumeIn(dir);
    const storage = memory();
    const asked = [bits(1), bits(1, 2)].map(have => resume.checkpoint({ have, storage, ...totals }));
    await resume.close();
    expect(claimsOf(await resumeIn(dir).load())?.claimed).toEqual([1, 2]);
    await Promise.all(asked);
    await resume.remove();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('refuses a bitfield or a piece that does not fit', async () => {
    const resume = resumeIn(await temporaryFolder());
    expect(() => resume.checkpoint({ have: noBits(3), storage: memory(), ...totals })).toThrow(RangeError);
    await expect(resume.hint([20])).rejects.toThrow('piece is 20, must be 0 to 19');
    expect(() => new ResumeStore({ stateDir: 'x', infoHash: '../x', pieceCount: 1, fileCount: 1 })).toThrow(
      RangeError,
    );
  });

  it('reports a state folder that cannot be used', async () => {
    const dir = await temporaryFolder();
    await writeFile(join(dir, 'file'), '');
    const resume = resumeIn(join(dir, 'file', 'state'));
    const asked = resume.checkpoint({ have: bits(1), storage: memory(), ...totals });
    await expect(asked).rejects.toMatchObject({
      code: 'ERR_STORAGE_MISSING',
      facts: { path: `${infoHash}.resume` },
    });
    await symlink('/etc/passwd', join(dir, `${infoHash}.resume`));
    await expect(resumeIn(dir).load()).rejects.toMatchObject({ code: 'ERR_STORAGE_PATH' });
  });
});

describe('hints', () => {
  it('name pieces since the bits of the last checkpoint were copied', async () => {
    const dir = await temporaryFolder();
    const resume = resumeIn(dir);
    await resume.load();
    await resume.hint([1, 2]);
    expect(claimsOf(await resumeIn(dir).load())).toEqual({ claimed: [], hints: [1, 2] });
    const storage = createSlowStorage(memory());
    storage.hold('sync');
    const asked = resume.checkpoint({ have: bits(1, 2), storage, ...totals });
    await storage.held(1);
    await resume.hint([3, 3]);
    storage.resume();
    await resume.hint([4]);
    await asked;
    await resume.hint([4, 5]);
    expect(claimsOf(await resumeIn(dir).load())).toEqual({ claimed: [1, 2], hints: [3, 4, 5] });
    expect((await readFile(join(dir, `${infoHash}.hints`))).length).toBe(12);
    await resume.close();
  });

  it('keep claims in doubt alive until a checkpoint repeats them', async () => {
    const dir = await temporaryFolder();
    const first = resumeIn(dir);
    await first.checkpoint({ have: bits(1, 2, 3), storage: memory(), ...totals });
    await first.hint([4]);
    await first.close();
    const second = resumeIn(dir);
    await second.load();
    // The recheck has reached piece 1 when the process is killed.
    await second.checkpoint({ have: bits(1), storage: memory(), ...totals });
    expect(claimsOf(await resumeIn(dir).load())).toEqual({ claimed: [1], hints: [2, 3, 4] });
    await second.close();
  });

  it('survive a checkpoint that fails', async () => {
    const dir = await temporaryFolder();
    const resume = resumeIn(dir);
    await resume.hint([6]);
    const storage = createFaultyStorage(memory(), [{ operation: 'sync', nth: 1, code: 'ENOSPC' }]);
    await expect(resume.checkpoint({ have: bits(6), storage, ...totals })).rejects.toMatchObject({
      code: 'ERR_STORAGE_FULL',
    });
    expect(claimsOf(await resumeIn(dir).load())).toEqual({ claimed: [], hints: [6] });
    await resume.close();
  });
});

describe('a damaged state', () => {
  async function written() {
    const dir = await temporaryFolder();
    const resume = resumeIn(dir);
    await resume.checkpoint({ have: bits(0, 1, 2), storage: memory(), ...totals });
    await resume.close();
    const path = join(dir, `${infoHash}.resume`);
    return { dir, path, bytes: await readFile(path) };
  }
  const invalid = { code: 'ERR_RESUME_INVALID' };

  it('is refused when cut at any length or too long', async () => {
    const { dir, path, bytes } = await written();
    await writeFile(path, Buffer.concat([bytes, Buffer.alloc(1)]));
    await expect(resumeIn(dir).load()).rejects.toMatchObject(invalid);
    for (let length = bytes.length - 1; length >= 0; length--) {
      await truncate(path, length);
      await expect(resumeIn(dir).load()).rejects.toMatchObject(invalid);
    }
  });

  it('is refused when any byte is changed', async () => {
    const { dir, path, bytes } = await written();
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Uint8Array.from(bytes);
      damaged[at] ^= 1 << (at & 7);
      await writeFile(path, damaged);
      await expect(resumeIn(dir).load()).rejects.toMatchObject(invalid);
    }
  });

  it('is refused for another torrent or shape', async () => {
    const { dir, path, bytes } = await written();
    await expect(resumeIn(dir, { pieceCount: 21 }).load()).rejects.toMatchObject({
      ...invalid,
      facts: { fact: 'has 20 pieces, must have 21' },
    });
    await expect(resumeIn(dir, { fileCount: 2 }).load()).rejects.toMatchObject(invalid);
    const other = 'f'.repeat(40);
    await writeFile(path.replace(infoHash, other), bytes);
    const stranger = new ResumeStore({ stateDir: dir, infoHash: other, pieceCount, fileCount: 1 });
    await expect(stranger.load()).rejects.toMatchObject(invalid);
  });

  it('is the previous one when the process dies before the rename', async () => {
    const { dir, path } = await written();
    await writeFile(`${path}.new`, 'half a sta');
    const resume = resumeIn(dir);
    expect(claimsOf(await resume.load())?.claimed).toEqual([0, 1, 2]);
    await resume.checkpoint({ have: bits(9), storage: memory(), ...totals });
    expect(claimsOf(await resumeIn(dir).load())?.claimed).toEqual([9]);
    await resume.close();
  });
});

it('with real files: untouched ones are trusted, changed ones rechecked', async () => {
  const dir = await temporaryFolder();
  const files = filesOf(['a', 100], ['b', 100]);
  const open = async () => {
    const store = createFileStore({ dir: join(dir, 'data'), files, length: 200, handles: new HandleCache() });
    await store.open();
    return store;
  };
  const before = await open();
  await before.write(0, pattern(200));
  const resume = resumeIn(join(dir, 'state'), { fileCount: 2 });
  await resume.checkpoint({ have: bits(0, 1, 9, 10, 19), storage: before, ...totals });
  await before.close();
  await resume.close();

  const look = async () => {
    const store = await open();
    const state = (await resumeIn(join(dir, 'state'), { fileCount: 2 }).load())!;
    const { trusted, recheck } = recover(state, await store.stamps(), new FileMap(files), 10);
    await store.close();
    return { trusted: listBits(trusted), recheck: listBits(recheck) };
  };
  expect(await look()).toEqual({ trusted: [0, 1, 9, 10, 19], recheck: [] });
  await truncate(join(dir, 'data', 'b'), 99);
  expect(await look()).toEqual({ trusted: [0, 1, 9], recheck: [10, 19] });
});
