import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { MappedFile } from '../../../../src/engine/storage/file-map.js';

/** A folder of its own that is gone after the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-storage-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Files one after the other: `['a/b', 5]`, and `['pad', 3, 'pad']` for padding. */
export function filesOf(...rows: (readonly [string, number, 'pad'?])[]): MappedFile[] {
  let offset = 0;
  return rows.map(([path, length, pad]) => {
    const file = { path: path.split('/'), length, offset, pad: pad === 'pad' };
    offset += length;
    return file;
  });
}

export function lengthOf(files: readonly MappedFile[]): number {
  return files.reduce((sum, { length }) => sum + length, 0);
}

/** Bytes that are all different from their neighbours, the same for the same seed. */
export function pattern(length: number, seed = 1): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 131 + seed * 17 + (i >>> 8)) & 0xff || 1);
}
