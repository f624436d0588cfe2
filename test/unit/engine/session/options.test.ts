import { describe, expect, it } from 'vitest';
import { createTorrent } from '../../../../src/engine/session/create.js';
import { OPTION_TABLE } from '../../../../src/engine/session/option-table.js';
import { resolveLimits } from '../../../../src/engine/session/option-values.js';
import { resolveOptions } from '../../../../src/engine/session/options.js';
import { PROFILES } from '../../../../src/engine/session/profiles.js';
import type { ProfileName } from '../../../../src/engine/session/types.js';
import { verifyTorrent } from '../../../../src/engine/session/verify.js';

describe('resolveOptions', () => {
  it('fills every default', () => {
    const resolved = resolveOptions({}, {});
    expect(Object.keys(resolved).sort()).toEqual(OPTION_TABLE.map(({ name }) => name).sort());
    expect(resolved).toMatchObject({
      dir: '.',
      stateDir: undefined,
      listen: { host: '*', port: 0 },
      limits: { down: 0, up: 0 },
      profile: 'classic',
      slots: 4,
      maxPeersPerTorrent: 100,
      kernels: 'auto',
      memoryBytes: 128 * 1024 * 1024,
      signal: undefined,
    });
    expect(resolved.workers).toBeGreaterThanOrEqual(1);
    expect(resolved.seed).toBeGreaterThanOrEqual(0);
    resolved.log.error({}, 'goes nowhere');
  });

  it('a profile sets the slots unless they are given', () => {
    expect(resolveOptions({ profile: 'seedbox' }, {}).slots).toBe(20);
    expect(resolveOptions({ profile: 'cluster' }, {}).slots).toBe(2);
    expect(resolveOptions({ profile: 'cluster', slots: 7 }, {}).slots).toBe(7);
  });

  it('a profile sets all that is not given', () => {
    for (const [name, profile] of Object.entries(PROFILES))
      expect(resolveOptions({ profile: name as ProfileName }, {})).toMatchObject(profile);
    const own = { slotGrowth: 'rate', maxPeersPerTorrent: 7, sendBufferBytes: 65_536 } as const;
    expect(resolveOptions({ profile: 'seedbox', ...own }, {})).toMatchObject({ slots: 20, ...own });
  });

  it('slots that are given do not grow unless that is said too', () => {
    expect(resolveOptions({ slots: 4 }, {}).slotGrowth).toBe('none');
    expect(resolveOptions({ profile: 'seedbox', slots: 30 }, {}).slotGrowth).toBe('none');
    expect(resolveOptions({ slots: 4, slotGrowth: 'rate' }, {}).slotGrowth).toBe('rate');
  });

  it('super-seeding is auto, on or off', () => {
    expect(resolveOptions({}, {}).superSeeding).toBe('auto');
    for (const superSeeding of ['auto', true, false] as const)
      expect(resolveOptions({ superSeeding }, {}).superSeeding).toBe(superSeeding);
    for (const superSeeding of ['on', 1, null] as never[])
      expect(() => resolveOptions({ superSeeding }, {})).toThrow('superSeeding is');
  });

  it('the environment names the kernels unless the option does', () => {
    expect(resolveOptions({}, { MILLRACE_KERNELS: 'js' }).kernels).toBe('js');
    expect(resolveOptions({ kernels: 'wasm' }, { MILLRACE_KERNELS: 'js' }).kernels).toBe('wasm');
    expect(resolveOptions({}, { MILLRACE_KERNELS: '' }).kernels).toBe('auto');
    expect(() => resolveOptions({}, { MILLRACE_KERNELS: 'gpu' })).toThrow(
      expect.objectContaining({
        code: 'ERR_OPTION',
        message: expect.stringContaining('MILLRACE_KERNELS is gpu'),
      }),
    );
  });

  it('takes the bounds themselves and nothing beyond', () => {
    const bounds = {
      workers: [0, 64],
      slots: [1, 1000],
      maxPeersPerTorrent: [1, 10_000],
      sendBufferBytes: [16 * 1024, 64 * 1024 * 1024],
      seed: [0, 2 ** 32 - 1],
    };
    for (const [name, [min, max]] of Object.entries(bounds)) {
      for (const value of [min, max])
        expect(resolveOptions({ [name]: value }, {})).toMatchObject({ [name]: value });
      for (const value of [min - 1, max + 1, 1.5, Number.NaN, '1', null])
        expect(() => resolveOptions({ [name]: value as number }, {}), `${name} ${value}`).toThrow(/must be/);
    }
  });

  it('listen: false, a port, a host', () => {
    expect(resolveOptions({ listen: false }, {}).listen).toBeUndefined();
    expect(resolveOptions({ listen: { port: 6881 } }, {}).listen).toEqual({ host: '*', port: 6881 });
    expect(resolveOptions({ listen: { host: '::1' } }, {}).listen).toEqual({ host: '::1', port: 0 });
  });

  it('limits: what is left out is unlimited', () => {
    expect(resolveLimits({ up: 5 })).toEqual({ down: 0, up: 5, peerDown: 0, peerUp: 0 });
    for (const value of [{ up: -1 }, { down: Number.POSITIVE_INFINITY }, { down: 'fast' }, 7])
      expect(() => resolveLimits(value)).toThrow(/must be an object with down and up/);
  });

  it('every row says what it means', () => {
    for (const { name, meaning, defaultText, bounds } of OPTION_TABLE) {
      expect(meaning, name).toMatch(/\.$/);
      expect(defaultText, name).not.toBe('');
      expect(bounds, name).not.toBe('');
    }
  });
});

describe.each([
  ['createTorrent', (options: object) => createTorrent('/nowhere', options)],
  ['verifyTorrent', (options: object) => verifyTorrent('/nowhere', { dir: '/nowhere', ...options })],
] as const)('%s', (_, call) => {
  it.each([
    ['workers', -1],
    ['workers', 2.5],
    ['workers', '2'],
    ['workers', 65],
    ['kernels', 'gpu'],
    ['kernels', null],
  ])('takes no %s of %j', async (option, value) => {
    await expect(call({ [option]: value })).rejects.toMatchObject({
      code: 'ERR_OPTION',
      facts: { option, value: String(value) },
    });
  });

  it('looks at the file when the options are right', async () => {
    await expect(call({ workers: 0, kernels: 'js' })).rejects.toMatchObject({ code: 'ERR_STORAGE_MISSING' });
  });
});
