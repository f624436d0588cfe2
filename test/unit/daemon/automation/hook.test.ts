import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type HookFacts, type HookOptions, runHook } from '../../../../src/daemon/automation/hook.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-hook-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function script(text: string): string {
  const path = join(dir, 'hook');
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

function run(program: string, facts: Partial<HookFacts> = {}, options: Partial<HookOptions> = {}) {
  const torrent = {
    id: 3,
    name: 'a film',
    infoHash: 'ab'.repeat(20),
    dir,
    labels: ['x', 'y'],
    priority: 0,
    trackers: ['t.example'],
    downloadedBytes: 5,
  };
  const now = new Date(2026, 10, 3, 4, 5, 6);
  return runHook({ ...torrent, ...facts }, { program, timeoutMs: 20_000, version: '1.2.3', now, ...options });
}

describe.skipIf(process.platform === 'win32')('a hook', () => {
  it('is told of the torrent in variables, in its folder', async () => {
    expect(await run(script('pwd > out; env | grep ^TR_ | sort >> out'))).toMatchObject({ ok: true });
    expect(readFileSync(join(dir, 'out'), 'utf8').trim().split('\n')).toEqual([
      dir,
      'TR_APP_VERSION=1.2.3',
      'TR_TIME_LOCALTIME=Tue Nov  3 04:05:06 2026',
      'TR_TORRENT_BYTES_DOWNLOADED=5',
      `TR_TORRENT_DIR=${dir}`,
      `TR_TORRENT_HASH=${'ab'.repeat(20)}`,
      'TR_TORRENT_ID=3',
      'TR_TORRENT_LABELS=x,y',
      'TR_TORRENT_NAME=a film',
      'TR_TORRENT_PRIORITY=0',
      'TR_TORRENT_TRACKERS=t.example',
    ]);
  });

  it.each([
    '";touch x;"',
    '$(touch x)',
    '`touch x`',
    "'; touch x #",
    'a\nTR_TORRENT_ID=9',
    '-rf',
    'nul\0 touch x',
  ])('the name %j is text and nothing else', async name => {
    expect(
      await run(script('printf %s "$TR_TORRENT_NAME" > out; printf %s "$TR_TORRENT_ID" > id'), { name }),
    ).toMatchObject({ ok: true });
    expect(readFileSync(join(dir, 'out'), 'utf8')).toBe(name.replaceAll('\0', ''));
    expect(readFileSync(join(dir, 'id'), 'utf8')).toBe('3');
    expect(existsSync(join(dir, 'x'))).toBe(false);
  });

  it('that fails is told with what it said last', async () => {
    expect(await run(script('echo no luck >&2; exit 7'))).toMatchObject({
      ok: false,
      reason: 'exit code 7',
      stderr: 'no luck\n',
    });
    expect(await run(script('kill -TERM $$'))).toMatchObject({ ok: false, reason: 'ended by SIGTERM' });
    const long = await run(script('for i in $(seq 1000); do echo line $i >&2; done; exit 1'));
    expect(long).toMatchObject({ stderr: expect.stringMatching(/line 1000\n$/) });
    expect((long as { stderr: string }).stderr.length).toBe(2000);
  });

  it('that is no program, or has no folder, is told too', async () => {
    expect(await run(join(dir, 'none'))).toMatchObject({
      ok: false,
      reason: expect.stringContaining('no such program'),
    });
    expect(await run(script('true'), { dir: join(dir, 'none') })).toMatchObject({ ok: false });
    writeFileSync(join(dir, 'plain'), 'true');
    expect(await run(join(dir, 'plain'))).toMatchObject({
      ok: false,
      reason: expect.stringContaining('EACCES'),
    });
  });

  it('that does not end is ended, and so is one that writes without end', async () => {
    expect(await run(script('exec sleep 60'), {}, { timeoutMs: 100 })).toMatchObject({
      ok: false,
      reason: 'not done after 0.1 s',
    });
    expect(await run(script('exec yes'))).toMatchObject({
      ok: false,
      reason: 'wrote more than 1048576 bytes',
    });
    const aborted = run(script('exec sleep 60'), {}, { signal: AbortSignal.timeout(100) });
    expect(await aborted).toMatchObject({ ok: false, reason: 'ended with the daemon' });
  });

  it('reads nothing from the daemon', async () => {
    expect(await run(script('cat > out'))).toMatchObject({ ok: true });
    expect(readFileSync(join(dir, 'out'), 'utf8')).toBe('');
  });
});
