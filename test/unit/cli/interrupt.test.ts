import { PassThrough } from 'node:stream';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Interrupt } from '../../../src/cli/exit.js';
import { supervise } from '../../../src/cli/supervision.js';

const exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as never);

beforeEach(() => {
  vi.useFakeTimers();
  exit.mockClear();
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => exit.mockRestore());

describe('Interrupt', () => {
  it('asks first, and ends the process at the second time', async () => {
    const interrupt = new Interrupt();
    interrupt.raise('SIGINT');
    await interrupt.raised();
    expect(interrupt.signal.aborted).toBe(true);
    expect(exit).not.toHaveBeenCalled();
    interrupt.raise('SIGINT');
    expect(exit).toHaveBeenCalledExactlyOnceWith(130);
  });

  it('ends the process within 5 s when the command does not', () => {
    const interrupt = new Interrupt();
    interrupt.raise('SIGTERM');
    vi.advanceTimersByTime(5000);
    expect(exit).toHaveBeenCalledExactlyOnceWith(143);
  });

  it('hears signals while it watches', () => {
    const interrupt = new Interrupt();
    interrupt.watch();
    process.emit('SIGHUP', 'SIGHUP');
    interrupt.unwatch();
    expect([interrupt.cause, interrupt.exitCode]).toEqual(['SIGHUP', 129]);
    expect(process.listenerCount('SIGHUP')).toBe(0);
  });
});

describe('supervise', () => {
  it('begins at the first line and stops at the end of standard input', async () => {
    const stdin = new PassThrough();
    const interrupt = new Interrupt();
    const { go } = supervise(stdin, interrupt);
    stdin.write('go\n');
    await go;
    expect(interrupt.cause).toBeUndefined();
    stdin.end();
    await interrupt.raised();
    expect(interrupt.cause).toBe('parent');
  });

  it('does not end the process at once when a signal and the end of input come together', async () => {
    const stdin = new PassThrough();
    const interrupt = new Interrupt();
    supervise(stdin, interrupt);
    interrupt.raise('SIGINT');
    interrupt.raise('parent');
    expect(exit).not.toHaveBeenCalled();
  });
});
