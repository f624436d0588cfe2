import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Systemd, type SystemdOptions } from '../../../../src/daemon/notify/systemd.js';

let dir: string;
let systemd: Systemd | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'millrace-notify-'));
  program('for word; do printf "%s|" "$word"; done >> "$OUT"; echo >> "$OUT"');
});
afterEach(async () => {
  await systemd?.close();
  systemd = undefined;
  rmSync(dir, { recursive: true, force: true });
});

function program(text: string): void {
  const path = join(dir, 'systemd-notify');
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

const out = () => join(dir, 'out');
const told = () => (existsSync(out()) ? readFileSync(out(), 'utf8').split('\n').slice(0, -1) : []);

function start(
  env: NodeJS.ProcessEnv = { NOTIFY_SOCKET: '/run/notify' },
  options: Partial<SystemdOptions> = {},
) {
  env.PATH = `${dir}:${process.env.PATH}`;
  env.OUT = out();
  systemd = new Systemd({ env, ...options });
  return systemd;
}

describe.skipIf(process.platform === 'win32')('systemd', () => {
  it('is told of start, reload and stop, in order', async () => {
    const service = start(undefined, { monotonicNs: () => 1_234_567_890n });
    void service.ready();
    void service.reloading();
    void service.ready();
    await service.stopping(20_000);
    expect(told()).toEqual([
      'READY=1|',
      'RELOADING=1|MONOTONIC_USEC=1234567|',
      'READY=1|',
      'STOPPING=1|EXTEND_TIMEOUT_USEC=20000000|',
    ]);
  });

  it('is told nothing when it has not asked', async () => {
    const service = start({});
    service.status('here');
    await service.ready();
    await service.close();
    expect(told()).toEqual([]);
  });

  it('is told of the newest status alone, in one line', async () => {
    const service = start();
    void service.ready();
    for (let i = 0; i < 10; i++) service.status(`${i} torrents\nSTOPPING=1`);
    await service.close();
    service.status('later');
    await service.close();
    expect(told()).toEqual(['READY=1|', 'STATUS=9 torrents STOPPING=1|', 'STATUS=later|']);
  });

  it('is not spoken to by other programs that the daemon starts', async () => {
    const env = { NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '60000000', WATCHDOG_PID: '1', HOME: '/' };
    program('echo "$NOTIFY_SOCKET" >> "$OUT"');
    await start(env).ready();
    expect(Object.keys(env).sort()).toEqual(['HOME', 'OUT', 'PATH']);
    expect(told()).toEqual(['/run/notify']);
  });

  it('hears signs of life twice as often as it wants, of the process that it means', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const env = () => ({ NOTIFY_SOCKET: '/run/notify', WATCHDOG_USEC: '10000000', WATCHDOG_PID: '7' });
      const service = start(env(), { pid: 7 });
      vi.advanceTimersByTime(15_000);
      await service.close();
      expect(told()).toEqual(['WATCHDOG=1|', 'WATCHDOG=1|', 'WATCHDOG=1|']);
      vi.advanceTimersByTime(60_000);
      await service.close();
      const other = start(env(), { pid: 8 });
      vi.advanceTimersByTime(60_000);
      await other.close();
      expect(told()).toHaveLength(3);
    } finally {
      vi.useRealTimers();
    }
  });

  it('that cannot be told is no reason to fail, and is reported once', async () => {
    const report = vi.fn();
    program('exit 1');
    const service = start(undefined, { report });
    await service.ready();
    await service.stopping(1);
    expect(report).toHaveBeenCalledTimes(1);
    rmSync(join(dir, 'systemd-notify'));
    const none = start({ NOTIFY_SOCKET: '/run/notify' }, { report });
    systemd = none;
    await none.ready();
    expect(report).toHaveBeenCalledTimes(2);
  });
});
