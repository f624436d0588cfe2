import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { createRng } from '../../src/engine/policy/rng.js';

/** Incompressible bytes that depend on the seed only. */
export function sampleBytes(length: number, seed: number): Uint8Array {
  const rng = createRng(seed);
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let at = 0; at < words.length; at++) words[at] = rng.u32();
  return new Uint8Array(words.buffer, 0, length);
}

/** Makes files of random content: path below `dir` → length. Each file's content depends on the seed and its place. */
export async function writeSamples(
  dir: string,
  lengths: Readonly<Record<string, number>>,
  seed: number,
): Promise<void> {
  let place = 0;
  for (const [path, length] of Object.entries(lengths)) {
    const full = join(dir, path);
    await mkdir(dirname(full), { recursive: true });
    await writeFile(full, sampleBytes(length, seed * 1000 + place++));
  }
}

/** SHA-256 of every file at or below `path`, by its path from there ('' when `path` is a file), in order of paths. */
export async function hashTree(
  path: string,
  ignore: (path: string) => boolean = () => false,
): Promise<Record<string, string>> {
  const hashes: [string, string][] = [];
  for (const file of await listFiles(path)) {
    const name = relative(path, file).split(sep).join('/');
    if (!ignore(name)) hashes.push([name, await hashFile(file)]);
  }
  return Object.fromEntries(hashes.sort(([a], [b]) => (a < b ? -1 : 1)));
}

async function listFiles(path: string): Promise<string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(error => {
    if (error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (entries === undefined) return [path];
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
}

export async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}
