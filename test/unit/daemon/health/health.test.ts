import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Health, type HealthOptions } from '../../../../src/daemon/health/health.js';
import { Readiness } from '../../../../src/daemon/health/readiness.js';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-health-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function health(options: Partial<HealthOptions> = {}): Health {
  return new Health({ stateDir: dir, downloadDir: () => dir, loopDelayMs: () => 3.4, ...options });
}

it('is well when folders can be written and the loop is on time', async () => {
  expect(await health().check()).toEqual({
    status: 200,
    body: {
      ok: true,
      checks: { loop: { ok: true, delayMs: 3 }, state: { ok: true }, downloads: { ok: true } },
    },
  });
  expect(readdirSync(dir)).toEqual([]);
});

it('tells which folder fails and how, but not where it is', async () => {
  const reply = await health({ downloadDir: () => join(dir, 'secret', 'films') }).check();
  expect(reply).toMatchObject({
    status: 503,
    body: { ok: false, checks: { state: { ok: true }, downloads: { ok: false, reason: 'ENOENT' } } },
  });
  expect(JSON.stringify(reply)).not.toMatch(/secret|films|\//);
});

it('is not well when the loop is late', async () => {
  const reply = await health({ loopDelayMs: () => 2000 }).check();
  expect(reply).toMatchObject({ status: 503, body: { checks: { loop: { ok: false, delayMs: 2000 } } } });
  expect((await health({ loopDelayMs: () => 1999 }).check()).status).toBe(200);
  expect((await health({ loopDelayMs: () => 50, maxLoopDelayMs: 50 }).check()).status).toBe(503);
});

it('tries a folder once in 10 s, whoever asks', async () => {
  let nowMs = 0;
  const probe = vi.fn(async () => {});
  const { check } = bound(health({ probe, nowMs: () => nowMs }));
  await Promise.all([check(), check(), check()]);
  nowMs = 9999;
  await check();
  expect(probe).toHaveBeenCalledTimes(2); // a folder each
  nowMs = 10_000;
  probe.mockRejectedValue(Object.assign(new Error('/secret is full'), { code: 'ENOSPC' }));
  expect(await check()).toMatchObject({ status: 503, body: { checks: { state: { reason: 'ENOSPC' } } } });
  expect(probe).toHaveBeenCalledTimes(4);
});

it('does not wait for a folder that hangs, and tries none that still does', async () => {
  let nowMs = 0;
  let answer = () => {};
  const probe = vi.fn(() => new Promise<void>(resolve => (answer = resolve)));
  const options = {
    downloadDir: () => 'downloads',
    stateDir: 'state',
    probeTimeoutMs: 5,
    nowMs: () => nowMs,
  };
  const { check } = bound(health({ ...options, probe: d => (d === 'state' ? Promise.resolve() : probe()) }));
  const hangs = {
    status: 503,
    body: { checks: { state: { ok: true }, downloads: { reason: 'timed out' } } },
  };
  expect(await check()).toMatchObject(hangs);
  nowMs = 60_000;
  expect(await check()).toMatchObject(hangs);
  expect(probe).toHaveBeenCalledTimes(1);
  answer();
  await vi.waitFor(async () => {
    probe.mockResolvedValue();
    expect(await check()).toMatchObject({ status: 200 });
  }, 10_000);
});

it('is ready when it has started, is not suspended and does not stop', () => {
  const readiness = new Readiness();
  const notReady = (reason: string) => ({ status: 503, body: { ready: false, reason } });
  expect(readiness.check()).toEqual(notReady('starting'));
  readiness.ready();
  expect(readiness.check()).toEqual({ status: 200, body: { ready: true } });
  readiness.suspend(true);
  expect(readiness.check()).toEqual(notReady('suspended: the address for peers is gone'));
  readiness.suspend(false);
  expect(readiness.check().status).toBe(200);
  readiness.stop();
  readiness.suspend(true);
  expect(readiness.check()).toEqual(notReady('stopping'));
});

function bound(health: Health) {
  return { check: () => health.check() };
}
