import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { evenly, geometrically } from '../../../src/cli/bound/bounds.js';
import { runMain } from './run-main.js';

const dir = mkdtempSync(join(tmpdir(), 'millrace-bound-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const RATES = ['--seed-up', '10MB/s', '--up', '1MB/s'];

function bound(...args: string[]) {
  return runMain(['bound', '--size', '1GB', ...args]);
}

describe('bound', () => {
  it('prints a table with the ratio', async () => {
    const { exitCode, stdout, stderr } = await bound(...RATES, '--peers', '90', '--pieces', '1000');
    expect([exitCode, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Least time in which a file reaches 90 peers$/m);
    expect(stdout).toMatch(/^1\.0 GB in 1,000 pieces\nThe seed sends 10\.0 MB\/s, peers send 1\.0 MB\/s\n$/m);
    expect(stdout).toMatch(
      /^client-server +2 h 30 m\npeer-to-peer +15 m 00 s\nby pieces +15 m 00 s\nratio +10\.00\n$/m,
    );
  });

  it('prints one JSON object, times in seconds', async () => {
    const { events } = await bound(
      '--seed-up',
      '1MB',
      '--up',
      '1MB',
      '--peers',
      '16',
      '--pieces',
      '100',
      '--json',
    );
    expect(events).toEqual([
      {
        event: 'bound',
        length: 1e9,
        peers: 16,
        pieces: 100,
        bound: { clientServer: 16_000, peerToPeer: 1000, discrete: 1040 },
        ratio: 16,
      },
    ]);
    const [{ pieces, bound: times }] = (await bound(...RATES, '--peers', '1', '--json')).events;
    expect([pieces, times]).toEqual([null, { clientServer: 100, peerToPeer: 100, discrete: null }]);
  });

  it('takes a list of rates and repeats it', async () => {
    const rates = ['--seed-up', '10MB/s', '--up', '0,2MB/s', '--down', '100MB/s,1MB/s,50MB/s'];
    const timesOf = async (peers: string) =>
      (await bound(...rates, '--peers', peers, '--json')).events[0].bound;
    expect(await timesOf('90')).toMatchObject({ clientServer: 9000, peerToPeer: 1000 });
    const [{ bound: mixed }] = (
      await bound('--seed-up', '10MB', '--up', '0,1.5MB', '--peers', '10', '--json')
    ).events;
    expect(mixed).toMatchObject({ peerToPeer: expect.closeTo(10_000 / 17.5) });
    expect((await bound(...rates, '--peers', '90')).stdout).toContain(
      'peers send 0 B/s or 2.0 MB/s, receive 100.0 MB/s or 1.0 MB/s or 50.0 MB/s',
    );
    expect((await bound(...RATES, '--down', '1MB,2MB,3MB,4MB,5MB', '--peers', '5')).stdout).toContain(
      'receive 1.0 MB/s to 5.0 MB/s',
    );
  });

  it.each([
    [['--peers', '10', '--up', '1MB'], "required option '--seed-up"],
    [[...RATES], 'say how many peers there are'],
    [[...RATES, '--peers', '0'], 'from 1 to'],
    [[...RATES, '--peers', '2', '--sweep', '1..2'], 'cannot be used with'],
    [[...RATES, '--peers', '2', '--svg', 'x.svg'], '--svg draws a sweep'],
    [[...RATES, '--sweep', '5..1'], 'ends before it begins'],
    [[...RATES, '--sweep', '5'], 'is not a range'],
    [[...RATES, '--sweep', '0..5'], 'from 1 to'],
    [[...RATES, '--peers', '2', '--pieces', '1000000000000'], 'from 1 to'],
    [[...RATES, '--peers', '2', '--size', '10B', '--pieces', '11'], 'at most one a byte'],
    [[...RATES, '--peers', '2', '--size', '0'], 'fileBytes is 0'],
    [[...RATES, '--peers', '2', '--down', '0'], 'downBytesPerSecond is 0'],
    [[...RATES, '--peers', '2', '--down', '1MB,,2MB'], 'is not a size'],
    [['--seed-up', '0', '--up', '1MB', '--peers', '2'], 'seedUpBytesPerSecond is 0'],
    [['--seed-up', '1MB', '--up', '1MB,2MB,3MB', '--peers', '2'], 'there are 3 rates for 2 peers'],
    [['--seed-up', '1MB', '--up', '1Mb', '--peers', '2'], 'means bits'],
  ])('refuses %j', async (args, message) => {
    const { exitCode, stdout, stderr } = await bound(...args);
    expect(stderr).toContain(message);
    expect([exitCode, stdout]).toEqual([2, '']);
  });
});

describe('bound --sweep', () => {
  const peersOf = (stdout: string) => [...stdout.matchAll(/^ +(\d+) /gm)].map(([, peers]) => Number(peers));

  it('prints a table that thins out', async () => {
    const { stdout } = await bound(...RATES, '--sweep', '3..1500', '--pieces', '10');
    expect(peersOf(stdout)).toEqual([3, 5, 10, 20, 50, 100, 200, 500, 1000, 1500]);
    expect(stdout).toMatch(/^ +peers +client-server +peer-to-peer +by pieces +ratio$/m);
    expect(stdout).toMatch(/^ +10 +16 m 40 s +8 m 20 s +8 m 20 s +2\.00$/m);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('prints every row of a short one, and no pieces when there are none', async () => {
    const { stdout } = await bound(...RATES, '--sweep', '4..9');
    expect(peersOf(stdout)).toEqual([4, 5, 6, 7, 8, 9]);
    expect(stdout).not.toContain('by pieces');
    expect(peersOf((await bound(...RATES, '--sweep', '7..7')).stdout)).toEqual([7]);
  });

  it('prints every number of peers as JSON', async () => {
    const { events } = await bound(...RATES, '--sweep', '2..1200', '--json');
    expect(events.map(({ peers }) => peers)).toEqual(Array.from({ length: 1199 }, (_, i) => i + 2));
    expect(events[0]).toMatchObject({
      event: 'bound',
      bound: { clientServer: 200 },
      ratio: expect.closeTo(1.2),
    });
  });

  it('draws a figure, the same each time', async () => {
    const svg = join(dir, 'time.svg');
    writeFileSync(svg, 'old');
    const draw = (...more: string[]) => bound(...RATES, '--sweep', '1..100', '--svg', svg, ...more);
    expect(await draw('--pieces', '16')).toMatchObject({ exitCode: 0, stdout: `${svg}: 1 to 100 peers\n` });
    const figure = readFileSync(svg, 'utf8');
    expect(figure).toMatch(/^<svg /);
    for (const text of [
      'client-server',
      'peer-to-peer',
      '16 pieces',
      'time (minutes)',
      '>peers<',
      '>100<',
      '>180<',
    ])
      expect(figure).toContain(text);

    const { events } = await draw('--pieces', '16', '--json');
    expect(events.length).toBe(101);
    expect(events.at(-1)).toEqual({ event: 'svg', path: svg });
    expect(readFileSync(svg, 'utf8')).toBe(figure);

    await draw('--log');
    expect(readFileSync(svg, 'utf8')).toMatch(/time \(s\)[\s\S]*>10k</); // a power of ten
    await draw();
    expect(readFileSync(svg, 'utf8')).not.toContain('pieces');
  });

  it('exits with 1 when the figure cannot be written', async () => {
    const { exitCode, stderr } = await bound(...RATES, '--sweep', '1..9', '--svg', join(dir, 'no', 'x.svg'));
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('ENOENT')]);
  });
});

describe('points of a curve', () => {
  it('are all that there are, or as many as asked for with both ends', () => {
    for (const spread of [evenly, geometrically]) {
      expect(spread({ from: 3, to: 7 }, 5)).toEqual([3, 4, 5, 6, 7]);
      expect(spread({ from: 3, to: 3 }, 5)).toEqual([3]);
    }
    expect(evenly({ from: 1, to: 1001 }, 5)).toEqual([1, 251, 501, 751, 1001]);
    expect(geometrically({ from: 1, to: 10_000 }, 5)).toEqual([1, 10, 100, 1000, 10_000]);
    expect(geometrically({ from: 1, to: 100 }, 50).slice(0, 3)).toEqual([1, 2, 3]);
  });
});
