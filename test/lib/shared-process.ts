import { afterAll, expect, vi } from 'vitest';

/** What quick tests share with those that come after them in the same process. */
const shared = () => ({
  WebAssembly: globalThis.WebAssembly,
  SharedArrayBuffer: globalThis.SharedArrayBuffer,
  fakeTimers: vi.isFakeTimers(),
  exit: process.exit,
  folder: process.cwd(),
  umask: process.umask(),
  timeZone: process.env.TZ,
  interrupts: process.listenerCount('SIGINT') + process.listenerCount('SIGTERM'),
});

/** A file that leaves something of it changed fails itself, instead of another file some day. */
const before = shared();
afterAll(() => expect(shared()).toEqual(before));
