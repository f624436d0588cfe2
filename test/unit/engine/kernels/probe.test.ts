import { afterEach, describe, expect, it, vi } from 'vitest';

/** The global is read once, when the module is loaded. */
async function freshProbe() {
  vi.resetModules();
  return import('../../../../src/engine/kernels/probe.js');
}

describe('probe', () => {
  afterEach(() => vi.unstubAllGlobals());

  it('finds vectors and shared memory in Node', async () => {
    const probe = await freshProbe();
    expect(probe.supportsSimd()).toBe(true);
    expect(probe.supportsSharedMemory()).toBe(true);
  });

  it('finds nothing where WebAssembly is turned off', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    const probe = await freshProbe();
    expect(probe.supportsSimd()).toBe(false);
    expect(probe.supportsSharedMemory()).toBe(false);
  });

  it('finds no shared memory where SharedArrayBuffer is hidden', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    const probe = await freshProbe();
    expect(probe.supportsSharedMemory()).toBe(false);
  });

  it('asks for what an older engine refuses', async () => {
    const validate = vi.fn((_module: Uint8Array) => false);
    vi.stubGlobal('WebAssembly', { validate });
    const probe = await freshProbe();
    expect(probe.supportsSimd()).toBe(false);
    expect(probe.supportsSharedMemory()).toBe(false);
    expect(validate).toHaveBeenCalledTimes(2);
  });
});
