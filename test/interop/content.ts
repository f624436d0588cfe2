import { join } from 'node:path';
import { writeSamples } from '../lib/sample-files.js';

const KiB = 1024;
const MiB = 1024 * KiB;

/** What the tests share. Lengths are odd on purpose: blocks and pieces end everywhere. */
export const CONTENTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  /** One file. */
  single: { 'single.bin': 12 * MiB + 12_345 },
  /** Folders, an empty file, spaces, other scripts, and files so small that one piece holds several. */
  multi: {
    'multi/a file with spaces.dat': 3 * MiB + 1,
    'multi/empty.txt': 0,
    'multi/nested/deeper/still deeper/small.bin': 700,
    'multi/nested/deeper/tiny': 1,
    'multi/nested/medium.bin': 300 * KiB + 7,
    'multi/unicode/Größe – 文件 – файл.bin': 2 * MiB + 16 * KiB,
    'multi/unicode/ελληνικά/δοκιμή.txt': 16 * KiB,
    'multi/z-last.bin': 4 * MiB - 3,
  },
};

/** As hashTree names it below the folder. */
export const EMPTY_FILE = 'empty.txt';

/** Writes one of them below `dir`. @returns its path: a file or a folder */
export async function writeContent(dir: string, name: 'single' | 'multi', seed = 1): Promise<string> {
  await writeSamples(dir, CONTENTS[name], seed);
  return join(dir, name === 'single' ? 'single.bin' : 'multi');
}
