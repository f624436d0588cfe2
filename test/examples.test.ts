import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const EXAMPLES = fileURLToPath(new URL('../examples', import.meta.url));

let folder: string;
let file: string;
const film = Buffer.alloc(2_000_000, 'a film of a mill ');
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-examples-'));
  mkdirSync(join(folder, 'source'));
  file = join(folder, 'source', 'film.mp4');
  writeFileSync(file, film);
});

afterEach(async () => {
  for (const child of children.splice(0))
    if (child.exitCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  rmSync(folder, { recursive: true, force: true });
});

function run(name: string, ...args: string[]) {
  const child = spawn(process.execPath, [join(EXAMPLES, name), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const lines: string[] = [];
  const exit = once(child, 'exit').then(([code]) => code as number | null);
  const reader = createInterface({ input: child.stdout! });
  reader.on('line', line => lines.push(line));
  /** The first line that matches, whenever it comes. */
  const line = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const found = lines.map(text => pattern.exec(text)).find(match => match !== null);
        if (found) resolve(found);
      };
      look();
      reader.on('line', look);
      void exit.then(code => reject(new Error(`ended with ${code} before it printed ${pattern}`)));
    });
  return { child, lines, exit, line };
}

describe('examples', () => {
  it('share-a-file and stream-while-downloading', async () => {
    const seed = run('share-a-file.mjs', file);
    const [, port] = await seed.line(/on port (\d+)/);
    const reader = run(
      'stream-while-downloading.mjs',
      `${file}.torrent`,
      join(folder, 'copy'),
      `127.0.0.1:${port}`,
    );
    expect(await reader.exit).toBe(0);
    expect(reader.lines[0]).toMatch(/^65536 bytes of film.mp4 are here/);
    expect(reader.lines.at(-1)).toBe('complete');
    expect(readFileSync(join(folder, 'copy', 'film.mp4')).equals(film)).toBe(true);
    seed.child.kill('SIGTERM');
    expect(await seed.exit).toBe(0);
  });

  it('private-swarm', async () => {
    const swarm = run('private-swarm.mjs', file, folder);
    expect(await swarm.exit).toBe(0);
    expect(swarm.lines.sort()).toEqual(['a has it', 'b has it', 'c has it']);
    for (const name of ['a', 'b', 'c'])
      expect(
        existsSync(join(folder, name, 'film.mp4')) &&
          readFileSync(join(folder, name, 'film.mp4')).equals(film),
      ).toBe(true);
  });
});
