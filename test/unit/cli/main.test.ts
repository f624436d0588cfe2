import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMain } from './run-main.js';

const COMMANDS = [
  ...['create', 'info', 'seed', 'download', 'verify', 'tracker', 'swarm', 'bound', 'simulate', 'ctl'],
];
const PIECE = 16_384;

let dir: string;
let payload: string;
let torrent: string;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-main-'));
  payload = join(dir, 'payload.bin');
  torrent = join(dir, 'payload.torrent');
  writeFileSync(
    payload,
    Uint8Array.from({ length: 5 * PIECE + 7 }, (_, i) => (i * 31) ^ (i >> 8)),
  );
  const { exitCode, stderr } = await create('--out', torrent, '--announce', 'http://t.example/announce');
  expect([exitCode, stderr]).toEqual([0, '']);
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

function create(...args: string[]) {
  return runMain(['create', payload, '--piece-length', '16KiB', '--workers', '0', '--no-date', ...args]);
}

describe('usage', () => {
  it.each(COMMANDS)('%s --help explains itself with examples', async command => {
    const { exitCode, stdout, stderr } = await runMain([command, '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Usage: millrace ${command}`);
    expect(stdout).toMatch(/Examples:\n {2}# .+\n {2}millrace /);
    expect(stdout).toContain('--json');
    expect(Math.max(...stdout.split('\n').map(line => line.length))).toBeLessThanOrEqual(110);
    expect(stderr).toBe('');
  });

  it.each([...COMMANDS, 'ctl list', 'ctl show'])(
    '%s --help breaks paragraphs only where a line is full',
    async command => {
      const { stdout } = await runMain([...command.split(' '), '--help']);
      const width = 100;
      const lines = stdout.slice(0, stdout.search(/\n(Options|Run|Scenario):?\n/)).split('\n');
      const early = lines.filter((line, i) => {
        const [next = ''] = (lines[i + 1] ?? '').split(' ');
        return line !== '' && !line.startsWith(' ') && next !== '' && line.length + 1 + next.length < width;
      });
      expect(early).toEqual([]);
    },
  );

  it('prints the version of the package', async () => {
    const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
    expect(await runMain(['--version'])).toMatchObject({ exitCode: 0, stdout: `${version}\n` });
  });

  it.each([
    [[], 'Usage: millrace'],
    [['bogus'], "unknown command 'bogus'"],
    [['info'], "missing required argument 'torrent|magnet'"],
    [['info', 'a', 'b'], 'too many arguments'],
    [['info', 'a', '--bogus'], "unknown option '--bogus'"],
    [['seed', 'a'], "required option '--dir <folder>'"],
    [['seed', 'a', '--dir', '.', '--up', '10Mb/s'], 'means bits'],
    [['seed', 'a', '--dir', '.', '--port', '65536'], 'from 0 to 65535'],
    [['seed', 'a', '--dir', '.', '--peer', 'somewhere'], 'is not an address'],
    [['download', 'a', '--dir', '.', '--stay', '--seed-for', '1m'], 'cannot be used with'],
    [['create', 'a', '--announce', 'nowhere'], 'is not a tracker'],
    [['swarm', '--leechers', '0'], 'from 1 to 200'],
    [['tracker', '--interval', 'often'], 'is not a time'],
    [['info', 'a', '--log-level', 'loud'], 'Allowed choices'],
  ])('%j exits with 2', async (argv, message) => {
    const { exitCode, stdout, stderr } = await runMain(argv as string[]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
  });

  it('tells wrong usage as JSON too', async () => {
    const { exitCode, events } = await runMain(['info', 'a', '--json', '--bogus']);
    expect(exitCode).toBe(2);
    expect(events).toEqual([
      { event: 'error', code: 'ERR_OPTION', message: expect.stringContaining('--bogus') },
    ]);
  });

  it('exits with 2 for an option that the library refuses', async () => {
    expect(await create('--out', join(dir, 'x'), '--piece-length', '3')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^error: .*3.*\(ERR_OPTION\)\n$/),
    });
  });
});

describe('create', () => {
  it('writes the same torrent again without a date, and tells its hash', async () => {
    const out = join(dir, 'again.torrent');
    const { exitCode, events } = await create(
      '--out',
      out,
      '--announce',
      'http://t.example/announce',
      '--json',
    );
    expect(exitCode).toBe(0);
    expect(events.at(-1)).toEqual({
      event: 'create',
      path: out,
      infoHash: expect.stringMatching(/^[0-9a-f]{40}$/),
      magnet: expect.stringMatching(/^magnet:\?xt=urn:btih:/),
      name: 'payload.bin',
      length: 5 * PIECE + 7,
      pieceLength: PIECE,
      pieceCount: 6,
    });
    expect(readFileSync(out)).toEqual(readFileSync(torrent));
  });

  it('replaces a file only when forced', async () => {
    const out = join(dir, 'kept');
    writeFileSync(out, 'kept');
    expect(await create('--out', out)).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('EEXIST'),
    });
    expect(readFileSync(out, 'utf8')).toBe('kept');
    expect(await create('--out', out, '--force')).toMatchObject({ exitCode: 0 });
    expect(readFileSync(out, 'utf8')).not.toBe('kept');
  });
});

describe('info', () => {
  it.each([
    ['payload.bin', 'payload.bin is no torrent that can be read: bencode'],
    ['http://a.example/b.torrent', 'is not fetched by URL'],
  ])('tells what is wrong with %s', async (source, says) => {
    const path = source.startsWith('http') ? source : payload;
    const { exitCode, stderr } = await runMain(['info', path]);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining(says)]);
  });

  it('prints one JSON object of a torrent', async () => {
    const { exitCode, events } = await runMain(['info', torrent, '--json']);
    expect(exitCode).toBe(0);
    expect(events).toEqual([
      {
        name: 'payload.bin',
        infoHash: expect.stringMatching(/^[0-9a-f]{40}$/),
        pieceLength: PIECE,
        pieceCount: 6,
        length: 5 * PIECE + 7,
        private: false,
        announce: [['http://t.example/announce']],
        files: [{ path: 'payload.bin', length: 5 * PIECE + 7 }],
      },
    ]);
  });

  it('prints a table for people', async () => {
    const { stdout } = await runMain(['info', torrent]);
    expect(stdout).toMatch(/^Name {7}payload\.bin$/m);
    expect(stdout).toMatch(/^Pieces {5}6 of 16 KiB$/m);
    expect(stdout).toMatch(/^1 file$/m);
  });

  it('reads a magnet link, and lets its name do nothing to the terminal', async () => {
    const link = `magnet:?xt=urn:btih:${'ab'.repeat(20)}&dn=x%1b%5b2J&tr=udp://t.example:1`;
    expect((await runMain(['info', link])).stdout).toContain('x\\u{1b}[2J');
    expect((await runMain(['info', link, '--json'])).events).toEqual([
      expect.objectContaining({
        infoHash: 'ab'.repeat(20),
        length: null,
        announce: [['udp://t.example:1']],
        files: [],
      }),
    ]);
  });

  it.each([
    ['garbage', Buffer.from('not a torrent'), 'ERR_BENCODE_SYNTAX'],
    ['no info', Buffer.from('de'), 'ERR_METAINFO_INVALID'],
  ])('exits with 1 for %s', async (name, bytes, code) => {
    const path = join(dir, name);
    writeFileSync(path, bytes);
    expect(await runMain(['info', path])).toMatchObject({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringContaining(code),
    });
    expect((await runMain(['info', path, '--json'])).events).toEqual([
      { event: 'error', code, message: expect.any(String) },
    ]);
  });
});

describe('verify', () => {
  it('is content with good files', async () => {
    const { exitCode, events } = await runMain(['verify', torrent, '--dir', dir, '--workers', '0', '--json']);
    expect(exitCode).toBe(0);
    expect(events.at(-1)).toMatchObject({
      event: 'verify',
      ok: true,
      pieces: 6,
      good: 6,
      bad: [],
      files: [],
    });
  });

  it('exits with 1 and names bad pieces and their files', async () => {
    const other = mkdtempSync(join(dir, 'bad-'));
    const bytes = readFileSync(payload);
    bytes[PIECE + 1] ^= 1;
    bytes[2 * PIECE] ^= 1;
    bytes[5 * PIECE] ^= 1;
    writeFileSync(join(other, 'payload.bin'), bytes);
    const argv = ['verify', torrent, '--dir', other, '--workers', '0'];
    const { exitCode, events } = await runMain([...argv, '--json']);
    expect(exitCode).toBe(1);
    const bad = [
      [1, 2],
      [5, 5],
    ];
    expect(events.at(-1)).toMatchObject({ event: 'verify', ok: false, good: 3, bad, files: ['payload.bin'] });
    expect((await runMain(argv)).stdout).toContain('pieces: 1-2, 5\nfiles:\n  payload.bin\n');
  });
});
