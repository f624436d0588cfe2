import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HintJournal } from '../../../../src/engine/storage/hint-journal.js';
import { temporaryFolder } from './support.js';

async function journalPath(): Promise<string> {
  return join(await temporaryFolder(), 'state', 'x.hints');
}

describe('HintJournal', () => {
  it('appends 4 bytes a piece to what it began with', async () => {
    const path = await journalPath();
    const journal = new HintJournal(path, 1000);
    expect(await journal.read()).toEqual([]);
    await journal.restart(() => [7]);
    await Promise.all([journal.append([1, 999]), journal.append([2])]);
    expect([...(await readFile(path))]).toEqual([0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 3, 0xe7, 0, 0, 0, 2]);
    expect(await journal.read()).toEqual([7, 1, 999, 2]);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await journal.close();
  });

  it('skips a torn end, doubles, and numbers that cannot be', async () => {
    const path = join(await temporaryFolder(), 'x.hints');
    await writeFile(
      path,
      Uint8Array.of(0, 0, 0, 3, 0, 0, 0, 10, 255, 255, 255, 255, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0),
    );
    expect(await new HintJournal(path, 10).read()).toEqual([3, 4]);
  });

  it('reads no more than a torrent can have', async () => {
    const path = join(await temporaryFolder(), 'x.hints');
    await writeFile(path, new Uint8Array(1 << 20));
    expect(await new HintJournal(path, 2).read()).toEqual([0]);
  });

  it('never fails: what cannot be written is given up until the next beginning', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'state'), 'not a folder');
    const journal = new HintJournal(join(folder, 'state', 'x.hints'), 10);
    await journal.restart(() => [1]);
    await journal.append([2]);
    await journal.close();
    expect(await readFile(join(folder, 'state'), 'utf8')).toBe('not a folder');
  });
});
