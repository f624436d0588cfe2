import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { VERSION } from '../src/engine/session/version.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('README', () => {
  it('has library lines that run as they stand', () => {
    const code = /```js\n(.*?)```/s.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))![1];
    const folder = mkdtempSync(join(tmpdir(), 'millrace-readme-'));
    folders.push(folder);
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(ROOT, join(folder, 'node_modules', 'millrace'));
    mkdirSync(join(folder, 'shared'));
    const film = Buffer.alloc(3_000_000, 'millrace ');
    writeFileSync(join(folder, 'shared', 'film.mp4'), film);
    writeFileSync(join(folder, 'lines.mjs'), code);
    const run = spawnSync(process.execPath, ['lines.mjs'], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
    expect(run.stdout).toContain('3000000 bytes from 3000000 received');
    expect(readFileSync(join(folder, 'downloads', 'film.mp4')).equals(film)).toBe(true);
  });
});

describe('version', () => {
  it('is the same in the package and in what peers see', () => {
    expect(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version).toBe(VERSION);
  });
});
