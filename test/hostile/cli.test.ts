import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openStage } from '../lib/e2e-stage.js';
import type { Stage } from '../lib/stage.js';
import { HOSTILE_TORRENTS } from './torrents.js';
import { MiB } from './world.js';

const MAIN = fileURLToPath(new URL('../../bin/millrace.js', import.meta.url));
const REPORT = new URL('./report-usage.mjs', import.meta.url).href;

/** Nobody outside is asked. */
const ALONE = ['--no-dht', '--no-lsd'];

/** Of 10 MB at most to read. Node 24 lets its heap grow further than Node 20 before it collects: 335 against 260 MiB. */
const MAX_RSS_BYTES = 400 * MiB;
/** Of CPU, so that a busy machine does not count. */
const MAX_SECONDS = 3;

/** Runs one command line. @returns its JSON lines */
async function run(stage: Stage, ...args: string[]): Promise<readonly unknown[]> {
  const report = stage.path('usage.json');
  const env = { NODE_OPTIONS: `--import=${REPORT}`, MILLRACE_TEST_USAGE: report };
  const program = stage.run(process.execPath, [MAIN, ...args, '--json'], { env });
  await program.exits(1);
  const { rssBytes, cpuSeconds } = JSON.parse(await readFile(report, 'utf8'));
  expect(rssBytes, 'peak memory').toBeLessThan(MAX_RSS_BYTES);
  expect(cpuSeconds, 'seconds of CPU').toBeLessThan(MAX_SECONDS);
  expect(program.lines, 'one line, and nothing on stderr').toHaveLength(1);
  return program.json;
}

/** Those that are largest, deepest or oddest; the library has read all of them in torrents.test.ts. */
const CHOSEN = [
  'nothing',
  '10 MB of garbage',
  '20 MB',
  'd1:a, 1,000,000 times',
  '4,900,000 values',
  '200,000 keys backwards',
  'the name ".."',
  '2^40 pieces, none given',
  'two files that add up to 2^53',
  '1,000,000 empty files',
  '300,000 files of one name',
  '19,000 paths of 95 folders',
];

describe('hostile torrents on the command line: one JSON error, exit status 1, memory and time bounded', () => {
  it.each(CHOSEN)('%s', async what => {
    const torrent = HOSTILE_TORRENTS.find(row => row.what === what)!;
    const stage = await openStage();
    const file = stage.path('hostile.torrent');
    await writeFile(file, torrent.bytes());
    const error = {
      event: 'error',
      code: expect.stringMatching(torrent.code),
      message: expect.stringMatching(torrent.says),
    };
    expect(await run(stage, 'info', file)).toEqual([error]);
  });

  it.each(['4,900,000 values', 'the name ".."', '1,000,000 empty files'])('download: %s', async what => {
    const torrent = HOSTILE_TORRENTS.find(row => row.what === what)!;
    const stage = await openStage();
    const file = stage.path('hostile.torrent');
    await writeFile(file, torrent.bytes());
    await mkdir(stage.path('download'));
    const [error] = await run(stage, 'download', file, '--dir', stage.path('download'), ...ALONE);
    expect(error).toMatchObject({ event: 'error', code: expect.stringMatching(torrent.code) });
    expect(await readdir(stage.path('download'))).toEqual([]);
    expect((await readdir(stage.dir)).sort()).toEqual(['download', 'hostile.torrent', 'usage.json']);
  });

  it.runIf(process.platform === 'linux').each([
    ['/dev/zero', 'ERR_BENCODE_LIMIT', /10000001 bytes, must be at most 10000000/],
    ['/dev/null', 'ERR_BENCODE_SYNTAX', /byte 0/],
    ['/', 'ERR_STORAGE_PATH|ERR_STORAGE_ACCESS|ERR_STORAGE_IO', /./],
    ['/no/such.torrent', 'ERR_STORAGE_MISSING', /./],
  ])('what is no file: %s', async (path, code, says) => {
    const stage = await openStage();
    expect(await run(stage, 'info', path)).toEqual([
      {
        event: 'error',
        code: expect.stringMatching(`^(?:${code})$`),
        message: expect.stringMatching(says),
      },
    ]);
  });

  it('names with control characters and markup reach a terminal as text', async () => {
    const stage = await openStage();
    const file = stage.path('odd.torrent');
    const name = '\x1b[31mred\x07\x9b2J\u202egnp.exe';
    const bytes = Buffer.from(
      `d8:announce17:http://a\x1b[2J/b\r\nc7:comment9:a\x1b[2Jb\r\nc4:infod6:lengthi1e4:name${Buffer.byteLength(name)}:${name}12:piece lengthi16384e6:pieces20:${'h'.repeat(20)}ee`,
    );
    await writeFile(file, bytes);
    const program = stage.run(process.execPath, [MAIN, 'info', file]);
    await program.exits(0);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(program.lines.join('\n')).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/);
  });
});
